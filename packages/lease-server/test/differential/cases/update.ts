import {
  APPLY_PATCH,
  type Case,
  del,
  edit,
  get,
  heldLease,
  lease,
  MERGE_PATCH,
  NEXT_SECOND,
  patch,
  post,
  put,
} from "../step.ts";

const NOBODY = "00000000-1111-2222-3333-444444444444";

/** What a PUT of an edited lease does, in a case of its own. */
function putting(name: string, set: Readonly<Record<string, unknown>>): Case {
  return {
    name: `update: ${name}`,
    steps: [
      post("", heldLease("a", { labels: { app: "demo" } }), { as: "a" }),
      put("a", edit("a", set)),
      get("a"),
    ],
  };
}

/** PUT: conflicts, preconditions, what may not change. */
export const updateCases: readonly Case[] = [
  putting("the holder", { "spec.holderIdentity": "replica-2", "spec.leaseTransitions": 4 }),
  putting("nothing", {}),
  putting("nothing but managedFields emptied", { "metadata.managedFields": [] }),
  putting("without managedFields", { "metadata.managedFields": undefined }),
  putting("fields removed", { "spec.holderIdentity": undefined, "spec.renewTime": undefined }),
  putting("the whole spec removed", { spec: undefined }),
  putting("labels replaced", { "metadata.labels": { other: "x" } }),
  putting("labels removed", { "metadata.labels": undefined }),
  putting("without a resourceVersion", { "metadata.resourceVersion": undefined, "spec.holderIdentity": "y" }),
  putting("an empty resourceVersion", { "metadata.resourceVersion": "", "spec.holderIdentity": "y" }),
  putting("resourceVersion 0", { "metadata.resourceVersion": "0", "spec.holderIdentity": "y" }),
  putting("resourceVersion 1", { "metadata.resourceVersion": "1", "spec.holderIdentity": "y" }),
  putting("a resourceVersion that is no number", { "metadata.resourceVersion": "abc" }),
  putting("a resourceVersion that is negative", { "metadata.resourceVersion": "-1" }),
  putting("a resourceVersion of the future", { "metadata.resourceVersion": "9000000000000000000" }),
  putting("without a uid", { "metadata.uid": undefined, "spec.holderIdentity": "y" }),
  putting("another uid", { "metadata.uid": NOBODY, "spec.holderIdentity": "y" }),
  putting("another uid, without a resourceVersion", {
    "metadata.uid": NOBODY,
    "metadata.resourceVersion": undefined,
  }),
  putting("another name in the body", { "metadata.name": "b" }),
  putting("no name in the body", { "metadata.name": undefined }),
  putting("another namespace in the body", { "metadata.namespace": "elsewhere" }),
  putting("no namespace in the body", { "metadata.namespace": undefined }),
  putting("another creationTimestamp", { "metadata.creationTimestamp": "2020-01-01T00:00:00Z" }),
  putting("without a creationTimestamp", { "metadata.creationTimestamp": undefined }),
  putting("a deletionTimestamp", { "metadata.deletionTimestamp": "2020-01-01T00:00:00Z" }),
  putting("a generation", { "metadata.generation": 5 }),
  putting("a duration of zero", { "spec.leaseDurationSeconds": 0 }),
  putting("a bad label", { "metadata.labels": { app: "not valid" } }),
  putting("a finalizer, and another", { "metadata.finalizers": ["example.com/a", "example.com/b"] }),
  putting("a strategy", { "spec.strategy": "OldestEmulationVersion", "spec.preferredHolder": "x" }),
  putting("a preferred holder without a strategy", { "spec.preferredHolder": "x" }),
  putting("another apiVersion", { apiVersion: "coordination.k8s.io/v1beta1" }),
  putting("no apiVersion and kind", { apiVersion: undefined, kind: undefined }),
  {
    name: "update: nothing, in another second, changes not even the times",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      NEXT_SECOND,
      put("a", edit("a")),
      put("a?fieldManager=another", edit("a")),
      put("a", edit("a", { "metadata.managedFields.0.time": "2020-01-01T00:00:00Z" })),
      patch(MERGE_PATCH, "a", {}),
      patch(MERGE_PATCH, "a", { spec: { holderIdentity: "replica-1" } }),
      get("a"),
    ],
  },
  {
    name: "update: nothing, by server-side apply, in another second",
    steps: [
      patch(APPLY_PATCH, "a?fieldManager=m", lease("a", { holderIdentity: "x" })),
      NEXT_SECOND,
      patch(APPLY_PATCH, "a?fieldManager=m", lease("a", { holderIdentity: "x" })),
      patch(APPLY_PATCH, "a?fieldManager=n", lease("a", { holderIdentity: "x" })),
    ],
  },
  {
    name: "update: a version that is no longer the current one",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      put("a", edit("a", { "spec.holderIdentity": "b" }), { as: "b" }),
      put("a", edit("a", { "spec.holderIdentity": "c" })),
      put("a", edit("b", { "spec.holderIdentity": "c" })),
      get("a"),
    ],
  },
  {
    name: "update: nothing, with a version that is no longer the current one",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      put("a", edit("a", { "spec.holderIdentity": "b" })),
      put("a", edit("a")),
    ],
  },
  {
    name: "update: an unknown name, with neither uid nor version",
    steps: [put("a", heldLease("a")), get("a")],
  },
  {
    name: "update: an unknown name, with a version",
    steps: [put("a", heldLease("a", { resourceVersion: "7" })), get("a")],
  },
  {
    name: "update: an unknown name, with a uid",
    steps: [put("a", heldLease("a", { uid: NOBODY })), get("a")],
  },
  {
    name: "update: an unknown name, with a uid and a version",
    steps: [put("a", heldLease("a", { uid: NOBODY, resourceVersion: "7" })), get("a")],
  },
  {
    name: "update: an unknown name, not valid",
    steps: [put("a", lease("a", { leaseDurationSeconds: 0 })), put("NOT", lease("NOT"))],
  },
  {
    name: "update: a deleted name, with its uid",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      del("a"),
      put("a", edit("a", { "spec.holderIdentity": "b" })),
      get("a"),
    ],
  },
  {
    name: "update: a deleted name, without its uid",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      del("a"),
      put("a", edit("a", { "metadata.uid": undefined })),
      get("a"),
    ],
  },
  {
    name: "update: a name that was deleted and made again, as it was before",
    steps: [
      post("", heldLease("a"), { as: "a" }),
      del("a"),
      post("", heldLease("a")),
      put("a", edit("a")),
      put("a", edit("a", { "metadata.uid": undefined })),
      put("a", edit("a", { "metadata.resourceVersion": undefined })),
      put("a", edit("a", { "metadata.uid": undefined, "metadata.resourceVersion": undefined })),
    ],
  },
  {
    name: "update: by another manager, who then owns what it changed",
    steps: [
      post("?fieldManager=a", heldLease("a"), { as: "a" }),
      put("a?fieldManager=b", edit("a", { "spec.holderIdentity": "b", "metadata.labels": { x: "y" } }), {
        as: "b",
      }),
      put("a?fieldManager=c", edit("b", { "spec.renewTime": undefined }), { as: "c" }),
      put("a?fieldManager=a", edit("c", { "spec.renewTime": "2026-11-25T11:00:00.000000Z" })),
    ],
  },
  {
    name: "update: in all namespaces",
    steps: [put("/apis/coordination.k8s.io/v1/leases/a", heldLease("a"))],
  },
  { name: "update: the collection", steps: [put("", heldLease("a"))] },
  {
    name: "update: the subresource status, which a lease does not have",
    steps: [post("", heldLease("a")), put("a/status", heldLease("a")), get("a/status")],
  },
];
