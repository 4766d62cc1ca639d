/** A request to the leases of namespace `default`; a body that is no string is sent as JSON. */
export interface RecordedRequest {
  readonly verb: "POST" | "PUT" | "PATCH";
  readonly type?: keyof typeof CONTENT_TYPES;
  readonly body: unknown;
  /** `fieldManager`, `fieldValidation`, `force`. */
  readonly query?: string;
  readonly userAgent?: string;
}

/** Requests to one Lease. */
export interface Scenario {
  readonly title: string;
  /** The Lease that is there before the first request. */
  readonly stored?: unknown;
  /** Whether every request finds it so; else each finds what those before have left. */
  readonly isDryRun: boolean;
  readonly requests: readonly RecordedRequest[];
}

export const CONTENT_TYPES = {
  json: "application/json",
  yaml: "application/yaml",
  text: "text/plain",
  jsonPatch: "application/json-patch+json",
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  apply: "application/apply-patch+yaml",
} as const;

/** The name of the Lease of every scenario. */
export const NAME = "recorded";

function lease(spec: unknown, metadata: object = {}): object {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: NAME, ...metadata }, spec };
}

function bare(labels?: object): object {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: NAME, labels } };
}

const post = (body: unknown, more: Partial<RecordedRequest> = {}): RecordedRequest => ({
  verb: "POST",
  body,
  ...more,
});
const put = (body: unknown, userAgent = "recorder/1"): RecordedRequest => ({ verb: "PUT", body, userAgent });
const merge = (body: unknown, query = ""): RecordedRequest => ({ verb: "PATCH", type: "merge", body, query });
const json = (body: unknown, query = ""): RecordedRequest => ({
  verb: "PATCH",
  type: "jsonPatch",
  body,
  query,
});
const strategic = (body: unknown, query = ""): RecordedRequest => ({
  verb: "PATCH",
  type: "strategic",
  body,
  query,
});
const apply = (body: unknown, query = "fieldManager=ap"): RecordedRequest => ({
  verb: "PATCH",
  type: "apply",
  body,
  query,
});
const withSpec = (spec: unknown): RecordedRequest => post(lease(spec));
const withMeta = (metadata: object): RecordedRequest => post(lease({}, metadata));
const rawMeta = (metadata: string): RecordedRequest => post(`{"metadata":${metadata}}`);
const renewed = (renewTime: unknown): RecordedRequest => withSpec({ renewTime });

const owner = (name: string, uid: string, more: object = {}): object => ({
  apiVersion: "v1",
  kind: "A",
  name,
  uid,
  ...more,
});
const FULL: object = lease(
  { holderIdentity: "a", leaseDurationSeconds: 15 },
  {
    labels: { a: "1", b: "2" },
    annotations: { x: "y" },
    finalizers: ["a.b/c", "d.e/f"],
    ownerReferences: [owner("n", "u1"), owner("m", "u2")],
  },
);
const REPEATED =
  '{"foo":1,"metadata":{"name":"x","name":"recorded","bar":{"a":1,"a":2},"labels":{"a":"1","a":"2"},"ownerReferences":[{"uid":"u","zip":1,"apiVersion":"v1","kind":"K","name":"n"}]},"spec":{"HolderIdentity":"x","holderIdentity":"a","holderIdentity":"b"},"spec":{"leaseTransitions":1}}';

const READING: readonly RecordedRequest[] = [
  ...[
    "",
    "{",
    "[]",
    "null",
    '"a"',
    "12",
    "{}",
    '{"kind":1}',
    '{"kind":"Lease",}',
    '{"apiVersion":[]}',
    "  {x",
  ],
  "not json at all which is long enough",
  '{"metadata":{"name":"abc"} "spec":{}}',
  ...[
    '{"a":tru}',
    '{"a":"\\x"}',
    '{"a":"\u0001"}',
    '{"a":"\\u12g4"}',
    '{"a":01}',
    '{"a":-}',
    '{"a":1.}',
    '{"a":1e}',
    "{} x",
  ],
  '{"kind":"Leas\u00e9",\u00e9',
].map((body) => post(body));

