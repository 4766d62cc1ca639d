import { type Definition, definitionName, leaseDefinitions, namespaceDefinitions } from "./definitions.ts";

const LEASES = "/apis/coordination.k8s.io/v1/namespaces/{namespace}/leases";
const LEASE_KIND = { group: "coordination.k8s.io", version: "v1", kind: "Lease" };
const NAMESPACE_KIND = { group: "", version: "v1", kind: "Namespace" };
const INFO = { title: "Tenure lease server", version: "v1" };
const PATCH_TYPES = [
  "application/json-patch+json",
  "application/merge-patch+json",
  "application/strategic-merge-patch+json",
  "application/apply-patch+yaml",
];

/**
 * The OpenAPI documents by path, as far as kubectl wants them: `explain`, and the question whether the server validates fields,
 * which kubectl answers by the parameters of `patch`.
 */
export const OPENAPI_DOCUMENTS: ReadonlyMap<string, Definition> = new Map<string, Definition>([
  [
    "/openapi/v3",
    {
      paths: {
        "api/v1": { serverRelativeURL: "/openapi/v3/api/v1" },
        "apis/coordination.k8s.io/v1": { serverRelativeURL: "/openapi/v3/apis/coordination.k8s.io/v1" },
      },
    },
  ],
  ["/openapi/v3/api/v1", version3(namespacePaths(operation3), namespaceDefinitions("#/components/schemas/"))],
  [
    "/openapi/v3/apis/coordination.k8s.io/v1",
    version3(leasePaths(operation3), leaseDefinitions("#/components/schemas/")),
  ],
  [
    "/openapi/v2",
    {
      swagger: "2.0",
      info: INFO,
      paths: { ...namespacePaths(operation2), ...leasePaths(operation2) },
      definitions: { ...namespaceDefinitions("#/definitions/"), ...leaseDefinitions("#/definitions/") },
    },
  ],
]);

type Verb = "get" | "list" | "post" | "put" | "patch" | "delete" | "deletecollection";

interface Subject {
  readonly verb: Verb;
  readonly typeName: "Lease" | "Namespace";
  readonly kind: object;
}

type ToOperation = (subject: Subject) => Definition;

function version3(paths: Definition, schemas: Definition): Definition {
  return { openapi: "3.0.0", info: INFO, paths, components: { schemas } };
}

function leasePaths(operation: ToOperation): Definition {
  const of = (verb: Verb): Definition => operation({ verb, typeName: "Lease", kind: LEASE_KIND });
  return {
    "/apis/coordination.k8s.io/v1/leases": { get: of("list") },
    [LEASES]: { get: of("list"), post: of("post"), delete: of("deletecollection") },
    [`${LEASES}/{name}`]: { get: of("get"), put: of("put"), patch: of("patch"), delete: of("delete") },
  };
}

function namespacePaths(operation: ToOperation): Definition {
  const of = (verb: Verb): Definition => operation({ verb, typeName: "Namespace", kind: NAMESPACE_KIND });
  return {
    "/api/v1/namespaces": { get: of("list"), post: of("post") },
    // Named for its parameters alone: kubectl asks of `patch` what it wants to know for `create`.
    "/api/v1/namespaces/{name}": { get: of("get"), patch: of("patch"), delete: of("delete") },
  };
}

function operation3({ verb, typeName, kind }: Subject): Definition {
  const schema = { $ref: `#/components/schemas/${definitionName(typeName)}` };
  const types = verb === "patch" ? PATCH_TYPES : ["*/*"];
  const content = Object.fromEntries(
    types.map((type) => [type, { schema: verb === "patch" ? { type: "object" } : schema }]),
  );
  return {
    ...described(verb, typeName, kind),
    parameters: parametersOf(verb).map(({ type, ...parameter }) => ({ ...parameter, schema: { type } })),
    ...(hasBody(verb) ? { requestBody: { content, required: true } } : {}),
    responses: {
      "200": { description: "OK", content: { "application/json": { schema: answered(verb, schema) } } },
    },
  };
}

function operation2({ verb, typeName, kind }: Subject): Definition {
  const schema = { $ref: `#/definitions/${definitionName(typeName)}` };
  const body = {
    name: "body",
    in: "body",
    required: true,
    schema: verb === "patch" ? { type: "object" } : schema,
  };
  return {
    ...described(verb, typeName, kind),
    ...(verb === "patch" ? { consumes: PATCH_TYPES } : {}),
    parameters: [...(hasBody(verb) ? [body] : []), ...parametersOf(verb)],
    responses: { "200": { description: "OK", schema: answered(verb, schema) } },
  };
}

function described(verb: Verb, typeName: string, kind: object): Definition {
  return {
    description: `${verb} ${typeName}`,
    "x-kubernetes-action": verb,
    "x-kubernetes-group-version-kind": kind,
  };
}

function hasBody(verb: Verb): boolean {
  return verb === "post" || verb === "put" || verb === "patch";
}

function answered(verb: Verb, schema: Definition): Definition {
  return verb === "list" || verb === "deletecollection" || verb === "delete" ? { type: "object" } : schema;
}

function parametersOf(verb: Verb): readonly { name: string; in: "query"; type: "string" | "boolean" }[] {
  const names = hasBody(verb) ? ["dryRun", "fieldManager", "fieldValidation"] : [];
  const strings = names.map((name) => ({ name, in: "query", type: "string" }) as const);
  return verb === "patch" ? [...strings, { name: "force", in: "query", type: "boolean" } as const] : strings;
}
