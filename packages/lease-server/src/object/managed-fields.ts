import { compareTyped } from "./compare-typed.ts";
import { FieldSet, type FieldsV1 } from "./field-set.ts";
import { formatGoTime, SECOND_TIME } from "./go-time.ts";
import { compareBytes, JsonObject, toJson } from "./json.ts";
import type { Lease, ManagedFieldsEntry } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";

/** What one manager owns. */
export interface Owned {
  readonly manager: string;
  readonly operation: "Apply" | "Update";
  readonly apiVersion: string;
  readonly subresource?: string | undefined;
  readonly time?: string | undefined;
  readonly fields: FieldSet;
}

/** By manager and operation; an Update also by API version. */
export type Managers = ReadonlyMap<string, Owned>;

const API_VERSION = "coordination.k8s.io/v1";
const MAX_UPDATE_MANAGERS = 10;
const OLD_UPDATES = "ancient-changes";

/** Never owned by anybody. */
const SYSTEM_FIELDS: FieldSet = FieldSet.of([
  ["f:apiVersion"],
  ["f:kind"],
  ["f:metadata"],
  ...[
    "name",
    "namespace",
    "creationTimestamp",
    "selfLink",
    "uid",
    "clusterName",
    "generation",
    "managedFields",
    "resourceVersion",
  ].map((name) => ["f:metadata", `f:${name}`]),
]);

/** Says in `managedFields` which fields a write by `manager` changed; the object of a write that changes nothing equals `live`. */
export function trackUpdate({
  live,
  lease,
  manager,
  nowMs,
}: {
  readonly live: Lease | undefined;
  readonly lease: Lease;
  readonly manager: string;
  readonly nowMs: number;
}): Lease {
  const managers = managersBefore(live, lease);
  // Once a Lease has no managed fields, only server-side apply brings them back.
  const isUntracked = live !== undefined && managers.size === 0;
  const tracked = isUntracked
    ? managers
    : capped(updated({ before: live, after: lease, managers, manager, time: timeOf(nowMs) }));
  return withManagers(lease, tracked);
}

/** The managers after an Update of `before` to `after`. */
export function updated({
  before,
  after,
  managers,
  manager,
  time,
}: {
  readonly before: Lease | undefined;
  readonly after: Lease;
  readonly managers: Managers;
  readonly manager: string;
  readonly time: string;
}): Managers {
  const { removed, modified, added } = compareTyped(comparable(before), comparable(after), LEASE_SCHEMA);
  const changed = modified.union(added);
  const result = new Map(
    [...managers].map(([id, owned]) => [
      id,
      { ...owned, fields: owned.fields.difference(changed).difference(removed) },
    ]),
  );
  for (const [id, { fields }] of result) if (fields.isEmpty) result.delete(id);
  const taken = changed.difference(SYSTEM_FIELDS);
  if (taken.isEmpty) return result;
  const entry = {
    manager: manager === "" ? "unknown" : manager,
    operation: "Update",
    apiVersion: API_VERSION,
  } as const;
  const id = idOf(entry);
  const previous = result.get(id)?.fields ?? FieldSet.EMPTY;
  return result.set(id, { ...entry, time, fields: taken.union(previous) });
}

/** `fields` without what nobody owns. */
export function withoutSystemFields(fields: FieldSet): FieldSet {
  return fields.difference(SYSTEM_FIELDS);
}

/** What tells the entries of `managedFields` apart. */
export function idOf({ manager, operation, apiVersion, subresource = "" }: Omit<Owned, "fields">): string {
  return JSON.stringify([manager, operation, operation === "Apply" ? "" : apiVersion, subresource]);
}

/**
 * Reads `managedFields`.
 * @returns `undefined` where an entry cannot be read.
 */
