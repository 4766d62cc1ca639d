import { MICRO_TIME, SECOND_TIME } from "./go-time.ts";

/** A type of the Lease API, with the name that Kubernetes' error messages give it. */
export type Schema = ScalarSchema | TimeSchema | RawSchema | MapSchema | ListSchema | StructSchema;

/** A string, number or boolean. */
interface ScalarSchema {
  readonly kind: "string" | "bool" | "int32" | "int64";
  readonly goType: string;
}

/** A time, written as a string. */
interface TimeSchema {
  readonly kind: "time";
  readonly goType: string;
  readonly layout: typeof MICRO_TIME | typeof SECOND_TIME;
}

/** JSON kept as it came: `fieldsV1`. */
interface RawSchema {
  readonly kind: "raw";
  readonly goType: string;
}

/** Labels and annotations: each entry has an owner of its own. */
interface MapSchema {
  readonly kind: "map";
  readonly goType: string;
  readonly of: Schema;
}

/** A list, and how patches and server-side apply tell its items apart. */
export interface ListSchema {
  readonly kind: "list";
  readonly goType: string;
  readonly of: Schema;
  /** By one field of each item, by the item itself, or not at all. */
  readonly items:
    | { readonly by: "key"; readonly key: string }
    | { readonly by: "value" }
    | { readonly by: "none" };
}

/** An object with known fields. */
export interface StructSchema {
  readonly kind: "struct";
  readonly goType: string;
  /** The name in "cannot unmarshal … into Go struct field NAME.path". */
  readonly structName: string;
  readonly fields: Readonly<Record<string, FieldSchema>>;
  /** Owned as a whole in server-side apply. */
  readonly atomic?: boolean;
}

/** A field of a struct. */
export interface FieldSchema {
  readonly schema: Schema;
  /** `null` and absence differ from the zero value. */
  readonly pointer?: boolean;
}

const string = (goType = "string"): FieldSchema => ({ schema: { kind: "string", goType } });
const pointer = (schema: Schema): FieldSchema => ({ schema, pointer: true });
const stringMap: FieldSchema = {
  schema: { kind: "map", goType: "map[string]string", of: { kind: "string", goType: "string" } },
};
const bool: Schema = { kind: "bool", goType: "bool" };
const int32: Schema = { kind: "int32", goType: "int32" };
const int64: Schema = { kind: "int64", goType: "int64" };
const time: Schema = { kind: "time", goType: "v1.Time", layout: SECOND_TIME };
const microTime: Schema = { kind: "time", goType: "v1.MicroTime", layout: MICRO_TIME };

const ownerReference: StructSchema = {
  kind: "struct",
  goType: "v1.OwnerReference",
  structName: "OwnerReference",
  atomic: true,
  fields: {
    apiVersion: string(),
    kind: string(),
    name: string(),
    uid: string("types.UID"),
    controller: pointer(bool),
    blockOwnerDeletion: pointer(bool),
  },
};

const managedFieldsEntry: StructSchema = {
  kind: "struct",
  goType: "v1.ManagedFieldsEntry",
  structName: "ManagedFieldsEntry",
  fields: {
    manager: string(),
    operation: string("v1.ManagedFieldsOperationType"),
    apiVersion: string(),
    time: pointer(time),
    fieldsType: string(),
    fieldsV1: pointer({ kind: "raw", goType: "v1.FieldsV1" }),
    subresource: string(),
  },
};

/** `metadata`, fields in the order in which Kubernetes writes them. */
export const METADATA_SCHEMA: StructSchema = {
  kind: "struct",
  goType: "v1.ObjectMeta",
  structName: "ObjectMeta",
  fields: {
    name: string(),
    generateName: string(),
    namespace: string(),
    selfLink: string(),
    uid: string("types.UID"),
    resourceVersion: string(),
    generation: { schema: int64 },
    creationTimestamp: { schema: time },
    deletionTimestamp: pointer(time),
    deletionGracePeriodSeconds: pointer(int64),
    labels: stringMap,
    annotations: stringMap,
    ownerReferences: {
      schema: {
        kind: "list",
        goType: "[]v1.OwnerReference",
        of: ownerReference,
        items: { by: "key", key: "uid" },
      },
    },
    finalizers: {
      schema: {
        kind: "list",
        goType: "[]string",
        of: { kind: "string", goType: "string" },
        items: { by: "value" },
      },
    },
    managedFields: {
      schema: {
        kind: "list",
        goType: "[]v1.ManagedFieldsEntry",
        of: managedFieldsEntry,
        items: { by: "none" },
      },
    },
  },
};

/** A whole Lease of coordination.k8s.io/v1. */
export const LEASE_SCHEMA: StructSchema = {
  kind: "struct",
  goType: "v1.Lease",
  structName: "Lease",
  fields: {
    kind: string(),
    apiVersion: string(),
    metadata: { schema: METADATA_SCHEMA },
    spec: {
      schema: {
        kind: "struct",
        goType: "v1.LeaseSpec",
        structName: "LeaseSpec",
        fields: {
          holderIdentity: pointer({ kind: "string", goType: "string" }),
          leaseDurationSeconds: pointer(int32),
          acquireTime: pointer(microTime),
          renewTime: pointer(microTime),
          leaseTransitions: pointer(int32),
          strategy: pointer({ kind: "string", goType: "v1.CoordinatedLeaseStrategy" }),
          preferredHolder: pointer({ kind: "string", goType: "string" }),
        },
      },
    },
  },
};

/** One operation of a JSON patch. */
export const OPERATION_SCHEMA: StructSchema = {
  kind: "struct",
  goType: "handlers.jsonPatchOp",
  structName: "jsonPatchOp",
  fields: {
    op: string(),
    path: string(),
    from: string(),
    value: { schema: { kind: "raw", goType: "interface {}" } },
  },
};