const IDENTITY: readonly RecordedRequest[] = [
  { apiVersion: "coordination.k8s.io/v1", kind: "Foo" },
  { apiVersion: "coordination.k8s.io/v9", kind: "Lease" },
  { apiVersion: "foo/v1", kind: "Lease" },
  { apiVersion: "a/b/c", kind: "Lease" },
  { apiVersion: "coordination.k8s.io/v1" },
  { kind: "Lease" },
  { apiVersion: "v1", kind: "Pod" },
  { apiVersion: "coordination.k8s.io/v1", kind: "LeaseList" },
  { KIND: "Foo", apiVersion: "coordination.k8s.io/v1" },
].map((type) => post({ ...type, metadata: { name: NAME } }));

const TYPES: readonly RecordedRequest[] = [
  ...[1, [], {}, true].map((name) => post({ metadata: { name } })),
  ...[[], "x", 1].map((metadata) => post({ metadata })),
  ...[1, [], true].map((spec) => withSpec(spec)),
  rawMeta('{"name":"recorded","labels":{"a":null}}'),
  ...["labels", "annotations", "finalizers", "ownerReferences", "managedFields"].flatMap((field) =>
    ["x", 1, {}, [1], { a: 1 }].map((value) => withMeta({ [field]: value })),
  ),
  ...[{ uid: 1 }, { controller: "x" }, { name: [] }].map((reference) =>
    withMeta({ ownerReferences: [reference] }),
  ),
  ...[1, "yesterday", "2026-11-25T10:00:00.123Z", "2026-11-25T10:00:00", "2026-11-25t10:00:00Z"].map(
    (creationTimestamp) => withMeta({ creationTimestamp }),
  ),
  ...["1", 1.5, 5].map((generation) => withMeta({ generation })),
  ...["1", 2_147_483_648, 1.5, true, null].map((value) => withSpec({ leaseDurationSeconds: value })),
  post('{"metadata":{"name":"recorded"},"spec":{"leaseDurationSeconds":1.0}}'),
  post('{"metadata":{"name":"recorded"},"spec":{"leaseDurationSeconds":1e1}}'),
  ...[1, {}, [], null].map((value) => withSpec({ holderIdentity: value })),
  withSpec({ strategy: 1 }),
  withSpec({ leaseTransitions: "a", holderIdentity: 1 }),
  withSpec({ leaseTransitions: "a", renewTime: true }),
];

const TIMES: readonly RecordedRequest[] = [
  ...[
    1,
    {},
    [],
    true,
    null,
    "",
    "x",
    "2026",
    "2026-11-25",
    "2026-11-25T10:00:00Z",
    "2026-11-25T10:00:00.123Z",
  ],
  ...["2026-11-25T10:00:00.123456789Z", "2026-11-25T10:00:00.123456", "2026-11-25T10:00:00.123456+01:00"],
  ...["2026-11-25T10:00:00.123456+0100", "2026-13-25T10:00:00.123456Z", "2026-02-30T10:00:00.123456Z"],
  ...["2024-02-29T10:00:00.123456Z", "2026-11-25T25:00:00.123456Z", "2026-11-25T10:60:00.123456Z"],
  ...["2026-11-25T10:00:60.123456Z", "2026-11-25 10:00:00.123456Z", "2026-11-25T10:00:00,123456Z"],
  ...["2026-11-25T10:00:00.123456Zx", "2026-11-25T10:00:00.12345aZ", "2026-11-25T1:00:00.123456Z"],
  ...["2026-11-00T10:00:00.123456Z", "2026-1-05T10:00:00.123456Z", "2026-11-25T10:00:00.123456+25:00"],
  ...["2026-11-25T10:00:00.123456+01:60", "2026-11-25T10:00:00.123456+01:61", "0000-01-01T00:00:00.000000Z"],
  ...["0001-01-01T00:00:00.000000Z", "9999-12-31T23:59:59.999999-01:00", "2026-11-25T10:00:00.123456z"],
  'a"\\é\n',
].map(renewed);

