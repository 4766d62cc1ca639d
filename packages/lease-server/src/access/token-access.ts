import { createHash, timingSafeEqual } from "node:crypto";
import type { Access, AccessAttributes, Caller } from "./access.ts";
import { unauthorized } from "./forbidden.ts";
import { type AccessRule, ruleAllows } from "./rules.ts";
import { checkTokens } from "./token-options.ts";

/** Somebody who may use the server. */
export interface AccessToken {
  /** What is sent as `Authorization: Bearer TOKEN`. */
  readonly token: string;
  /** As it is named in a 403, e.g. `"system:serviceaccount:default:worker"`. */
  readonly user: string;
  /**
   * `"system:masters"` may do everything, whatever the rules say. `"system:authenticated"` is always there.
   * @defaultValue none
   */
  readonly groups?: readonly string[] | undefined;
  /** @defaultValue none: whatever it asks for is forbidden */
  readonly rules?: readonly AccessRule[] | undefined;
}

/** Options of {@link tokenAccess}. */
export interface TokenAccessOptions {
  readonly tokens: readonly AccessToken[];
}

const ANONYMOUS: Caller = { user: "system:anonymous", groups: ["system:unauthenticated"] };

interface Grant {
  readonly digest: Buffer;
  readonly caller: Caller;
  readonly rules: readonly AccessRule[];
}

/**
 * Lets in who sends one of these bearer tokens, and allows what its rules allow. With another token the answer is 401; who sends none
 * is `system:anonymous`, as on the real server, and may do nothing.
 * @throws TypeError naming the option that is not as it should be; never with a token in it.
 */
export function tokenAccess(options: TokenAccessOptions): Access {
  const grants = checkTokens(options).map(({ token, user, groups = [], rules = [] }): Grant => {
    return { digest: digestOf(token), caller: { user, groups: withAuthenticated(groups) }, rules };
  });
  const rulesOf = new Map(grants.map(({ caller, rules }) => [caller, rules]));
  return {
    authenticate(authorization) {
      const token = bearerToken(authorization);
      if (token === undefined) return ANONYMOUS;
      const caller = find(grants, digestOf(token));
      if (caller === undefined) throw unauthorized();
      return caller;
    },
    allows(caller, attributes) {
      const { groups } = caller;
      if (groups.includes("system:masters")) return true;
      if (groups.includes("system:authenticated") && isForEverybody(attributes)) return true;
      return (rulesOf.get(caller) ?? []).some((rule) => ruleAllows(rule, attributes));
    },
  };
}

/** Looks at all of them, so that the time tells nothing: neither how much of a token was right nor whose it is. */
function find(grants: readonly Grant[], digest: Buffer): Caller | undefined {
  let found: Caller | undefined;
  for (const grant of grants) {
    if (timingSafeEqual(grant.digest, digest)) found = grant.caller;
  }
  return found;
}

/** Read as Kubernetes reads it. */
function bearerToken(authorization = ""): string | undefined {
  const [scheme = "", token = ""] = authorization.trim().split(" ");
  return scheme.toLowerCase() === "bearer" && token !== "" ? token : undefined;
}

/** Of one length, whatever the token's. */
function digestOf(token: string): Buffer {
  return createHash("sha256").update(token).digest();
}

function withAuthenticated(groups: readonly string[]): readonly string[] {
  return [...new Set([...groups, "system:authenticated"])];
}

const SELF_REVIEWS: ReadonlySet<string> = new Set(["selfsubjectaccessreviews", "selfsubjectrulesreviews"]);

/** What Kubernetes' role `system:basic-user` gives to all who have authenticated: to ask what they may do. */
function isForEverybody({ verb, group, resource }: AccessAttributes): boolean {
  return verb === "create" && group === "authorization.k8s.io" && SELF_REVIEWS.has(resource);
}
