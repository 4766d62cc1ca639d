import {
  APPLY_PATCH,
  type Case,
  del,
  get,
  heldLease,
  lease,
  MERGE_PATCH,
  patch,
  post,
  STRATEGIC_PATCH,
} from "../step.ts";

const NAMED = { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: "a" } };

function apply(manager: string, body: unknown, more = "") {
  return patch(APPLY_PATCH, `a?fieldManager=${manager}${more}`, body);
}

function applying(name: string, query: string, body: unknown): Case {
  return { name: `apply: ${name}`, steps: [patch(APPLY_PATCH, `a${query}`, body), get("a")] };
}

/** Server-side apply. */
export const applyCases: readonly Case[] = [
  applying("creates", "?fieldManager=a", {
    ...NAMED,
    spec: { holderIdentity: "x", leaseDurationSeconds: 15 },
  }),
  applying(
    "creates from YAML",
    "?fieldManager=a",
    "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata:\n  name: a\n  labels: {app: demo}\nspec:\n  holderIdentity: x\n",
  ),
  applying("creates with nothing in it", "?fieldManager=a", NAMED),
  applying("without a manager", "", NAMED),
  applying("without a kind", "?fieldManager=a", {
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name: "a" },
  }),
  applying("without an apiVersion", "?fieldManager=a", { kind: "Lease", metadata: { name: "a" } }),
  applying("without a name", "?fieldManager=a", { ...NAMED, metadata: {} }),
  applying("another name", "?fieldManager=a", { ...NAMED, metadata: { name: "b" } }),
  applying("another namespace", "?fieldManager=a", {
    ...NAMED,
    metadata: { name: "a", namespace: "elsewhere" },
  }),
  applying("another kind", "?fieldManager=a", { ...NAMED, kind: "Pod" }),
  applying("another version of the group", "?fieldManager=a", {
    ...NAMED,
    apiVersion: "coordination.k8s.io/v1beta1",
  }),
  applying("a uid of what is not there", "?fieldManager=a", {
    ...NAMED,
    metadata: { name: "a", uid: "00000000-1111-2222-3333-444444444444" },
  }),
  applying("managedFields", "?fieldManager=a", { ...NAMED, metadata: { name: "a", managedFields: [] } }),
  applying("managedFields with an entry", "?fieldManager=a", {
    ...NAMED,
    metadata: {
      name: "a",
      managedFields: [
        { manager: "x", operation: "Apply", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} },
      ],
    },
  }),
  applying("an unknown field", "?fieldManager=a", { ...NAMED, spec: { nonsense: 1 } }),
  applying("an unknown field, ignored or not", "?fieldManager=a&fieldValidation=Ignore", {
    ...NAMED,
    spec: { nonsense: 1 },
  }),
  applying("a field of another type", "?fieldManager=a", { ...NAMED, spec: { leaseDurationSeconds: "15" } }),
  applying("a duration of zero", "?fieldManager=a", { ...NAMED, spec: { leaseDurationSeconds: 0 } }),
  applying("a bad time", "?fieldManager=a", { ...NAMED, spec: { renewTime: "2026-11-25T10:00:00Z" } }),
  applying("a bad label", "?fieldManager=a", {
    ...NAMED,
    metadata: { name: "a", labels: { x: "not valid" } },
  }),
  {
    name: "apply: not YAML",
    // Another parser of YAML has other words.
    steps: [
      patch(APPLY_PATCH, "a?fieldManager=a", "kind: Lease\n  name: [\n", { pick: reasonAndCode }),
      get("a"),
    ],
  },
  applying("empty", "?fieldManager=a", ""),
  applying("a list", "?fieldManager=a", []),
  applying("null fields", "?fieldManager=a", { ...NAMED, spec: { holderIdentity: null } }),
  applying(
    "a key twice",
    "?fieldManager=a&fieldValidation=Strict",
    "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata:\n  name: a\nspec:\n  holderIdentity: x\n  holderIdentity: y\n",
  ),
  applying("a dry run", "?fieldManager=a&dryRun=All", { ...NAMED, spec: { holderIdentity: "x" } }),
  applying("force that is no boolean", "?fieldManager=a&force=perhaps", NAMED),
  applying("a manager whose name is too long", `?fieldManager=${"x".repeat(129)}`, NAMED),
  {
    name: "apply: twice the same changes nothing",
    steps: [
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
    ],
  },
  {
    name: "apply: changes what it owns, and removes what it leaves out",
    steps: [
      apply("a", {
        ...NAMED,
        metadata: { name: "a", labels: { x: "1", y: "2" } },
        spec: { holderIdentity: "x", leaseDurationSeconds: 5 },
      }),
      apply("a", { ...NAMED, metadata: { name: "a", labels: { y: "3" } }, spec: { holderIdentity: "z" } }),
      apply("a", NAMED),
    ],
  },
  {
    name: "apply: a conflict with another applier, its force, and giving up",
    steps: [
      apply("a", { ...NAMED, spec: { holderIdentity: "x", leaseDurationSeconds: 15 } }),
      apply("b", { ...NAMED, spec: { holderIdentity: "y" } }),
      apply("b", { ...NAMED, spec: { holderIdentity: "y", leaseDurationSeconds: 16 } }),
      apply("b", { ...NAMED, spec: { holderIdentity: "y" } }, "&force=true"),
      apply("a", { ...NAMED, spec: { holderIdentity: "x", leaseDurationSeconds: 15 } }),
      apply("a", { ...NAMED, spec: { leaseDurationSeconds: 15 } }),
      apply("b", NAMED),
    ],
  },
  {
    name: "apply: the same value as another, shared, then left by one",
    steps: [
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
      apply("b", { ...NAMED, spec: { holderIdentity: "x" } }),
      apply("a", NAMED),
      apply("b", NAMED),
    ],
  },
  {
    name: "apply: over what was created by POST",
    steps: [
      post("?fieldManager=creator", heldLease("a", { labels: { app: "demo" } })),
      apply("a", { ...NAMED, spec: { holderIdentity: "replica-1" } }),
      apply("a", { ...NAMED, spec: { holderIdentity: "other" } }),
      apply(
        "a",
        { ...NAMED, metadata: { name: "a", labels: { app: "mine" } }, spec: { holderIdentity: "other" } },
        "&force=true",
      ),
      apply("a", NAMED),
    ],
  },
  {
    name: "apply: then a patch of the same field, then apply again",
    steps: [
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
      patch(MERGE_PATCH, "a?fieldManager=p", { spec: { holderIdentity: "y" } }),
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
      apply("a", { ...NAMED, spec: { holderIdentity: "y" } }),
      patch(STRATEGIC_PATCH, "a?fieldManager=a", { spec: { leaseDurationSeconds: 3 } }),
    ],
  },
  {
    name: "apply: with versions",
    steps: [
      patch(APPLY_PATCH, "a?fieldManager=a", { ...NAMED, spec: { holderIdentity: "x" } }, { as: "a" }),
      apply("a", { ...NAMED, metadata: { name: "a", resourceVersion: "1" }, spec: { holderIdentity: "y" } }),
      apply("a", {
        ...NAMED,
        metadata: { name: "a", resourceVersion: "$(a.metadata.resourceVersion)" },
        spec: { holderIdentity: "y" },
      }),
      apply("a", {
        ...NAMED,
        metadata: { name: "a", uid: "$(a.metadata.uid)" },
        spec: { holderIdentity: "z" },
      }),
    ],
  },
  {
    name: "apply: lists of metadata",
    steps: [
      apply("a", {
        ...NAMED,
        metadata: {
          name: "a",
          finalizers: ["example.com/a"],
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "p", uid: "1" }],
        },
      }),
      apply("b", {
        ...NAMED,
        metadata: {
          name: "a",
          finalizers: ["example.com/b"],
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "q", uid: "2" }],
        },
      }),
      apply("c", {
        ...NAMED,
        metadata: {
          name: "a",
          ownerReferences: [{ apiVersion: "v1", kind: "Pod", name: "other", uid: "1" }],
        },
      }),
      apply("a", { ...NAMED, metadata: { name: "a" } }),
      patch(MERGE_PATCH, "a", { metadata: { finalizers: null } }),
    ],
  },
  {
    name: "apply: one manager by apply and by update",
    steps: [
      apply("a", { ...NAMED, spec: { holderIdentity: "x" } }),
      patch(MERGE_PATCH, "a?fieldManager=a", { spec: { leaseDurationSeconds: 5 } }),
      apply("a", NAMED),
      apply("a", { ...NAMED, spec: { leaseDurationSeconds: 6 } }),
    ],
  },
  {
    name: "apply: after it was deleted",
    steps: [apply("a", NAMED), del("a"), apply("a", { ...NAMED, spec: { holderIdentity: "x" } })],
  },
  {
    name: "apply: creates in a namespace that the body names too",
    steps: [apply("a", lease("a", {}, { namespace: "$(ns)" }))],
  },
  {
    name: "apply: by CBOR's name",
    steps: [patch("application/apply-patch+json", "a?fieldManager=a", NAMED)],
  },
];

function reasonAndCode(body: unknown): unknown {
  const { reason, code } = body as { reason: string; code: number };
  return { reason, code };
}
