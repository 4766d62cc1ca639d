import { type Case, get, heldLease, LEASES, lease, post } from "../step.ts";

/** One request that creates, or is refused, in a case of its own. */
function creating(name: string, body: unknown, query = ""): Case {
  return { name: `create: ${name}`, steps: [post(query, body)] };
}

/** Good and bad objects to create. */
export const createCases: readonly Case[] = [
  {
    name: "create: a held lease, and read it back",
    steps: [post("", heldLease("a")), get("a")],
  },
  creating("an empty spec", lease("a")),
  creating("no spec", { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a" } }),
  creating("a spec of null", {
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: { name: "a" },
    spec: null,
  }),
  creating(
    "fields of null",
    lease("a", { holderIdentity: null, leaseDurationSeconds: null, renewTime: null }),
  ),
  creating("without kind and apiVersion", { metadata: { name: "a" }, spec: { holderIdentity: "x" } }),
  creating("without a kind", { apiVersion: "coordination.k8s.io/v1", metadata: { name: "a" } }),
  creating("another kind", { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "a" } }),
  creating("another kind of the group", { ...lease("a"), kind: "LeaseCandidate" }),
  creating("another version", { ...lease("a"), apiVersion: "coordination.k8s.io/v2" }),
  creating("the other version of the group that is served", {
    ...lease("a", { holderIdentity: "x" }),
    apiVersion: "coordination.k8s.io/v1beta1",
  }),
  creating("another group", { ...lease("a"), apiVersion: "apps/v1" }),
  creating("no metadata", { apiVersion: "coordination.k8s.io/v1", kind: "Lease" }),
  creating("no name", lease("")),
  creating("a name with capitals", lease("Not-Valid")),
  creating("a name with an underscore", lease("not_valid")),
  creating("a name that starts with a dash", lease("-a")),
  creating("a name with a slash", lease("a/b")),
  creating("a name with dots", lease("a.b.c")),
  creating("a name of 253 characters", lease("a".repeat(253))),
  creating("a name of 254 characters", lease("a".repeat(254))),
  creating("a name of one dot", lease(".")),
  creating("the namespace of another", lease("a", {}, { namespace: "elsewhere" })),
  creating("its own namespace", lease("a", {}, { namespace: "$(ns)" })),
  creating("a duration of zero", lease("a", { leaseDurationSeconds: 0 })),
  creating("a negative duration", lease("a", { leaseDurationSeconds: -1 })),
  creating("a duration of 2^31 - 1", lease("a", { leaseDurationSeconds: 2_147_483_647 })),
  creating("a duration of 2^31", lease("a", { leaseDurationSeconds: 2_147_483_648 })),
  creating("a duration of 1.5", lease("a", { leaseDurationSeconds: 1.5 })),
  creating(
    "a duration of 1.0",
    `{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"a"},"spec":{"leaseDurationSeconds":1.0}}`,
  ),
  creating(
    "a duration of 1e1",
    `{"kind":"Lease","apiVersion":"coordination.k8s.io/v1","metadata":{"name":"a"},"spec":{"leaseDurationSeconds":1e1}}`,
  ),
  creating("a duration that is a string", lease("a", { leaseDurationSeconds: "15" })),
  creating("a duration that is a boolean", lease("a", { leaseDurationSeconds: true })),
  creating("negative transitions", lease("a", { leaseTransitions: -1 })),
  creating(
    "negative transitions and duration",
    lease("a", { leaseTransitions: -2, leaseDurationSeconds: -3 }),
  ),
  creating("transitions of 2^31", lease("a", { leaseTransitions: 2_147_483_648 })),
  creating("a holder that is a number", lease("a", { holderIdentity: 5 })),
  creating("a holder that is an object", lease("a", { holderIdentity: {} })),
  creating("an empty holder", lease("a", { holderIdentity: "" })),
  creating("a holder in other letters", lease("a", { holderIdentity: "Größe ☃ \u0000 <&>" })),
  creating("a spec that is a list", { ...lease("a"), spec: [] }),
  creating("a spec that is a string", { ...lease("a"), spec: "x" }),
  creating(
    "a strategy and a preferred holder",
    lease("a", { holderIdentity: "x", strategy: "OldestEmulationVersion", preferredHolder: "y" }),
  ),
  creating("a strategy without a holder", lease("a", { strategy: "OldestEmulationVersion" })),
  creating("a strategy of its own", lease("a", { strategy: "example.com/mine", preferredHolder: "y" })),
  creating("an unknown strategy", lease("a", { holderIdentity: "x", strategy: "not a strategy" })),
  creating("an empty strategy", lease("a", { holderIdentity: "x", strategy: "" })),
  creating(
    "a preferred holder without a strategy",
    lease("a", { holderIdentity: "x", preferredHolder: "y" }),
  ),
  creating(
    "labels and annotations",
    heldLease("a", {
      labels: { app: "demo", "example.com/x": "" },
      annotations: { "example.com/note": "any text at all\n" },
    }),
  ),
  creating("a label with a bad value", lease("a", {}, { labels: { app: "not valid" } })),
  creating("a label with a bad key", lease("a", {}, { labels: { "not valid": "x" } })),
  creating("a label of 64 characters", lease("a", {}, { labels: { app: "x".repeat(64) } })),
  creating("a label that is a number", lease("a", {}, { labels: { app: 1 } })),
  creating("labels that are a list", lease("a", {}, { labels: ["app"] })),
  creating("an annotation with a bad key", lease("a", {}, { annotations: { "-x": "y" } })),
  creating("annotations beyond 256 KiB", lease("a", {}, { annotations: { x: "y".repeat(262_145) } })),
  creating("a finalizer", lease("a", {}, { finalizers: ["example.com/guard"] })),
  creating("a finalizer without a domain", lease("a", {}, { finalizers: ["guard"] })),
  creating("a finalizer that is no name", lease("a", {}, { finalizers: ["not valid/x"] })),
  creating(
    "an owner",
    lease(
      "a",
      {},
      {
        ownerReferences: [
          { apiVersion: "v1", kind: "Pod", name: "p", uid: "00000000-1111-2222-3333-444444444444" },
        ],
      },
    ),
  ),
  creating(
    "an owner without a uid",
    lease("a", {}, { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "" }] }),
  ),
  creating(
    "an owner without a name, kind and version",
    lease("a", {}, { ownerReferences: [{ apiVersion: "", kind: "", name: "", uid: "x" }] }),
  ),
  creating(
    "two controllers",
    lease(
      "a",
      {},
      {
        ownerReferences: [
          { apiVersion: "v1", kind: "Pod", name: "p", uid: "1", controller: true },
          { apiVersion: "v1", kind: "Pod", name: "q", uid: "2", controller: true },
        ],
      },
    ),
  ),
  creating(
    "metadata that only the server writes",
    lease(
      "a",
      {},
      {
        uid: "00000000-1111-2222-3333-444444444444",
        generation: 7,
        creationTimestamp: "2020-01-01T00:00:00Z",
        deletionTimestamp: "2020-01-01T00:00:00Z",
        deletionGracePeriodSeconds: 9,
        selfLink: "/x",
      },
    ),
  ),
  creating("a resourceVersion", lease("a", {}, { resourceVersion: "1" })),
  creating(
    "managedFields of its own",
    lease(
      "a",
      { holderIdentity: "x" },
      {
        managedFields: [
          {
            manager: "mine",
            operation: "Update",
            apiVersion: "coordination.k8s.io/v1",
            time: "2020-01-01T00:00:00Z",
            fieldsType: "FieldsV1",
            fieldsV1: { "f:spec": { "f:holderIdentity": {} } },
          },
        ],
      },
    ),
  ),
  creating(
    "managedFields that are no use",
    lease("a", {}, { managedFields: [{ manager: "mine", operation: "Nonsense" }] }),
  ),
  {
    name: "create: what is there already",
    steps: [post("", heldLease("a")), post("", heldLease("a"))],
  },
  {
    name: "create: what is there already, and not valid",
    steps: [post("", heldLease("a")), post("", lease("a", { leaseDurationSeconds: 0 }))],
  },
  { name: "create: with a name in the path", steps: [post("a", heldLease("a"))] },
  {
    name: "create: over all namespaces",
    steps: [post("/apis/coordination.k8s.io/v1/leases", heldLease("a"))],
  },
  {
    name: "create: a long query of unknown parameters",
    steps: [post("?nonsense=1&pretty=false", heldLease("a"))],
  },
  {
    name: "create: as the manager that the query names",
    steps: [post("?fieldManager=given", heldLease("a"))],
  },
  {
    name: "create: as a manager whose name is too long",
    steps: [post(`?fieldManager=${"x".repeat(129)}`, heldLease("a"))],
  },
  {
    name: "create: as a manager whose name cannot be printed",
    steps: [post("?fieldManager=a%07b", heldLease("a"))],
  },
  {
    name: "create: without a user agent",
    steps: [post("", heldLease("a"), { headers: { "user-agent": "" } })],
  },
  {
    name: "create: with a user agent without a slash",
    steps: [post("", heldLease("a"), { headers: { "user-agent": "plain words here" } })],
  },
  { name: "create: pretty", steps: [post("?pretty=true", heldLease("a")), get("a?pretty=true")] },
  { name: "create: a trailing slash", steps: [{ ...post("", heldLease("a")), path: `${LEASES}/` }] },
];