export function readManagers(entries: readonly Partial<ManagedFieldsEntry>[]): Managers | undefined {
  const managers = new Map<string, Owned>();
  for (const {
    manager = "",
    operation,
    apiVersion = "",
    subresource,
    time,
    fieldsType,
    fieldsV1,
  } of entries) {
    if (operation !== "Apply" && operation !== "Update") return undefined;
    if (apiVersion === "" || fieldsType !== "FieldsV1") return undefined;
    const owned = {
      manager,
      operation,
      apiVersion,
      ...(subresource === undefined ? {} : { subresource }),
      ...(time === undefined ? {} : { time }),
      fields: FieldSet.fromJson((fieldsV1 ?? {}) as FieldsV1),
    };
    managers.set(idOf(owned), owned);
  }
  return managers;
}

/** The Lease with these managers in `managedFields`, in Kubernetes' order. */
export function withManagers(lease: Lease, managers: Managers): Lease {
  const { managedFields: _, ...metadata } = lease.metadata;
  if (managers.size === 0) return { ...lease, metadata };
  const managedFields = [...managers.values()].sort(byOperationAndTime).map(entryOf);
  return { ...lease, metadata: { ...metadata, managedFields } };
}

/** The time of an entry. */
export function timeOf(nowMs: number): string {
  return formatGoTime(SECOND_TIME, BigInt(nowMs) * 1000n);
}

/** The Lease as fields are compared: without `managedFields`. An object that is about to be created has an empty `spec`. */
export function comparable(lease: Lease | undefined): JsonObject {
  if (lease === undefined) {
    return new JsonObject([
      ["metadata", new JsonObject()],
      ["spec", new JsonObject()],
    ]);
  }
  const { managedFields: _, ...metadata } = lease.metadata;
  // An object's own fields make an object.
  return toJson({ ...lease, metadata }) as JsonObject;
}

/** What the request says, where it says anything that can be read; else what is stored. */
function managersBefore(live: Lease | undefined, lease: Lease): Managers {
  const sent: readonly Partial<ManagedFieldsEntry>[] | undefined = lease.metadata.managedFields;
  const isReset =
    sent !== undefined &&
    (sent.length === 0 || (sent.length === 1 && Object.keys(sent[0] ?? {}).length === 0));
  if (isReset) return new Map();
  const read = readManagers(sent ?? []);
  if (read !== undefined && read.size > 0) return read;
  return readManagers(live?.metadata.managedFields ?? []) ?? new Map();
}

/** The oldest Updates are joined under one name where there are too many. */
function capped(managers: Managers): Managers {
  const updates = [...managers].filter(([, { operation }]) => operation === "Update");
  if (updates.length <= MAX_UPDATE_MANAGERS) return managers;
  updates.sort(([leftId, left], [rightId, right]) => {
    return compareBytes(left.time ?? "", right.time ?? "") || compareBytes(leftId, rightId);
  });
  const result = new Map(managers);
  const firstOfVersion = new Map<string, string>();
  let count = updates.length;
  for (const [id, { apiVersion, time, fields }] of updates) {
    if (count <= MAX_UPDATE_MANAGERS) break;
    const first = firstOfVersion.get(apiVersion);
    if (first === undefined) {
      firstOfVersion.set(apiVersion, id);
      continue;
    }
    const bucket = { manager: OLD_UPDATES, operation: "Update", apiVersion } as const;
    const bucketId = idOf(bucket);
    const joined = result.get(bucketId) ?? result.get(first);
    if (!result.has(bucketId)) result.delete(first);
    result.delete(id);
    result.set(bucketId, { ...bucket, time, fields: fields.union(joined?.fields ?? FieldSet.EMPTY) });
    count--;
  }
  return result;
}

function byOperationAndTime(left: Owned, right: Owned): number {
  return (
    compareBytes(left.operation, right.operation) ||
    compareBytes(left.time ?? "", right.time ?? "") ||
    compareBytes(left.manager, right.manager) ||
    compareBytes(left.apiVersion, right.apiVersion) ||
    compareBytes(left.subresource ?? "", right.subresource ?? "")
  );
}

function entryOf({ manager, operation, apiVersion, time, fields, subresource }: Owned): ManagedFieldsEntry {
  return {
    manager,
    operation,
    apiVersion,
    ...(time === undefined ? {} : { time }),
    fieldsType: "FieldsV1",
    fieldsV1: fields.toJson(),
    ...(subresource === undefined ? {} : { subresource }),
  };
}