const METADATA: readonly RecordedRequest[] = [
  ...[undefined, "Foo_Bar", "a/b", ".", "..", "a%b", "-a", "a.", "a".repeat(254), "1.2"].map((name) =>
    withMeta({ name }),
  ),
  withMeta({ name: undefined, generateName: "Foo_" }),
  withMeta({ name: undefined, generateName: "foo-" }),
  withMeta({ name: undefined, generateName: "f".repeat(300) }),
  withMeta({ generateName: "Foo" }),
  withMeta({ namespace: "other" }),
  withMeta({ generation: -1 }),
  ...["a b", "", "A.b/c", "/x", "a/", "a/b/c", "a".repeat(64), `${"a".repeat(254)}/b`].map((key) =>
    withMeta({ labels: { [key]: "x" } }),
  ),
  ...["b c", "b".repeat(64), "-".repeat(64), "", "é"].map((a) => withMeta({ labels: { a } })),
  ...["a b", "A.b/c"].map((key) => withMeta({ annotations: { [key]: "x" } })),
  withMeta({ ownerReferences: [{}] }),
  withMeta({ ownerReferences: [{ apiVersion: "v1", kind: "Event", name: "n", uid: "u" }] }),
  withMeta({ ownerReferences: [owner("n", "u", { apiVersion: "a/b/c" })] }),
  withMeta({
    ownerReferences: [owner("n", "u", { controller: true }), owner("m", "w", { controller: true })],
  }),
  withMeta({ ownerReferences: [owner("n", "u"), owner("n", "u"), owner("n2", "u")] }),
  ...[
    ["foo"],
    ["foo bar", "a.b/c"],
    ["orphan", "foregroundDeletion"],
    [""],
    ["a.b/c", "a.b/c"],
    ["orphan"],
  ].map((finalizers) => withMeta({ finalizers })),
  withMeta({ labels: {}, annotations: {}, finalizers: [], ownerReferences: [] }),
  post(
    lease(
      { leaseDurationSeconds: 0, leaseTransitions: -1 },
      {
        name: "A_B",
        generateName: "C_",
        labels: { "b c": "d e" },
        annotations: { "f g": "h" },
        finalizers: ["i j"],
        ownerReferences: [{}],
        generation: -2,
      },
    ),
  ),
];

const SPECS: readonly RecordedRequest[] = [
  ...[
    { leaseDurationSeconds: 0 },
    { leaseDurationSeconds: -5, leaseTransitions: -1 },
    { leaseTransitions: 0 },
  ],
  ...["Foo", "", "OldestEmulationVersion", "example.com/foo", "a b/c d", "a/b/c"].map((strategy) => ({
    strategy,
  })),
  ...[{ preferredHolder: "x" }, { preferredHolder: "" }, { preferredHolder: "x", strategy: "" }],
  { preferredHolder: "x", strategy: "OldestEmulationVersion" },
  { holderIdentity: "" },
  { leaseDurationSeconds: 0, strategy: "Foo", preferredHolder: "x" },
].map(withSpec);

const MANAGED: readonly RecordedRequest[] = [
  ...["", "kubectl/v1 (linux)", "a b c", "/x", "x".repeat(200), "tab\tx"].map((userAgent) =>
    post(lease({ holderIdentity: "a" }), { userAgent }),
  ),
  post(lease({ holderIdentity: "a" }), { query: "fieldManager=fm1" }),
  post({
    ...FULL,
    spec: { holderIdentity: "a", renewTime: "2026-11-25T10:00:00.123456Z", leaseTransitions: 0 },
  }),
  ...[
    [],
    [{}],
    [{ manager: "a", operation: "Foo", apiVersion: "v1", fieldsType: "FieldsV1", fieldsV1: {} }],
    [{ manager: "a", operation: "Update", apiVersion: "v1", fieldsType: "FieldsV2", fieldsV1: {} }],
    [
      {
        manager: "a",
        operation: "Update",
        apiVersion: "coordination.k8s.io/v1",
        time: "2026-01-01T00:00:00Z",
        fieldsType: "FieldsV1",
        fieldsV1: { "f:spec": { "f:strategy": {} } },
      },
    ],
  ].map((managedFields) => post(lease({ holderIdentity: "h" }, { managedFields }))),
];

const STRICT: readonly RecordedRequest[] = [
  ...["Strict", "Warn", "Ignore"].map((value) => post(REPEATED, { query: `fieldValidation=${value}` })),
  post(REPEATED),
  post('{"metadata":null,"spec":null}'),
  post(
    "metadata:\n  name: recorded\nspec:\n  leaseDurationSeconds: 15\n  renewTime: 2026-11-25T10:00:00.123456Z\n",
    { type: "yaml" },
  ),
  post("metadata:\n  name: recorded\nspec:\n  holderIdentity: 5\n", { type: "yaml" }),
  post("metadata:\n  name: recorded\nspec:\n  holderIdentity: yes\n", { type: "yaml" }),
  post("metadata:\n  name: y1\n  name: recorded\n  foo: 1\nspec: {}\n", {
    type: "yaml",
    query: "fieldValidation=Strict",
  }),
  post("metadata:\n  name: y1\n  name: recorded\n  foo: 1\nspec: {}\n", { type: "yaml" }),
];

