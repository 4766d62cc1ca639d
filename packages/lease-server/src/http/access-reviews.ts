import type { Access, AccessAttributes, Caller } from "../access/access.ts";
import { ApiError } from "../api-error.ts";
import { type Answer, objectAnswer } from "./answer.ts";

const GROUP_VERSION = "authorization.k8s.io/v1";

/** `POST selfsubjectaccessreviews`: may I? @throws `ApiError` 400, 422. */
export function reviewAccess(body: Buffer, caller: Caller, access: Access): Answer {
  const review = parseReview(body, "SelfSubjectAccessReview");
  const spec = objectOf(review["spec"]);
  const resource = objectOf(spec["resourceAttributes"]);
  const path = objectOf(spec["nonResourceAttributes"]);
  if ((resource === NOTHING) === (path === NOTHING)) {
    throw new ApiError(
      422,
      "Invalid",
      'SelfSubjectAccessReview.authorization.k8s.io "" is invalid: spec.resourceAttributes: Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified',
      {
        group: "authorization.k8s.io",
        kind: "SelfSubjectAccessReview",
        causes: [
          {
            reason: "FieldValueInvalid",
            message:
              "Invalid value: exactly one of nonResourceAttributes or resourceAttributes must be specified",
            field: "spec.resourceAttributes",
          },
        ],
      },
    );
  }
  // Paths that are no resources are open to everybody here.
  const allowed = resource === NOTHING || access.allows(caller, attributesOf(resource));
  return objectAnswer(201, {
    kind: "SelfSubjectAccessReview",
    apiVersion: GROUP_VERSION,
    metadata: {},
    spec,
    status: { allowed },
  });
}

/** `POST selfsubjectrulesreviews`: what may I, here? Told verb by verb, since rules can be of any shape. */
export function reviewRules(body: Buffer, caller: Caller, access: Access): Answer {
  const review = parseReview(body, "SelfSubjectRulesReview");
  const spec = objectOf(review["spec"]);
  const namespace = textOf(spec["namespace"]);
  const may = (
    verbs: readonly string[],
    group: string,
    resource: string,
    scope: string | undefined,
  ): object => ({
    verbs: verbs.filter((verb) => access.allows(caller, { verb, group, resource, namespace: scope })),
    apiGroups: [group],
    resources: [resource],
  });
  const verbs = ["get", "list", "watch", "create", "update", "patch", "delete", "deletecollection"];
  return objectAnswer(201, {
    kind: "SelfSubjectRulesReview",
    apiVersion: GROUP_VERSION,
    metadata: {},
    spec: {},
    status: {
      resourceRules: [
        may(verbs, "coordination.k8s.io", "leases", namespace),
        may(["get", "list", "watch", "create", "delete"], "", "namespaces", undefined),
      ],
      nonResourceRules: [{ verbs: ["get"], nonResourceURLs: ["*"] }],
      // Rules for single names are not told.
      incomplete: true,
    },
  });
}

const NOTHING: Readonly<Record<string, unknown>> = Object.freeze({});

function parseReview(body: Buffer, kind: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new ApiError(
      400,
      "BadRequest",
      `couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
  const review = objectOf(value);
  const sent = review["kind"] ?? kind;
  if (sent !== kind) throw new ApiError(400, "BadRequest", `Expected a ${kind}, got ${String(sent)}`);
  return review;
}

function attributesOf(attributes: Readonly<Record<string, unknown>>): AccessAttributes {
  return {
    verb: textOf(attributes["verb"]),
    group: textOf(attributes["group"]),
    resource: textOf(attributes["resource"]),
    namespace: textOf(attributes["namespace"]) || undefined,
    name: textOf(attributes["name"]) || undefined,
  };
}

function objectOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : NOTHING;
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
