import { type FieldError, forbidden, invalid, required, tooLong } from "./field-error.ts";
import type { ManagedFieldsEntry, ObjectMeta } from "./lease.ts";
import {
  labelKeyProblems,
  labelValueProblems,
  namePrefixProblems,
  nameProblems,
  namespaceProblems,
  pathSegmentProblems,
} from "./names.ts";
import { goQuote } from "./parse-json.ts";

const MAX_ANNOTATION_BYTES = 256 * 1024;
const MAX_MANAGER_BYTES = 128;

/** Which rule names follow: that of Leases, or the one that holds for every object. */
export type NameRule = (name: string, prefix: boolean) => readonly string[];

/** The rule for the name of a Lease. */
export const leaseName: NameRule = (name, prefix) => (prefix ? namePrefixProblems(name) : nameProblems(name));

/** The rule for the name of any object. */
export const anyName: NameRule = pathSegmentProblems;

/** What is wrong with `metadata`, whatever was stored before. */
export function metadataErrors(metadata: ObjectMeta, nameRule: NameRule): readonly FieldError[] {
  const { name, generateName = "", namespace = "", generation = 0 } = metadata;
  return [
    ...(generateName === "" ? [] : nameRule(generateName, true)).map((problem) =>
      invalid("metadata.generateName", generateName, problem),
    ),
    ...(name === ""
      ? [required("metadata.name", "name or generateName is required")]
      : nameRule(name, false).map((problem) => invalid("metadata.name", name, problem))),
    ...(namespace === ""
      ? [required("metadata.namespace")]
      : namespaceProblems(namespace).map((problem) => invalid("metadata.namespace", namespace, problem))),
    ...(generation < 0
      ? [invalid("metadata.generation", generation, "must be greater than or equal to 0")]
      : []),
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerErrors(metadata),
    ...finalizerErrors(metadata),
    ...managedFieldsErrors(metadata),
  ];
}

/** What an update of `metadata` may not do. */
export function metadataUpdateErrors(metadata: ObjectMeta, live: ObjectMeta): readonly FieldError[] {
  return [
    ...newFinalizerErrors(metadata, live),
    ...((metadata.resourceVersion ?? "") === ""
      ? [invalid("metadata.resourceVersion", "", "must be specified for an update")]
      : []),
    ...immutableErrors(metadata, live),
    ...labelErrors(metadata),
    ...annotationErrors(metadata),
    ...ownerErrors(metadata),
    ...managedFieldsErrors(metadata),
  ];
}

const IMMUTABLE = [
  ["name", ""],
  ["namespace", ""],
  ["uid", ""],
  ["creationTimestamp", null],
  ["deletionTimestamp", null],
  ["deletionGracePeriodSeconds", null],
] as const;

function immutableErrors(metadata: ObjectMeta, live: ObjectMeta): readonly FieldError[] {
  return IMMUTABLE.filter(([field, absent]) => (metadata[field] ?? absent) !== (live[field] ?? absent)).map(
    ([field, absent]) => invalid(`metadata.${field}`, metadata[field] ?? absent, "field is immutable"),
  );
}

function newFinalizerErrors(metadata: ObjectMeta, live: ObjectMeta): readonly FieldError[] {
  if (live.deletionTimestamp === undefined) return [];
  const added = [...new Set(metadata.finalizers)].filter((name) => !live.finalizers?.includes(name)).sort();
  if (added.length === 0) return [];
  const list = added.map(goQuote).join(", ");
  return [
    forbidden(
      "metadata.finalizers",
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    ),
  ];
}

function labelErrors({ labels = {} }: ObjectMeta): readonly FieldError[] {
  return Object.entries(labels).flatMap(([key, value]) => [
    ...labelKeyProblems(key).map((problem) => invalid("metadata.labels", key, problem)),
    ...labelValueProblems(value).map((problem) => invalid("metadata.labels", value, problem)),
  ]);
}

function annotationErrors({ annotations = {} }: ObjectMeta): readonly FieldError[] {
  const errors = Object.keys(annotations).flatMap((key) =>
    labelKeyProblems(key.toLowerCase()).map((problem) => invalid("metadata.annotations", key, problem)),
  );
  let bytes = 0;
  for (const [key, value] of Object.entries(annotations)) {
    bytes += Buffer.byteLength(key, "utf8") + Buffer.byteLength(value, "utf8");
  }
  return bytes > MAX_ANNOTATION_BYTES
    ? [...errors, tooLong("metadata.annotations", MAX_ANNOTATION_BYTES)]
    : errors;
}

function ownerErrors({ ownerReferences = [] }: ObjectMeta): readonly FieldError[] {
  const path = "metadata.ownerReferences";
  const errors: FieldError[] = [];
  let controller: string | undefined;
  for (const owner of ownerReferences) {
    const text = (field: string): string => String(owner[field] ?? "");
    const version = versionOf(text("apiVersion"));
    if (version === "")
      errors.push(invalid(`${path}.apiVersion`, text("apiVersion"), "version must not be empty"));
    for (const field of ["kind", "name", "uid"]) {
      if (text(field) === "") errors.push(invalid(`${path}.${field}`, "", "must not be empty"));
    }
    if (text("apiVersion") === "v1" && text("kind") === "Event") {
      errors.push(invalid(path, allOwnerFields(owner), "/v1, Kind=Event is disallowed from being an owner"));
    }
    if (owner["controller"] !== true) continue;
    const name = `${text("kind")}/${text("name")}`;
    if (controller === undefined) controller = name;
    else {
      const detail = `Only one reference can have Controller set to true. Found "true" in references for ${controller} and ${name}`;
      errors.push(invalid(path, ownerReferences.map(allOwnerFields), detail));
    }
  }
  return errors;
}

/** The fields that Kubernetes writes even where they are empty. */
function allOwnerFields(owner: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  return { apiVersion: "", kind: "", name: "", uid: "", ...owner };
}

function versionOf(apiVersion: string): string {
  const parts = apiVersion.split("/");
  if (parts.length > 2 || apiVersion === "/") return "";
  return parts.at(-1) ?? "";
}

function finalizerErrors({ finalizers = [] }: ObjectMeta): readonly FieldError[] {
  const errors = finalizers.flatMap((name) =>
    labelKeyProblems(name).map((problem) => invalid("metadata.finalizers", name, problem)),
  );
  if (finalizers.includes("orphan") && finalizers.includes("foregroundDeletion")) {
    const detail = "finalizer orphan and foregroundDeletion cannot be both set";
    errors.push(invalid("metadata.finalizers", finalizers, detail));
  }
  return errors;
}

function managedFieldsErrors({ managedFields = [] }: ObjectMeta): readonly FieldError[] {
  return managedFields.flatMap((entry: Partial<ManagedFieldsEntry>, index) => {
    const path = `metadata.managedFields[${index}]`;
    const errors: FieldError[] = [];
    const { operation = "", fieldsType = "", manager = "" } = entry;
    if (operation !== "Apply" && operation !== "Update") {
      errors.push(invalid(`${path}.operation`, operation, "must be `Apply` or `Update`"));
    }
    if (fieldsType !== "" && fieldsType !== "FieldsV1") {
      errors.push(invalid(`${path}.fieldsType`, fieldsType, "must be `FieldsV1`"));
    }
    if (Buffer.byteLength(manager, "utf8") > MAX_MANAGER_BYTES) {
      errors.push(tooLong(`${path}.manager`, MAX_MANAGER_BYTES));
    }
    return errors;
  });
}
