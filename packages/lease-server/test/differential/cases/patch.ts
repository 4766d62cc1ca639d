import { type Case, get, heldLease, JSON_PATCH, MERGE_PATCH, patch, post, STRATEGIC_PATCH } from "../step.ts";

/** What one patch does to a held lease. */
function patching(type: string, name: string, body: unknown): Case {
  return {
    name: `patch: ${name}`,
    steps: [
      post("", heldLease("a", { labels: { app: "demo" }, annotations: { note: "x" } }), { as: "a" }),
      patch(type, "a", body),
      get("a"),
    ],
  };
}

function merging(name: string, body: unknown): Case[] {
  return [
    patching(MERGE_PATCH, `merge: ${name}`, body),
    patching(STRATEGIC_PATCH, `strategic: ${name}`, body),
  ];
}

function json(name: string, ...operations: unknown[]): Case {
  return patching(JSON_PATCH, `json: ${name}`, operations);
}

/** Merge, strategic merge and JSON patches. */
export const patchCases: readonly Case[] = [
  ...merging("a field", { spec: { holderIdentity: "replica-2" } }),
  ...merging("nothing", {}),
  ...merging("what is so already", { spec: { holderIdentity: "replica-1" } }),
  ...merging("a field removed", { spec: { holderIdentity: null } }),
  ...merging("a label added and one removed", { metadata: { labels: { app: null, other: "y" } } }),
  ...merging("all labels removed", { metadata: { labels: null } }),
  ...merging("the spec removed", { spec: null }),
  ...merging("the metadata removed", { metadata: null }),
  ...merging("another name", { metadata: { name: "b" } }),
  ...merging("another uid", { metadata: { uid: "00000000-1111-2222-3333-444444444444" } }),
  ...merging("another kind", { kind: "Pod" }),
  ...merging("another apiVersion", { apiVersion: "v1" }),
  ...merging("the current version", {
    metadata: { resourceVersion: "$(a.metadata.resourceVersion)" },
    spec: { holderIdentity: "y" },
  }),
  ...merging("an old version", { metadata: { resourceVersion: "1" }, spec: { holderIdentity: "y" } }),
  ...merging("a version that is no number", { metadata: { resourceVersion: "x" } }),
  ...merging("a duration of zero", { spec: { leaseDurationSeconds: 0 } }),
  ...merging("a duration that is a string", { spec: { leaseDurationSeconds: "15" } }),
  ...merging("a fraction", { spec: { leaseDurationSeconds: 1.5 } }),
  ...merging("a bad time", { spec: { renewTime: "2026-11-25T10:00:00Z" } }),
  ...merging("an unknown field", { spec: { nonsense: 1 } }),
  ...merging("labels that are a list", { metadata: { labels: ["x"] } }),
  ...merging("a list", []),
  ...merging("null", "null"),
  ...merging("a number", "5"),
  ...merging("not JSON", "not json"),
  ...merging("empty", ""),
  ...merging("a finalizer", { metadata: { finalizers: ["example.com/a"] } }),
  ...merging("an owner", {
    metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "1" }] },
  }),
  ...merging("managedFields emptied", { metadata: { managedFields: [{}] } }),
  patching(STRATEGIC_PATCH, "strategic: $patch: delete of the spec", { spec: { $patch: "delete" } }),
  patching(STRATEGIC_PATCH, "strategic: $patch: replace of the spec", {
    spec: { $patch: "replace", holderIdentity: "y" },
  }),
  patching(STRATEGIC_PATCH, "strategic: $patch of no kind", { spec: { $patch: "nonsense" } }),
  patching(STRATEGIC_PATCH, "strategic: $retainKeys", {
    spec: { $retainKeys: ["holderIdentity"], holderIdentity: "y" },
  }),
  {
    name: "patch: strategic: lists of metadata, which have keys",
    steps: [
      post(
        "",
        heldLease("a", {
          finalizers: ["example.com/a", "example.com/b"],
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "1" }],
        }),
      ),
      patch(STRATEGIC_PATCH, "a", {
        metadata: { ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "q", uid: "2" }] },
      }),
      patch(STRATEGIC_PATCH, "a", { metadata: { ownerReferences: [{ $patch: "delete", uid: "1" }] } }),
      patch(STRATEGIC_PATCH, "a", { metadata: { finalizers: ["example.com/c"] } }),
      patch(STRATEGIC_PATCH, "a", {
        metadata: { "$deleteFromPrimitiveList/finalizers": ["example.com/a", "example.com/b"] },
      }),
    ],
  },
  json("replace", { op: "replace", path: "/spec/holderIdentity", value: "y" }),
  json(
    "add and remove",
    { op: "add", path: "/metadata/labels/x", value: "y" },
    { op: "remove", path: "/metadata/annotations" },
  ),
  json(
    "a test that holds",
    { op: "test", path: "/spec/holderIdentity", value: "replica-1" },
    { op: "replace", path: "/spec/holderIdentity", value: "y" },
  ),
  json(
    "a test that does not hold",
    { op: "test", path: "/spec/holderIdentity", value: "z" },
    { op: "replace", path: "/spec/holderIdentity", value: "y" },
  ),
  json("a test of what is not there", { op: "test", path: "/spec/strategy", value: "z" }),
  json("a test of the version", {
    op: "test",
    path: "/metadata/resourceVersion",
    value: "$(a.metadata.resourceVersion)",
  }),
  json(
    "move and copy",
    { op: "move", from: "/metadata/labels/app", path: "/metadata/labels/moved" },
    { op: "copy", from: "/spec/holderIdentity", path: "/metadata/annotations/copied" },
  ),
  json("remove what is not there", { op: "remove", path: "/spec/strategy" }),
  json("replace what is not there", { op: "replace", path: "/spec/strategy", value: "z" }),
  json("add below what is not there", { op: "add", path: "/metadata/finalizers/-", value: "example.com/a" }),
  json("a key with a slash", { op: "add", path: "/metadata/annotations/example.com~1note", value: "y" }),
  json("an unknown operation", { op: "nonsense", path: "/spec/holderIdentity" }),
  json("no operation", { path: "/spec/holderIdentity", value: "y" }),
  json("no path", { op: "add", value: "y" }),
  json("a path without a slash", { op: "add", path: "spec", value: "y" }),
  json("no operations"),
  json("another name", { op: "replace", path: "/metadata/name", value: "b" }),
  json("the version", { op: "replace", path: "/metadata/resourceVersion", value: "1" }),
  json("a duration of zero", { op: "replace", path: "/spec/leaseDurationSeconds", value: 0 }),
  json("a duration that is a string", { op: "replace", path: "/spec/leaseDurationSeconds", value: "x" }),
  json("the whole document", { op: "replace", path: "", value: {} }),
  patching(JSON_PATCH, "json: an object", {}),
  patching(JSON_PATCH, "json: not JSON", "not json"),
  patching(JSON_PATCH, "json: empty", ""),
  {
    name: "patch: an unknown name, each way",
    steps: [MERGE_PATCH, STRATEGIC_PATCH, JSON_PATCH].map((type) =>
      patch(type, "a", type === JSON_PATCH ? [] : {}),
    ),
  },
  {
    name: "patch: of another type, and of none",
    steps: [
      post("", heldLease("a")),
      patch("application/json", "a", {}),
      patch("text/plain", "a", {}),
      patch("", "a", "{}"),
      patch("application/merge-patch+json; charset=utf-8", "a", { spec: { holderIdentity: "y" } }),
    ],
  },
  {
    name: "patch: with force, which is for apply",
    steps: [post("", heldLease("a")), patch(MERGE_PATCH, "a?force=true", {})],
  },
  {
    name: "patch: by managers",
    steps: [
      post("?fieldManager=a", heldLease("a")),
      patch(MERGE_PATCH, "a?fieldManager=b", { spec: { holderIdentity: "y" } }),
      patch(STRATEGIC_PATCH, "a?fieldManager=c", { metadata: { annotations: { x: "y" } } }),
      patch(JSON_PATCH, "a?fieldManager=d", [{ op: "remove", path: "/spec/renewTime" }]),
    ],
  },
  { name: "patch: the collection", steps: [patch(MERGE_PATCH, "", {})] },
  {
    name: "patch: json: 10,001 operations",
    steps: [
      post("", heldLease("a")),
      patch(
        JSON_PATCH,
        "a",
        Array.from({ length: 10_001 }, () => ({ op: "test", path: "/kind", value: "Lease" })),
      ),
    ],
  },
];
