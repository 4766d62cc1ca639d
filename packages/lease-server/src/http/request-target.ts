/** What a URL names. */
export type RequestTarget =
  | {
      readonly kind: "resource";
      readonly group: "" | "coordination.k8s.io" | "authorization.k8s.io";
      readonly resource: "leases" | "namespaces" | "selfsubjectaccessreviews" | "selfsubjectrulesreviews";
      /** Of the object or the collection; `undefined` for all namespaces. */
      readonly namespace: string | undefined;
      /** `undefined` for a collection. */
      readonly name: string | undefined;
      /** By an old path, `/watch/…`: the same as `?watch=true`, and also of one object. */
      readonly watches: boolean;
    }
  | { readonly kind: "path"; readonly path: string };

const LEASES = "/apis/coordination.k8s.io/v1/";
const CORE = "/api/v1/";
const REVIEWS = "/apis/authorization.k8s.io/v1/";

/** Reads the path of a URL, percent-encoded as it came. A slash at its end says nothing. */
export function requestTarget(sent: string): RequestTarget {
  const bare = sent.length > 1 && sent.endsWith("/") ? sent.slice(0, -1) : sent;
  return resourceTarget(bare) ?? { kind: "path", path: sent };
}

function resourceTarget(path: string): RequestTarget | undefined {
  if (path.startsWith(LEASES)) return leaseTarget(...partsOf(path.slice(LEASES.length)));
  if (path.startsWith(CORE)) return namespaceTarget(...partsOf(path.slice(CORE.length)));
  const review = path.startsWith(REVIEWS) ? path.slice(REVIEWS.length) : undefined;
  if (review !== "selfsubjectaccessreviews" && review !== "selfsubjectrulesreviews") return undefined;
  const nowhere = { namespace: undefined, name: undefined, watches: false };
  return { kind: "resource", group: "authorization.k8s.io", resource: review, ...nowhere };
}

function leaseTarget(watches: boolean, parts: readonly string[]): RequestTarget | undefined {
  const target = { kind: "resource", group: "coordination.k8s.io", resource: "leases", watches } as const;
  if (parts.length === 1 && parts[0] === "leases")
    return { ...target, namespace: undefined, name: undefined };
  const [namespaces, namespace, leases, name, ...rest] = parts;
  if (namespaces !== "namespaces" || !namespace || leases !== "leases" || rest.length > 0) return undefined;
  return isName(name) ? { ...target, namespace, name } : undefined;
}

function namespaceTarget(watches: boolean, parts: readonly string[]): RequestTarget | undefined {
  const [namespaces, name, ...rest] = parts;
  if (namespaces !== "namespaces" || rest.length > 0 || !isName(name)) return undefined;
  return { kind: "resource", group: "", resource: "namespaces", namespace: undefined, name, watches };
}

function isName(part: string | undefined): boolean {
  return part === undefined || (part !== "" && !part.includes("/"));
}

function partsOf(path: string): readonly [watches: boolean, parts: readonly string[]] {
  const parts = path.split("/").map(decode);
  return parts[0] === "watch" ? [true, parts.slice(1)] : [false, parts];
}

/** Bytes that are no UTF-8 are left escaped: nothing has such a name. */
function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Reads a query as the real server does: a pair that cannot be read is left out. */
export function parseQuery(text: string): URLSearchParams {
  const readable = text.split("&").filter((pair) => !pair.includes(";") && isWellEscaped(pair));
  return new URLSearchParams(readable.join("&"));
}

/** Whether every `%` begins an escape. */
export function isWellEscaped(text: string): boolean {
  return !/%(?![0-9a-fA-F]{2})/.test(text);
}

/** The verb of a request for a resource, in RBAC's words; `undefined` for a method that no resource has. */
export function verbOf(
  method: string,
  target: Extract<RequestTarget, { kind: "resource" }>,
  query: URLSearchParams,
): string | undefined {
  const named = target.name !== undefined;
  switch (method) {
    case "GET":
      if (target.watches) return "watch";
      if (named) return "get";
      return isTrue(query.get("watch")) ? "watch" : "list";
    case "POST":
      return "create";
    case "PUT":
      return "update";
    case "PATCH":
      return "patch";
    case "DELETE":
      return named ? "delete" : "deletecollection";
    default:
      return undefined;
  }
}

/** A boolean of a query, as the real server reads it: `?watch` alone is true. */
export function isTrue(value: string | null): boolean {
  return value !== null && value.toLowerCase() !== "false" && value !== "0";
}