const MERGES: readonly RecordedRequest[] = [
  ...[
    "",
    "{",
    "[]",
    "null",
    "1",
    '"a"',
    {},
    { spec: { holderIdentity: null } },
    { spec: null },
    { metadata: null },
  ],
  ...[
    { name: "z" },
    { name: null },
    { namespace: "z" },
    { labels: { a: null, c: "3" } },
    { labels: null },
  ].map((metadata) => ({ metadata })),
  ...[
    { uid: "z" },
    { uid: null },
    { resourceVersion: "1" },
    { resourceVersion: null },
    { resourceVersion: "abc" },
  ].map((metadata) => ({ metadata })),
  ...[{ creationTimestamp: null }, { generation: 4 }, { generateName: "a-" }, { finalizers: ["x.y/z"] }].map(
    (metadata) => ({ metadata }),
  ),
  ...[[], [{}], null].map((managedFields) => ({ metadata: { managedFields } })),
  { metadata: { ownerReferences: [owner("n", "u1"), owner("n", "u1")] } },
  ...[{ kind: "Foo" }, { apiVersion: "v1" }, { kind: null }, { apiVersion: null }, { foo: { bar: 1 } }],
  ...[{ leaseDurationSeconds: "x" }, { leaseDurationSeconds: 0 }, { renewTime: "x" }, { foo: 1 }].map(
    (spec) => ({ spec }),
  ),
  { spec: { holderIdentity: "<&>" }, kind: "Foo" },
  '{"spec":{"holderIdentity":"a","holderIdentity":"b"}}',
].map((body) => merge(body));

const STRICT_PATCHES: readonly RecordedRequest[] = [
  "fieldValidation=Strict",
  "fieldValidation=Ignore",
].flatMap((query) => [
  merge({ spec: { foo: 1 } }, query),
  merge('{"spec":{"holderIdentity":"a","holderIdentity":"b","foo":1}}', query),
  merge({ metadata: { labels: { a: 1 } }, spec: { foo: 1 } }, query),
  merge("{", query),
  json([{ op: "add", path: "/spec/foo", value: 0 }], query),
  json([{ op: "add", path: "/spec/holderIdentity", value: "z", foo: 1 }], query),
  json('[{"op":"add","path":"/spec/holderIdentity","path":"/spec/holderIdentity","value":"z"}]', query),
  json("{", query),
  strategic({ spec: { foo: 1 } }, query),
  strategic({ spec: { foo: 1, bar: 2 }, zip: 1 }, query),
  strategic('{"spec":{"holderIdentity":"a","holderIdentity":"b","foo":1}}', query),
  strategic("{", query),
]);

