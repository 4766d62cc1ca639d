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
    }
  | { readonly kind: "path"; readonly path: string };

const LEASES = "/apis/coordination.k8s.io/v1";
const CORE = "/api/v1";
const REVIEWS = "/apis/authorization.k8s.io/v1/";

/** Reads the path of a URL, percent-encoded as it came. A slash at its end says nothing. */
export function requestTarget(sent: string): RequestTarget {
  const rawPath = sent.length > 1 && sent.endsWith("/") ? sent.slice(0, -1) : sent;
  const path: RequestTarget = { kind: "path", path: sent };
  const parts = rawPath.split("/").slice(1).map(decode);
  if (parts.some((part) => part === undefined)) return path;
  const [, , , ...leaseParts] = parts as string[];
  if (rawPath.startsWith(`${LEASES}/`)) return leaseTarget(leaseParts) ?? path;
  const [, , ...coreParts] = parts as string[];
  if (rawPath.startsWith(`${CORE}/`)) return namespaceTarget(coreParts) ?? path;
  const review = rawPath.startsWith(REVIEWS) ? rawPath.slice(REVIEWS.length) : undefined;
  if (review === "selfsubjectaccessreviews" || review === "selfsubjectrulesreviews") {
    return {
      kind: "resource",
      group: "authorization.k8s.io",
      resource: review,
      namespace: undefined,
      name: undefined,
    };
  }
  return path;
}

function leaseTarget(parts: readonly string[]): RequestTarget | undefined {
  const target = { kind: "resource", group: "coordination.k8s.io", resource: "leases" } as const;
  if (parts.length === 1 && parts[0] === "leases")
    return { ...target, namespace: undefined, name: undefined };
  const [namespaces, namespace, leases, name, ...rest] = parts;
  if (namespaces !== "namespaces" || !namespace || leases !== "leases" || rest.length > 0) return undefined;
  if (name?.includes("/")) return undefined;
  if (parts.length === 4 && name === "") return undefined;
  return { ...target, namespace, name };
}

function namespaceTarget(parts: readonly string[]): RequestTarget | undefined {
  const [namespaces, name, ...rest] = parts;
  if (namespaces !== "namespaces" || rest.length > 0 || name === "") return undefined;
  return { kind: "resource", group: "", resource: "namespaces", namespace: undefined, name };
}

function decode(part: string): string | undefined {
  try {
    return decodeURIComponent(part);
  } catch {
    return undefined;
  }
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
    case "HEAD":
      if (isTrue(query.get("watch"))) return "watch";
      return named ? "get" : "list";
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
