/**
 * What a field's value is, and how it looks in JSON. A `string` that is empty and an `int` that is zero are left out, as Go's
 * `omitempty` does; an `optionalString` and its like (pointers in Go) are kept as they are.
 */
export type FieldType =
  | "string"
  | "optionalString"
  | "int"
  | "optionalInt32"
  | "optionalInt64"
  | "optionalBool"
  | "time"
  | "microTime"
  | "map"
  | "json"
  | Message;

export interface Field {
  readonly name: string;
  readonly type: FieldType;
  readonly repeated?: boolean;
}

/** Fields by their number. */
export type Message = Readonly<Record<number, Field>>;

const OWNER_REFERENCE: Message = {
  1: { name: "kind", type: "string" },
  3: { name: "name", type: "string" },
  4: { name: "uid", type: "string" },
  5: { name: "apiVersion", type: "string" },
  6: { name: "controller", type: "optionalBool" },
  7: { name: "blockOwnerDeletion", type: "optionalBool" },
};

const MANAGED_FIELDS_ENTRY: Message = {
  1: { name: "manager", type: "string" },
  2: { name: "operation", type: "string" },
  3: { name: "apiVersion", type: "string" },
  4: { name: "time", type: "time" },
  6: { name: "fieldsType", type: "string" },
  7: { name: "fieldsV1", type: "json" },
  8: { name: "subresource", type: "string" },
};

const OBJECT_META: Message = {
  1: { name: "name", type: "string" },
  2: { name: "generateName", type: "string" },
  3: { name: "namespace", type: "string" },
  5: { name: "uid", type: "string" },
  6: { name: "resourceVersion", type: "string" },
  7: { name: "generation", type: "int" },
  8: { name: "creationTimestamp", type: "time" },
  9: { name: "deletionTimestamp", type: "time" },
  10: { name: "deletionGracePeriodSeconds", type: "optionalInt64" },
  11: { name: "labels", type: "map" },
  12: { name: "annotations", type: "map" },
  13: { name: "ownerReferences", type: OWNER_REFERENCE, repeated: true },
  14: { name: "finalizers", type: "optionalString", repeated: true },
  17: { name: "managedFields", type: MANAGED_FIELDS_ENTRY, repeated: true },
};

const LEASE_SPEC: Message = {
  1: { name: "holderIdentity", type: "optionalString" },
  2: { name: "leaseDurationSeconds", type: "optionalInt32" },
  3: { name: "acquireTime", type: "microTime" },
  4: { name: "renewTime", type: "microTime" },
  5: { name: "leaseTransitions", type: "optionalInt32" },
  6: { name: "strategy", type: "optionalString" },
  7: { name: "preferredHolder", type: "optionalString" },
};

const PRECONDITIONS: Message = {
  1: { name: "uid", type: "optionalString" },
  2: { name: "resourceVersion", type: "optionalString" },
};

const RESOURCE_ATTRIBUTES: Message = {
  1: { name: "namespace", type: "string" },
  2: { name: "verb", type: "string" },
  3: { name: "group", type: "string" },
  4: { name: "version", type: "string" },
  5: { name: "resource", type: "string" },
  6: { name: "subresource", type: "string" },
  7: { name: "name", type: "string" },
};

const NON_RESOURCE_ATTRIBUTES: Message = {
  1: { name: "path", type: "string" },
  2: { name: "verb", type: "string" },
};

const ACCESS_REVIEW_SPEC: Message = {
  1: { name: "resourceAttributes", type: RESOURCE_ATTRIBUTES },
  2: { name: "nonResourceAttributes", type: NON_RESOURCE_ATTRIBUTES },
};

/** The objects that clients send, by kind: `generated.proto` of `k8s.io/api` and `k8s.io/apimachinery`. */
export const MESSAGES: Readonly<Record<string, Message>> = {
  Lease: { 1: { name: "metadata", type: OBJECT_META }, 2: { name: "spec", type: LEASE_SPEC } },
  Namespace: { 1: { name: "metadata", type: OBJECT_META } },
  DeleteOptions: {
    1: { name: "gracePeriodSeconds", type: "optionalInt64" },
    2: { name: "preconditions", type: PRECONDITIONS },
    3: { name: "orphanDependents", type: "optionalBool" },
    4: { name: "propagationPolicy", type: "optionalString" },
    5: { name: "dryRun", type: "optionalString", repeated: true },
  },
  SelfSubjectAccessReview: {
    1: { name: "metadata", type: OBJECT_META },
    2: { name: "spec", type: ACCESS_REVIEW_SPEC },
  },
  SelfSubjectRulesReview: {
    1: { name: "metadata", type: OBJECT_META },
    2: { name: "spec", type: { 1: { name: "namespace", type: "string" } } },
  },
};
