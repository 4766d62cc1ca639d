import { type Case, get, heldLease, LEASES, post, type RequestStep } from "../step.ts";

function asking(name: string, ...steps: RequestStep[]): Case {
  return { name: `routing: ${name}`, steps };
}

const by = (method: string, path: string): RequestStep => ({ method, path });

/** Paths and methods that lead nowhere, or nearly. */
export const routingCases: readonly Case[] = [
  asking(
    "unknown paths",
    get("/nonsense"),
    get("/apis/coordination.k8s.io/v1/nonsense"),
    get("/nonsense/"),
    get("//"),
  ),
  asking(
    "unknown resources",
    get("/apis/coordination.k8s.io/v1/namespaces/$(ns)/nonsense"),
    get("/apis/coordination.k8s.io/v1/namespaces/$(ns)/nonsense/a"),
    post("/apis/coordination.k8s.io/v1/namespaces/$(ns)/nonsense", {}),
    get("/api/v1/namespaces/$(ns)/nonsense"),
  ),
  asking(
    "a lease without its namespace",
    get("/apis/coordination.k8s.io/v1/leases/a"),
    get("/apis/coordination.k8s.io/v1/namespaces/$(ns)/leases/a/b"),
  ),
  asking(
    "methods that there are not",
    by("OPTIONS", LEASES),
    by("TRACE", LEASES),
    by("NONSENSE", LEASES),
    by("POST", `${LEASES}/a`),
    by("PUT", LEASES),
    by("PATCH", LEASES),
  ),
  { name: "routing: HEAD", steps: [post("", heldLease("a")), by("HEAD", `${LEASES}/a`), by("HEAD", LEASES)] },
  asking("a slash at the end", post("", heldLease("a")), get("a/"), by("GET", `${LEASES}/`)),
  asking("two slashes", by("GET", LEASES.replace("/v1/", "/v1//"))),
  asking("dots in the path", by("GET", "/apis/coordination.k8s.io/v1/../v1/namespaces/$(ns)/leases")),
  asking("an escaped name", post("", heldLease("a")), get("%61")),
  asking("a path that cannot be unescaped", get("%zz")),
  asking("a query that cannot be read", get("?labelSelector=%zz"), get("?limit=1;continue=2")),
];