const OPERATIONS: readonly RecordedRequest[] = [
  ...["", "{", "{}", [], "null", [1], [{}], [{ op: "add" }]],
  ...[
    { op: "add", path: "/spec/holderIdentity", value: "z" },
    { op: "add", path: "spec" },
    { op: "replace", path: "/spec/foo", value: 1 },
    { op: "remove", path: "/spec/foo" },
    { op: "remove", path: "/spec/holderIdentity" },
    { op: "add", path: "/spec/a/b", value: 1 },
    { op: "test", path: "/spec/holderIdentity", value: "a" },
    { op: "test", path: "/spec/holderIdentity", value: "b" },
    { op: "test", path: "/spec/zip", value: "b" },
    { op: "test", path: "/spec/zip", value: null },
    { op: "test", path: "/spec/zip" },
    { op: "test", path: "/spec", value: { leaseDurationSeconds: 15, holderIdentity: "a" } },
    { op: "test", path: "/metadata/finalizers", value: ["a.b/c"] },
    { op: "move", from: "/metadata/labels/a", path: "/metadata/labels/z" },
    { op: "copy", from: "/metadata/labels/a", path: "/metadata/labels/z" },
    { op: "move", from: "/metadata/labels/zz", path: "/metadata/labels/z" },
    { op: "copy", from: "/metadata/labels/zz", path: "/metadata/labels/z" },
    { op: "copy", path: "/metadata/labels/z" },
    { op: "add", path: "/metadata/finalizers/-", value: "x.y/z" },
    { op: "add", path: "/metadata/finalizers/0", value: "x.y/z" },
    { op: "add", path: "/metadata/finalizers/9", value: "x.y/z" },
    { op: "add", path: "/metadata/finalizers/-1", value: "x.y/z" },
    { op: "remove", path: "/metadata/finalizers/-1" },
    { op: "remove", path: "/metadata/finalizers/0" },
    { op: "remove", path: "/metadata/finalizers/9" },
    { op: "replace", path: "/metadata/finalizers/9", value: "x" },
    { op: "replace", path: "/metadata/finalizers/0", value: "x.y/z" },
    { op: "add", path: "/metadata/finalizers/abc", value: "x" },
    { op: "add", path: "/metadata/annotations/a~1b~0c", value: "x" },
    { op: "bogus", path: "/spec" },
    { op: "replace", path: "", value: {} },
    { op: "add", path: "", value: {} },
    { op: "remove", path: "" },
    { op: "test", path: "", value: {} },
    { op: "replace", path: "/", value: {} },
    { op: "replace", path: "/metadata/name", value: "z" },
    { op: "replace", path: "/spec/leaseDurationSeconds", value: "x" },
    { op: "replace", path: "/spec/leaseDurationSeconds", value: 0 },
    { op: "add", path: "/spec/foo", value: 0 },
    { op: "add", path: "/spec/holderIdentity", value: "z", foo: 1 },
    { OP: "add", path: "/spec/holderIdentity", value: "z" },
    { op: "add", path: "/spec/holderIdentity", value: null },
    { op: "remove", path: "/metadata/labels" },
    { op: "test", path: "/metadata/labels/a", value: 1 },
    { op: "move", from: "/spec", path: "/spec/x" },
    { op: "replace", path: "/spec/holderIdentity/x", value: 1 },
    { op: 1, path: "/spec" },
    { op: "add", path: 1 },
  ].map((operation) => [operation]),
].map((body) => json(body));

const STRATEGIC: readonly RecordedRequest[] = [
  ...["", "{", "[]", "null", "1", {}, { spec: { holderIdentity: null } }, { spec: null }, { metadata: null }],
  ...[
    { $patch: "delete" },
    { $patch: "replace" },
    { spec: { $patch: "delete" } },
    { spec: { $patch: "replace", holderIdentity: "q" } },
  ],
  { spec: { $retainKeys: ["holderIdentity"], holderIdentity: "q" } },
  ...[
    { a: null, c: "3" },
    { $patch: "replace", z: "1" },
    { $patch: "delete" },
    { $patch: "bogus" },
    { $retainKeys: ["a"] },
    { $retainKeys: ["a"], a: "9" },
    { $retainKeys: ["a"], q: "9" },
    { $retainKeys: "a" },
    { a: 1 },
    [],
    "x",
  ].map((labels) => ({ metadata: { labels } })),
  ...[["x.y/z"], ["a.b/c"], null, [], "x", [1], {}, [{ $patch: "replace" }]].map((finalizers) => ({
    metadata: { finalizers },
  })),
  ...[
    { "$deleteFromPrimitiveList/finalizers": ["a.b/c"] },
    { "$deleteFromPrimitiveList/finalizers": ["nope"] },
    { $deleteFromPrimitiveList: ["a.b/c"] },
    { "$deleteFromPrimitiveList/finalizers": "a" },
    { "$deleteFromPrimitiveList/foo": ["a"] },
    { "$setElementOrder/finalizers": ["d.e/f", "a.b/c"] },
    { "$setElementOrder/finalizers": ["d.e/f", "x.y/z", "a.b/c"], finalizers: ["x.y/z"] },
    { "$setElementOrder/finalizers": ["d.e/f"], finalizers: ["x.y/z"] },
    {
      "$setElementOrder/finalizers": ["x.y/z"],
      "$deleteFromPrimitiveList/finalizers": ["a.b/c"],
      finalizers: ["x.y/z"],
    },
    { "$setElementOrder/finalizers": "x" },
    { $setElementOrder: ["x"] },
    { "$setElementOrder/ownerReferences": [{ uid: "u2" }, { uid: "u1" }] },
    {
      "$setElementOrder/ownerReferences": [{ uid: "u2" }, { uid: "u3" }, { uid: "u1" }],
      ownerReferences: [owner("new", "u3")],
    },
    {
      "$setElementOrder/ownerReferences": [{ uid: "u2" }],
      ownerReferences: [{ uid: "u1", $patch: "delete" }],
    },
    { "$setElementOrder/ownerReferences": [{ uid: "u9" }], ownerReferences: [{ uid: "u1", name: "q" }] },
  ].map((metadata) => ({ metadata })),
  ...[
    [{ uid: "u1", name: "changed" }],
    [owner("new", "u3")],
    [{ uid: "u1", $patch: "delete" }],
    [{ uid: "zz", $patch: "delete" }],
    [{ $patch: "replace" }, owner("new", "u3")],
    [{ $patch: "replace" }],
    [{ $patch: "bogus", uid: "u1" }],
    [{ name: "x" }],
    ["x"],
    [{ $patch: "delete" }],
    [{ $patch: "merge", uid: "u1", name: "mm" }],
    [{ uid: "u1", controller: "x" }],
    null,
    [],
  ].map((ownerReferences) => ({ metadata: { ownerReferences } })),
  ...[
    { leaseDurationSeconds: "x" },
    { leaseDurationSeconds: 1.5 },
    { leaseDurationSeconds: 4_294_967_297 },
    { leaseDurationSeconds: 0 },
    { holderIdentity: 1 },
    { holderIdentity: true },
    { holderIdentity: {} },
    { renewTime: "x" },
    { renewTime: 1 },
    { renewTime: "2026-11-25T10:00:00.123456Z" },
    { foo: 1 },
    "x",
  ].map((spec) => ({ spec })),
  '{"spec":{"leaseDurationSeconds":2.0}}',
  '{"spec":{"holderIdentity":"a","holderIdentity":"b"}}',
  ...[{ foo: { a: 1 } }, { metadata: "x" }, { kind: "Foo" }, { apiVersion: "v1" }],
  ...[
    { resourceVersion: "1" },
    { uid: "z" },
    { creationTimestamp: "x" },
    { managedFields: [] },
    { generation: "1" },
  ].map((metadata) => ({ metadata })),
].map((body) => strategic(body));

