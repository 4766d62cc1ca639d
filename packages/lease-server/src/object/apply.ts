import { ApiError } from "../api-error.ts";
import { type Conflict, Conflicts } from "./apply-conflicts.ts";
import { compareTyped } from "./compare-typed.ts";
import { convertStruct } from "./convert-typed.ts";
import { asLease } from "./decode-lease.ts";
import { FieldSet } from "./field-set.ts";
import { fieldSetOf, withNamedFields } from "./field-set-of.ts";
import { compareBytes, type Json, JsonObject, jsonEquals } from "./json.ts";
import { lastAppliedFields, withLastApplied } from "./last-applied.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";
import {
  comparable,
  idOf,
  type Managers,
  type Owned,
  readManagers,
  timeOf,
  updated,
  withManagers,
  withoutSystemFields,
} from "./managed-fields.ts";
import { mergeTyped, removeFields } from "./merge-typed.ts";
import { typeProblems } from "./type-problems.ts";
import { memberOf } from "./typed-walk.ts";

const API_VERSION = "coordination.k8s.io/v1";
/** The manager of `kubectl apply --server-side`, which takes over what `kubectl apply` wrote. */
const KUBECTL = "kubectl";

/** A server-side apply. */
export interface Application {
  readonly live: Lease | undefined;
  readonly applied: JsonObject;
  readonly manager: string;
  readonly force: boolean;
  readonly nowMs: number;
}

/**
 * The Lease after a server-side apply, with the new owners in `managedFields`; not validated.
 * @throws {@link ApiError} 400, 409 where another manager owns a field that would change, 500 where the real server says so.
 */
export function applyLease(application: Application): Lease {
  const { applied, manager } = application;
  checkKind(applied);
  if (Array.isArray(memberOf(applied, "metadata", "managedFields"))) {
    throw new ApiError(400, "BadRequest", "metadata.managedFields must be nil");
  }
  const problems = typeProblems(applied, LEASE_SCHEMA);
  if (problems !== undefined) throw failed("failed to create typed patch object", applied, problems);
  const lease = applyOrTakeOver(application);
  return manager === KUBECTL ? withLastApplied(lease, applied) : lease;
}

/** kubectl may take over what its own client-side apply set last and nobody changed since. */
function applyOrTakeOver(application: Application): Lease {
  const { live, manager } = application;
  try {
    return merge(application);
  } catch (error) {
    if (!(error instanceof Conflicts) || manager !== KUBECTL || live === undefined) throw asApiError(error);
    const allowed = lastAppliedFields(live);
    if (allowed === undefined) throw error.toApiError();
    const left = error.conflicts.filter(({ path }) => !hasPath(allowed, path));
    if (left.length > 0) throw new Conflicts(left).toApiError();
    return merge({ ...application, force: true });
  }
}

function merge({ live, applied, manager, force, nowMs }: Application): Lease {
  const time = timeOf(nowMs);
  const liveJson = comparable(live);
  const before = managersOf(live, time);
  const entry: Owned = {
    manager,
    operation: "Apply",
    apiVersion: API_VERSION,
    fields: fieldSetOf(applied, LEASE_SCHEMA),
  };
  const id = idOf(entry);
  const last = before.get(id);

  const merged = mergeTyped(liveJson, applied, LEASE_SCHEMA) ?? new JsonObject();
  const others = new Map(before).set(id, entry);
  const result = last === undefined ? merged : pruned(merged, last.fields, others);
  const managers = taken({ liveJson, result, managers: others, id, force });

  const isNoop = jsonEquals(liveJson, result);
  const own = withoutSystemFields(entry.fields);
  if (own.isEmpty) managers.delete(id);
  else {
    // A new applier that changes nothing has no time.
    const stamp = isNoop ? last?.time : time;
    managers.set(id, { ...entry, fields: own, ...(stamp === undefined ? {} : { time: stamp }) });
  }
  const lease = isNoop && live !== undefined ? live : converted(result, applied);
  return withManagers(lease, managers);
}

