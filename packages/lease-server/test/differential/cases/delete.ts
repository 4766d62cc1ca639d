import { type Case, del, edit, get, heldLease, lease, MERGE_PATCH, patch, post, put } from "../step.ts";

const NOBODY = "00000000-1111-2222-3333-444444444444";

/** How a lease is deleted with these options, and what is left. */
function deleting(name: string, query: string, body?: unknown, headers: Record<string, string> = {}): Case {
  return {
    name: `delete: ${name}`,
    steps: [post("", heldLease("a"), { as: "a" }), del(`a${query}`, body, { headers }), get("a")],
  };
}

const OPTIONS = { kind: "DeleteOptions", apiVersion: "v1" };

/** DELETE of one lease and of many. */
export const deleteCases: readonly Case[] = [
  deleting("a lease", ""),
  deleting("with empty options", "", {}),
  deleting("with options", "", OPTIONS),
  deleting("with options of the group", "", { kind: "DeleteOptions", apiVersion: "coordination.k8s.io/v1" }),
  deleting("with options of another kind", "", { kind: "Lease", apiVersion: "coordination.k8s.io/v1" }),
  deleting("with the right uid", "", { ...OPTIONS, preconditions: { uid: "$(a.metadata.uid)" } }),
  deleting("with another uid", "", { ...OPTIONS, preconditions: { uid: NOBODY } }),
  deleting("with the right version", "", {
    ...OPTIONS,
    preconditions: { resourceVersion: "$(a.metadata.resourceVersion)" },
  }),
  deleting("with another version", "", { ...OPTIONS, preconditions: { resourceVersion: "1" } }),
  deleting("with another uid and version", "", {
    ...OPTIONS,
    preconditions: { uid: NOBODY, resourceVersion: "1" },
  }),
  deleting("in the background", "?propagationPolicy=Background"),
  deleting("in the background, by a body", "", { ...OPTIONS, propagationPolicy: "Background" }),
  deleting("leaving orphans", "?propagationPolicy=Orphan"),
  deleting("in the foreground", "?propagationPolicy=Foreground"),
  deleting("with a policy that is none", "?propagationPolicy=Sideways"),
  deleting("with a policy and the older option", "", {
    ...OPTIONS,
    propagationPolicy: "Background",
    orphanDependents: false,
  }),
  deleting("with no grace", "?gracePeriodSeconds=0"),
  deleting("with a minute of grace", "?gracePeriodSeconds=60"),
  deleting("with a negative grace", "", { ...OPTIONS, gracePeriodSeconds: -1 }),
  deleting("with a grace that is no number", "?gracePeriodSeconds=soon"),
  deleting("as a dry run", "?dryRun=All"),
  deleting("as a dry run, by a body", "", { ...OPTIONS, dryRun: ["All"] }),
  deleting("with a dry run that is none", "?dryRun=Some"),
  deleting("with a body that is none", "", "not json"),
  deleting("with a body and a query, which is not read then", "?gracePeriodSeconds=5", {
    ...OPTIONS,
    propagationPolicy: "Background",
  }),
  deleting("with a body of another type", "", "x", { "content-type": "text/plain" }),
  { name: "delete: an unknown name", steps: [del("a")] },
  { name: "delete: an unknown name with a uid", steps: [del("a", { preconditions: { uid: NOBODY } })] },
  { name: "delete: twice", steps: [post("", heldLease("a")), del("a"), del("a")] },
  {
    name: "delete: with a finalizer, which keeps it until it is gone",
    steps: [
      post("", lease("a", { holderIdentity: "x" }, { finalizers: ["example.com/guard"] })),
      del("a"),
      get("a", { as: "dying" }),
      post("", lease("a")),
      put("a", edit("dying", { "spec.holderIdentity": "y" })),
      patch(MERGE_PATCH, "a", { metadata: { finalizers: ["example.com/other"] } }),
      patch(MERGE_PATCH, "a", { metadata: { finalizers: null } }),
      get("a"),
    ],
  },
  {
    name: "delete: the collection",
    steps: [
      post("", heldLease("a")),
      post("", heldLease("b", { labels: { app: "demo" } })),
      del(""),
      get(""),
    ],
  },
  {
    name: "delete: the collection by labels",
    steps: [
      post("", heldLease("a")),
      post("", heldLease("b", { labels: { app: "demo" } })),
      del("?labelSelector=app%3Ddemo"),
      get(""),
    ],
  },
  {
    name: "delete: the collection by name",
    steps: [
      post("", heldLease("a")),
      post("", heldLease("b")),
      del("?fieldSelector=metadata.name%3Da"),
      get(""),
    ],
  },
  {
    name: "delete: the collection as a dry run",
    steps: [post("", heldLease("a")), del("?dryRun=All"), get("")],
  },
  { name: "delete: an empty collection", steps: [del("")] },
  {
    name: "delete: the collection with a bad selector, a bad body",
    steps: [post("", heldLease("a")), del("?labelSelector=%3D%3D"), del("", "not json"), get("")],
  },
  {
    name: "delete: the collection over all namespaces",
    steps: [del("/apis/coordination.k8s.io/v1/leases?labelSelector=nothing%3Dmatches")],
  },
];