const REFUSED_APPLICATIONS: readonly RecordedRequest[] = [
  ...[
    { name: undefined },
    { name: "zz" },
    { namespace: "zz" },
    { managedFields: [] },
    { managedFields: null },
  ],
  ...[
    { resourceVersion: "1" },
    { resourceVersion: "abc" },
    { uid: "abc" },
    { foo: 1 },
    { labels: [] },
    { labels: { a: 1 } },
  ],
  ...[
    { labels: { "a b": "c" } },
    { finalizers: "a" },
    { finalizers: [1] },
    { finalizers: ["a.b/c", "a.b/c"] },
  ],
  ...[[{ name: "x" }], ["x"], [{ uid: "a" }, { uid: "a" }]].map((ownerReferences) => ({ ownerReferences })),
]
  .map((metadata) => apply(lease({}, metadata)))
  .concat(
    [
      ...[{ foo: 1 }, { holderIdentity: 1 }, { holderIdentity: [] }, { leaseDurationSeconds: "x" }, "x"],
      ...[
        { leaseDurationSeconds: 1.5 },
        { leaseDurationSeconds: 4_294_967_297 },
        { leaseDurationSeconds: 0 },
      ],
      ...[{ renewTime: "x" }, { renewTime: 5 }, { renewTime: "2026-11-25T10:00:00.123456+01:00" }],
    ].map((spec) => apply(lease(spec), "fieldManager=ap&force=true")),
    [
      { kind: "Lease", metadata: { name: NAME } },
      { apiVersion: "coordination.k8s.io/v1", metadata: { name: NAME } },
      { apiVersion: "coordination.k8s.io/v1", kind: "Foo", metadata: { name: NAME } },
      { apiVersion: "v1", kind: "Lease", metadata: { name: NAME } },
      "- a",
      "hello",
      "",
    ].map((body) => apply(body)),
    ["fieldManager=ap&force=true", "fieldManager=ap&force=true&fieldValidation=Strict"].map((query) =>
      apply(
        `apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {name: ${NAME}}\nspec:\n  holderIdentity: a\n  holderIdentity: b\n`,
        query,
      ),
    ),
  );