/** The managers of what is stored; a Lease without any gets one for all its fields. */
function managersOf(live: Lease | undefined, time: string): Managers {
  const managers = readManagers(live?.metadata.managedFields ?? []);
  if (managers === undefined) throw new ApiError(500, "", "failed to decode managed fields");
  if (managers.size > 0 || live === undefined) return managers;
  return updated({ before: undefined, after: live, managers, manager: "before-first-apply", time });
}

/** Without what this manager applied last, does not apply now, and nobody else owns. */
function pruned(merged: Json, last: FieldSet, managers: Managers): Json {
  const named = (set: FieldSet): FieldSet => withNamedFields(set, LEASE_SCHEMA);
  const fieldsOf = (value: Json): FieldSet => named(fieldSetOf(value, LEASE_SCHEMA));
  const without = (set: FieldSet): Json => removeFields(merged, set, LEASE_SCHEMA) ?? new JsonObject();
  let owned = FieldSet.EMPTY;
  for (const { fields } of managers.values()) owned = owned.union(fields);

  const all = fieldsOf(merged);
  const ownedKept = without(all.difference(fieldsOf(without(named(last))).union(named(owned))));
  // Only what it owned itself may go: not what nobody owns, or an item that is left empty.
  return without(all.difference(fieldsOf(ownedKept)).intersection(named(last)));
}

/** The managers after their fields were taken over. */
function taken({
  liveJson,
  result,
  managers,
  id,
  force,
}: {
  readonly liveJson: Json;
  readonly result: Json;
  readonly managers: Managers;
  readonly id: string;
  readonly force: boolean;
}): Map<string, Owned> {
  const { removed, modified, added } = compareTyped(liveJson, result, LEASE_SCHEMA);
  const changed = modified.union(added);
  const conflicts: Conflict[] = [];
  const left = new Map<string, Owned>();
  // In the order of the managers' names: so they are listed in the message.
  for (const [otherId, owned] of [...managers].sort(([a], [b]) => compareBytes(a, b))) {
    if (otherId === id) {
      left.set(otherId, owned);
      continue;
    }
    for (const path of owned.fields.intersection(changed).paths()) conflicts.push({ owned, path });
    const fields = owned.fields.difference(changed).difference(removed);
    if (!fields.isEmpty) left.set(otherId, { ...owned, fields });
  }
  if (!force && conflicts.length > 0) throw new Conflicts(conflicts);
  return left;
}

function asApiError(error: unknown): unknown {
  return error instanceof Conflicts ? error.toApiError() : error;
}

function checkKind(applied: JsonObject): void {
  const text = (name: string): string => {
    const value = applied.get(name);
    return typeof value === "string" ? value : "";
  };
  const apiVersion = text("apiVersion");
  if (apiVersion === API_VERSION && text("kind") === "Lease") return;
  const parts = apiVersion.split("/");
  const shown =
    parts.length > 2 ? "/, Kind=" : `${parts.length === 2 ? "" : "/"}${apiVersion}, Kind=${text("kind")}`;
  throw new ApiError(400, "BadRequest", `invalid object type: ${shown}`);
}

function converted(result: Json, applied: JsonObject): Lease {
  try {
    return asLease(
      convertStruct(result instanceof JsonObject ? result : new JsonObject(), LEASE_SCHEMA).value,
    );
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw failed(
      "failed to convert new object",
      applied,
      `unable to convert unstructured object to ${API_VERSION}, Kind=Lease: ${detail}`,
      " to proper version",
    );
  }
}

function failed(what: string, applied: JsonObject, problem: string, suffix = ""): ApiError {
  const text = (name: string): string => {
    const value = memberOf(applied, "metadata", name);
    return typeof value === "string" ? value : "";
  };
  const subject = `${text("namespace")}/${text("name")}; ${API_VERSION}, Kind=Lease`;
  return new ApiError(500, "", `${what} (${subject})${suffix}: ${problem}`);
}

function hasPath(set: FieldSet, path: readonly string[]): boolean {
  const [first, ...rest] = path;
  if (first === undefined) return false;
  return rest.length === 0 ? set.has(first) : hasPath(set.below(first), rest);
}
