import { type Case, get, post } from "../step.ts";

const AGGREGATED = {
  headers: {
    accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json",
  },
};

/** What clients ask a server about itself. */
export const discoveryCases: readonly Case[] = [
  { name: "discovery: /api", steps: [get("/api")] },
  { name: "discovery: /apis", steps: [get("/apis", { pick: leaseGroups })] },
  { name: "discovery: /apis, aggregated", steps: [get("/apis", { ...AGGREGATED, pick: leaseItems })] },
  { name: "discovery: /api, aggregated", steps: [get("/api", { ...AGGREGATED, pick: namespacesOnly })] },
  { name: "discovery: the group", steps: [get("/apis/coordination.k8s.io", { pick: withoutBeta })] },
  { name: "discovery: its version", steps: [get("/apis/coordination.k8s.io/v1")] },
  {
    name: "discovery: versions and groups that there are not",
    steps: [
      get("/apis/coordination.k8s.io/v9"),
      get("/apis/nonsense.k8s.io"),
      get("/apis/nonsense.k8s.io/v1"),
      get("/api/v9"),
    ],
  },
  { name: "discovery: the core version", steps: [get("/api/v1", { pick: namespaceResource })] },
  { name: "discovery: reviews", steps: [get("/apis/authorization.k8s.io/v1", { pick: selfReview })] },
  { name: "discovery: the version", steps: [get("/version", { pick: versionKeys })] },
  {
    name: "discovery: health",
    steps: [get("/readyz"), get("/livez"), get("/healthz"), get("/healthz/ping"), get("/readyz/nonsense")],
  },
  {
    name: "discovery: health, for everybody",
    steps: [get("/readyz", { by: "nobody" }), get("/version", { by: "nobody", pick: versionKeys })],
  },
  { name: "discovery: OpenAPI v3", steps: [get("/openapi/v3", { pick: openapiPath })] },
  {
    name: "discovery: OpenAPI v3 of the leases: schemas",
    steps: [get("/openapi/v3/apis/coordination.k8s.io/v1", { pick: leaseSchemas })],
  },
  {
    name: "discovery: other methods",
    steps: [post("/apis", {}, { pick: leaseGroups }), post("/version", {}), post("/api/v1", {})],
  },
];

type Json = Record<string, unknown>;

/** A test server serves one version of the one group; what it says of it must be equal. */
function leaseGroups(body: unknown): unknown {
  const { kind, apiVersion, groups } = body as Json & { groups: Json[] };
  return {
    kind,
    apiVersion,
    groups: groups.filter(({ name }) => name === "coordination.k8s.io").map(withoutBeta),
  };
}

function withoutBeta(group: unknown): unknown {
  const { versions, ...rest } = group as Json & { versions: Json[] };
  return { ...rest, versions: versions?.filter(({ version }) => version === "v1") };
}

function leaseItems(body: unknown): unknown {
  const { kind, apiVersion, items } = body as Json & {
    items: (Json & { metadata: Json; versions: Json[] })[];
  };
  return {
    kind,
    apiVersion,
    items: items
      ?.filter(({ metadata }) => metadata["name"] === "coordination.k8s.io")
      .map(({ metadata, versions }) => ({
        name: metadata["name"],
        versions: versions.filter(({ version }) => version === "v1"),
      })),
  };
}

function namespacesOnly(body: unknown): unknown {
  const { kind, apiVersion, items } = body as Json & {
    items: { versions: { version: string; resources: Json[] }[] }[];
  };
  return {
    kind,
    apiVersion,
    versions: items?.[0]?.versions.map(({ version, resources }) => ({
      version,
      // Without the subresources finalize and status, which only a controller of namespaces needs.
      resources: resources
        .filter(({ resource }) => resource === "namespaces")
        .map(({ subresources, ...resource }) => ({ ...resource, verbs: servedVerbs(resource) })),
    })),
  };
}

function namespaceResource(body: unknown): unknown {
  const { kind, groupVersion, resources } = body as Json & { resources: Json[] };
  const namespaces = resources.filter(({ name }) => name === "namespaces");
  return {
    kind,
    groupVersion,
    // The hash is of the real server's own storage.
    resources: namespaces.map(({ storageVersionHash, ...resource }) => ({
      ...resource,
      verbs: servedVerbs(resource),
    })),
  };
}

/** lease-server changes no namespace, and deletes one at a time. */
function servedVerbs({ verbs }: Json): unknown {
  return (verbs as string[]).filter((verb) => !["update", "patch", "deletecollection"].includes(verb));
}

function selfReview(body: unknown): unknown {
  const { kind, apiVersion, groupVersion, resources } = body as Json & { resources: Json[] };
  return {
    kind,
    apiVersion,
    groupVersion,
    resources: resources?.filter(({ name }) => name === "selfsubjectaccessreviews"),
  };
}

/** Which version, and the names of the rest: a commit, a build date, a compiler. */
function versionKeys(body: unknown): unknown {
  const { major, minor, ...rest } = body as Json;
  return { major, minor, others: Object.keys(rest).toSorted() };
}

function openapiPath(body: unknown): unknown {
  const { paths } = body as { paths: Json };
  return Object.keys(paths).filter((path) => path === "apis/coordination.k8s.io/v1");
}

function leaseSchemas(body: unknown): unknown {
  const { openapi, components } = body as Json & { components: { schemas: Json } };
  const schemas = Object.entries(components.schemas).filter(([name]) =>
    /\.(Lease|LeaseSpec|MicroTime|Time|ObjectMeta|OwnerReference|ManagedFieldsEntry|FieldsV1)$/.test(name),
  );
  return {
    openapi,
    schemas: Object.fromEntries(schemas.map(([name, schema]) => [name, undescribed(schema)])),
  };
}

/** Without what people read, which lease-server says in words of its own, and without defaults. */
function undescribed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(undescribed);
  if (typeof schema !== "object" || schema === null) return schema;
  const { description, default: _, ...rest } = schema as Json;
  // A property may be called "description".
  const kept = typeof description === "object" ? { ...rest, description } : rest;
  return Object.fromEntries(Object.entries(kept).map(([key, value]) => [key, undescribed(value)]));
}