const APPLICATIONS: readonly RecordedRequest[] = [
  apply(lease({ holderIdentity: "z", leaseDurationSeconds: 15 }, { labels: { q: "1" } })),
  apply(lease({ holderIdentity: "z", leaseDurationSeconds: 15 }, { labels: { q: "1" } })),
  apply(lease({ holderIdentity: "y", leaseDurationSeconds: 15 }, { labels: { q: "1" } })),
  apply(
    lease({ holderIdentity: "y", leaseDurationSeconds: 15 }, { labels: { q: "1" } }),
    "fieldManager=ap&force=true",
  ),
  apply(lease({ holderIdentity: "y" })),
  merge({ metadata: { labels: { l: "1" } }, spec: { holderIdentity: "w" } }),
  apply(lease({ holderIdentity: "y" }, { labels: { l: "2" } })),
  apply(lease({ holderIdentity: "w" }, { labels: { l: "1" } })),
  apply(lease({})),
  apply(
    lease({ holderIdentity: "k" }, { finalizers: ["f.g/h"], ownerReferences: [owner("n2", "u2")] }),
    "fieldManager=ap2&force=true",
  ),
  apply(lease({}, { finalizers: ["f.g/i"], ownerReferences: [owner("n3", "u2"), owner("n4", "u4")] })),
  apply(lease({}, { finalizers: ["f.g/i"], ownerReferences: [owner("n4", "u4")] })),
  apply(lease({ holderIdentity: "b" }, { finalizers: ["z.z/z", "f.g/h", "f.g/i"] }), "fieldManager=ap3"),
  apply(lease({}, { finalizers: ["z.z/z", "f.g/h", "f.g/i"] }), "fieldManager=ap3"),
  apply(lease({})),
  apply(lease({}, { labels: {} })),
  apply(lease({}, { labels: { x: null } })),
  apply(lease(null)),
  apply({ apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name: NAME } }),
  apply(lease({}, { finalizers: [] }), "fieldManager=ap3"),
  apply(lease({}), "fieldManager=ap2"),
];

const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";
const CLIENT_SIDE: object = lease(
  { holderIdentity: "a", leaseDurationSeconds: 15 },
  {
    annotations: {
      [LAST_APPLIED]: `${JSON.stringify({
        apiVersion: "coordination.k8s.io/v1",
        kind: "Lease",
        metadata: { annotations: {}, name: NAME, namespace: "default" },
        spec: { holderIdentity: "a", leaseDurationSeconds: 15 },
      })}\n`,
    },
  },
);

const UPDATES: readonly RecordedRequest[] = [
  merge({ metadata: { labels: { c: "3" } }, spec: { holderIdentity: "b" } }, "fieldManager=two"),
  merge({ metadata: { labels: { a: null } }, spec: { leaseDurationSeconds: null } }, "fieldManager=three"),
  merge({ metadata: { labels: null } }, "fieldManager=three"),
  strategic({ metadata: { ownerReferences: [{ uid: "u1", controller: true }] } }, "fieldManager=three"),
  strategic({ metadata: { ownerReferences: [owner("n3", "u3")] } }, "fieldManager=three"),
  json([{ op: "add", path: "/metadata/finalizers/-", value: "z.z/z" }], "fieldManager=one"),
  json([{ op: "remove", path: "/metadata/finalizers" }], "fieldManager=one"),
  merge({}, "fieldManager=four"),
  merge({ spec: null }, "fieldManager=four"),
  ...Array.from({ length: 13 }, (_, index) =>
    merge(
      { metadata: { labels: { [`l${index}`]: "1" } } },
      `fieldManager=many${String(index).padStart(2, "0")}`,
    ),
  ),
  merge({ metadata: { managedFields: [{}] }, spec: { holderIdentity: "q" } }, "fieldManager=reset"),
  merge({ spec: { holderIdentity: "r" } }, "fieldManager=five"),
  apply(lease({ holderIdentity: "r" })),
];

const PUTS: readonly RecordedRequest[] = [
  put(lease({ holderIdentity: "b" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "0" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "abc" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "1" })),
  put(lease({ leaseDurationSeconds: 0 }, { resourceVersion: "1" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "1", uid: "nope" })),
  put(lease({}, { name: "other" })),
  put(lease({}, { name: undefined })),
  put(lease({}, { namespace: "other" })),
  put(lease({}, { namespace: "other", name: "other" })),
  put(lease({}, { resourceVersion: "1", ownerReferences: [owner("n", "u"), owner("n", "u")] })),
  // `$VERSION` stands for the version that is stored.
  put(
    lease(
      { leaseDurationSeconds: 0 },
      { resourceVersion: "$VERSION", labels: { "a b": "c" }, finalizers: ["x y"] },
    ),
  ),
  put(
    lease(
      { holderIdentity: "b" },
      { resourceVersion: "$VERSION", creationTimestamp: "2020-01-01T00:00:00Z", generation: 7 },
    ),
  ),
  put(
    lease(
      { holderIdentity: "b" },
      { resourceVersion: "$VERSION", deletionTimestamp: "2020-01-01T00:00:00Z" },
    ),
  ),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "$VERSION", deletionGracePeriodSeconds: 5 })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "$VERSION", generateName: "X_" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "0$VERSION" })),
  put(
    { ...FULL, metadata: { ...(FULL as { metadata: object }).metadata, resourceVersion: "$VERSION" } },
    "other/1",
  ),
  put(lease({ holderIdentity: "a" }, { resourceVersion: "$VERSION", managedFields: [] }), "third"),
];

