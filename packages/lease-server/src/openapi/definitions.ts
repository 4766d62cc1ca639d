import { LEASE_SCHEMA, METADATA_SCHEMA, type Schema, type StructSchema } from "../object/lease-schema.ts";
import { DESCRIPTIONS } from "./descriptions.ts";

/** A JSON Schema in the dialect of OpenAPI. */
export type Definition = Readonly<Record<string, unknown>>;

const META = "io.k8s.apimachinery.pkg.apis.meta.v1";
/** Clients find types by these names, not by their place in the document. */
const FULL_NAMES: Readonly<Record<string, string>> = {
  Lease: "io.k8s.api.coordination.v1.Lease",
  LeaseSpec: "io.k8s.api.coordination.v1.LeaseSpec",
  Namespace: "io.k8s.api.core.v1.Namespace",
};

const NAMESPACE_SCHEMA: StructSchema = {
  kind: "struct",
  goType: "v1.Namespace",
  structName: "Namespace",
  fields: {
    kind: { schema: { kind: "string", goType: "string" } },
    apiVersion: { schema: { kind: "string", goType: "string" } },
    metadata: { schema: METADATA_SCHEMA },
  },
};

/** The name of a type in the definitions. */
export function definitionName(typeName: string): string {
  return FULL_NAMES[typeName] ?? `${META}.${typeName}`;
}

/**
 * The types of a Lease and of what it is made of.
 * @param prefix where references lead: `"#/components/schemas/"` in version 3, `"#/definitions/"` in version 2.
 */
export function leaseDefinitions(prefix: string): Readonly<Record<string, Definition>> {
  return definitionsOf(LEASE_SCHEMA, { group: "coordination.k8s.io", version: "v1", kind: "Lease" }, prefix);
}

/** The types of a Namespace, as far as this server keeps it. */
export function namespaceDefinitions(prefix: string): Readonly<Record<string, Definition>> {
  return definitionsOf(NAMESPACE_SCHEMA, { group: "", version: "v1", kind: "Namespace" }, prefix);
}

function definitionsOf(
  schema: StructSchema,
  kind: object,
  prefix: string,
): Readonly<Record<string, Definition>> {
  const found = new Map<string, Definition>();
  collect(schema, found, prefix);
  const name = definitionName(schema.structName);
  return {
    ...Object.fromEntries(found),
    [name]: { ...found.get(name), "x-kubernetes-group-version-kind": [kind] },
  };
}

function collect(schema: StructSchema, found: Map<string, Definition>, prefix: string): void {
  const texts = DESCRIPTIONS[schema.structName] ?? {};
  const properties: Record<string, Definition> = {};
  for (const [name, field] of Object.entries(schema.fields)) {
    properties[name] = { ...described(texts[name]), ...typeOf(field.schema, found, prefix) };
  }
  found.set(definitionName(schema.structName), {
    ...described(texts[""]),
    type: "object",
    ...(schema.structName === "OwnerReference" ? { required: ["apiVersion", "kind", "name", "uid"] } : {}),
    properties,
    ...(schema.atomic === true ? { "x-kubernetes-map-type": "atomic" } : {}),
  });
}

function typeOf(schema: Schema, found: Map<string, Definition>, prefix: string): Definition {
  switch (schema.kind) {
    case "string":
      return { type: "string" };
    case "bool":
      return { type: "boolean" };
    case "int32":
    case "int64":
      return { type: "integer", format: schema.kind };
    case "raw":
      found.set(definitionName("FieldsV1"), { type: "object" });
      return reference("FieldsV1", prefix);
    case "time": {
      const name = schema.goType.replace("v1.", "");
      found.set(definitionName(name), { type: "string", format: "date-time" });
      return reference(name, prefix);
    }
    case "map":
      return { type: "object", additionalProperties: typeOf(schema.of, found, prefix) };
    case "list":
      return { type: "array", items: typeOf(schema.of, found, prefix), ...itemRules(schema.items) };
    default:
      collect(schema, found, prefix);
      return reference(schema.structName, prefix);
  }
}

/** How patches that a client computes tell the items of a list apart. */
function itemRules(items: Extract<Schema, { kind: "list" }>["items"]): Definition {
  switch (items.by) {
    case "key":
      return {
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": [items.key],
        "x-kubernetes-patch-merge-key": items.key,
        "x-kubernetes-patch-strategy": "merge",
      };
    case "value":
      return { "x-kubernetes-list-type": "set", "x-kubernetes-patch-strategy": "merge" };
    default:
      return { "x-kubernetes-list-type": "atomic" };
  }
}

/** In version 3 a reference stands alone, so it hides a description beside it: `allOf` keeps both. */
function reference(typeName: string, prefix: string): Definition {
  const $ref = `${prefix}${definitionName(typeName)}`;
  return prefix.startsWith("#/components/") ? { allOf: [{ $ref }] } : { $ref };
}

function described(description: string | undefined): Definition {
  return description === undefined ? {} : { description };
}
