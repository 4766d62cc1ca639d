import { type Case, del, edit, get, heldLease, MERGE_PATCH, patch, post, put } from "../step.ts";

const NAMESPACES = "/api/v1/namespaces";
const namespace = (name: string, metadata: object = {}): object => ({
  apiVersion: "v1",
  kind: "Namespace",
  metadata: { name, ...metadata },
});

/** Who wrote which field of a namespace is not told by lease-server: nobody changes one. */
const UNMANAGED = { pick: withoutManagedFields };

/** Namespaces, as far as leases need them. */
export const namespaceCases: readonly Case[] = [
  { name: "namespaces: get the case's own", steps: [get(`${NAMESPACES}/$(ns)`, UNMANAGED)] },
  { name: "namespaces: get default", steps: [get(`${NAMESPACES}/default`, { pick: nameAndPhase })] },
  { name: "namespaces: get an unknown one", steps: [get(`${NAMESPACES}/does-not-exist`)] },
  {
    name: "namespaces: create one, and a lease in it",
    steps: [
      post(NAMESPACES, namespace("$(ns)-more", { labels: { x: "y" } }), UNMANAGED),
      get(`${NAMESPACES}/$(ns)-more`, UNMANAGED),
      post("/apis/coordination.k8s.io/v1/namespaces/$(ns)-more/leases", heldLease("a")),
    ],
  },
  { name: "namespaces: create one twice", steps: [post(NAMESPACES, namespace("$(ns)"))] },
  {
    name: "namespaces: create bad ones",
    steps: [
      post(NAMESPACES, namespace("Not-Valid")),
      post(NAMESPACES, namespace("with.dot")),
      post(NAMESPACES, namespace("")),
      post(NAMESPACES, namespace("a".repeat(64))),
      post(NAMESPACES, { kind: "Lease", apiVersion: "coordination.k8s.io/v1", metadata: { name: "a" } }),
      post(NAMESPACES, "not json"),
    ],
  },
  {
    name: "namespaces: create as a dry run",
    steps: [
      post(`${NAMESPACES}?dryRun=All`, namespace("$(ns)-dry"), UNMANAGED),
      get(`${NAMESPACES}/$(ns)-dry`),
    ],
  },
  {
    name: "namespaces: list by name",
    steps: [
      get(`${NAMESPACES}?fieldSelector=metadata.name%3D$(ns)`, UNMANAGED),
      get(`${NAMESPACES}?labelSelector=kubernetes.io%2Fmetadata.name%3D$(ns)`, UNMANAGED),
    ],
  },
  {
    name: "namespaces: label one",
    steps: [
      get(`${NAMESPACES}/$(ns)`, { as: "it" }),
      put(`${NAMESPACES}/$(ns)`, edit("it", { "metadata.labels.x": "y" })),
      patch(MERGE_PATCH, `${NAMESPACES}/$(ns)`, { metadata: { annotations: { a: "b" } } }),
    ],
  },
  { name: "namespaces: delete an unknown one", steps: [del(`${NAMESPACES}/does-not-exist`)] },
  {
    name: "namespaces: delete one, which begins to end",
    steps: [del(`${NAMESPACES}/$(ns)`), post("", heldLease("a"), { pick: reasonAndCode })],
  },
  {
    name: "namespaces: create a lease in an unknown one",
    steps: [post("/apis/coordination.k8s.io/v1/namespaces/$(ns)-unknown/leases", heldLease("a"))],
  },
  {
    name: "namespaces: read, list and delete in an unknown one",
    steps: [
      get("/apis/coordination.k8s.io/v1/namespaces/$(ns)-unknown/leases"),
      get("/apis/coordination.k8s.io/v1/namespaces/$(ns)-unknown/leases/a"),
      del("/apis/coordination.k8s.io/v1/namespaces/$(ns)-unknown/leases/a"),
      del("/apis/coordination.k8s.io/v1/namespaces/$(ns)-unknown/leases"),
    ],
  },
];

/** The default one is as old as the server, and controllers may have labelled it. */
function nameAndPhase(body: unknown): unknown {
  const { kind, metadata, status } = body as { kind: string; metadata: { name: string }; status: unknown };
  return { kind, name: metadata.name, status };
}

/** Without the message, which says a time. */
function reasonAndCode(body: unknown): unknown {
  const { reason, code } = body as { reason: string; code: number };
  return { reason, code };
}

function withoutManagedFields(body: unknown): unknown {
  const { items, metadata, ...rest } = body as { items?: unknown[]; metadata: { managedFields?: unknown } };
  const { managedFields: _, ...others } = metadata;
  return { ...rest, metadata: others, ...(items && { items: items.map(withoutManagedFields) }) };
}