const NEW_PUTS: readonly RecordedRequest[] = [
  put(lease({ holderIdentity: "b" })),
  put(lease({ holderIdentity: "b" }, { resourceVersion: "abc" })),
  put(lease({ holderIdentity: "b" }, { uid: "abc" })),
  put(lease({ leaseDurationSeconds: 0 })),
  apply(lease({ holderIdentity: "b" }, { labels: { a: "b" } })),
  apply(lease({ holderIdentity: "b" }, { generateName: "zz-", creationTimestamp: null })),
  apply(lease({ leaseDurationSeconds: 0 })),
  apply(lease({}, { uid: "abc" })),
  apply(lease({}, { resourceVersion: "abc" })),
  apply(lease({}, { name: undefined })),
  merge({}),
  { verb: "PATCH", type: "text", body: {} },
];

export const SCENARIOS: readonly Scenario[] = [
  { title: "a body that is no JSON, or no object", isDryRun: true, requests: READING },
  { title: "kind and apiVersion", isDryRun: true, requests: IDENTITY },
  { title: "values of a wrong type", isDryRun: true, requests: TYPES },
  { title: "times", isDryRun: true, requests: TIMES },
  { title: "unknown and repeated fields, YAML", isDryRun: true, requests: STRICT },
  { title: "metadata", isDryRun: true, requests: METADATA },
  { title: "spec", isDryRun: true, requests: SPECS },
  { title: "managedFields of a create", isDryRun: true, requests: MANAGED },
  { title: "PUT and apply of what is not there", isDryRun: true, requests: NEW_PUTS },
  { title: "PUT", stored: FULL, isDryRun: true, requests: PUTS },
  { title: "merge patches", stored: FULL, isDryRun: true, requests: MERGES },
  { title: "JSON patches", stored: FULL, isDryRun: true, requests: OPERATIONS },
  { title: "strategic merge patches", stored: FULL, isDryRun: true, requests: STRATEGIC },
  {
    title: "patches with unknown and repeated fields",
    stored: FULL,
    isDryRun: true,
    requests: STRICT_PATCHES,
  },
  {
    title: "server-side apply that is refused, or alone",
    stored: FULL,
    isDryRun: true,
    requests: REFUSED_APPLICATIONS,
  },
  { title: "owners of an object that several update", stored: FULL, isDryRun: false, requests: UPDATES },
  {
    title: "owners of an object that several apply",
    stored: lease({ holderIdentity: "z" }),
    isDryRun: false,
    requests: APPLICATIONS,
  },
  {
    title: "kubectl's server-side apply after its client-side apply",
    stored: CLIENT_SIDE,
    isDryRun: false,
    requests: [
      apply(lease({ holderIdentity: "b", leaseDurationSeconds: 15 }), "fieldManager=kubectl"),
      merge({ spec: { leaseDurationSeconds: 20 } }, "fieldManager=other"),
      apply(lease({ holderIdentity: "c", leaseDurationSeconds: 30 }), "fieldManager=kubectl"),
      apply(lease({ holderIdentity: "c" }, { labels: { a: "<&>" } }), "fieldManager=kubectl&force=true"),
      apply(
        lease({ holderIdentity: "c" }, { labels: { b: "1", a: "2" }, annotations: { k: "v" } }),
        "fieldManager=kubectl&force=true",
      ),
    ],
  },
  {
    title: "labels that are applied empty",
    isDryRun: false,
    requests: [
      apply(bare({ a: "1" }), "fieldManager=one"),
      apply(bare({}), "fieldManager=two"),
      apply(bare({}), "fieldManager=one&force=true"),
      apply(bare({}), "fieldManager=one&force=true"),
      apply(bare(), "fieldManager=one"),
      apply(bare(), "fieldManager=two"),
    ],
  },
];
