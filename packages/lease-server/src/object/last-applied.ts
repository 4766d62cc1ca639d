import { compareTyped } from "./compare-typed.ts";
import type { FieldSet } from "./field-set.ts";
import { fieldSetOf } from "./field-set-of.ts";
import { compareBytes, type Json, JsonObject, jsonText } from "./json.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";
import { comparable } from "./managed-fields.ts";
import { parseJson } from "./parse-json.ts";
import { typeProblems } from "./type-problems.ts";
import { memberOf } from "./typed-walk.ts";

const API_VERSION = "coordination.k8s.io/v1";
/** Where `kubectl apply` keeps what it applied last. */
const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** The fields that client-side apply set last and that still have the values it set. */
export function lastAppliedFields(live: Lease): FieldSet | undefined {
  const text = live.metadata.annotations?.[LAST_APPLIED] ?? "";
  let last: Json;
  try {
    last = parseJson(text);
  } catch {
    // An annotation that cannot be read allows nothing.
    return undefined;
  }
  if (!(last instanceof JsonObject) || last.get("apiVersion") !== API_VERSION) return undefined;
  if (typeProblems(last, LEASE_SCHEMA) !== undefined) return undefined;
  const { removed, modified, added } = compareTyped(last, comparable(live), LEASE_SCHEMA);
  return fieldSetOf(last, LEASE_SCHEMA).difference(modified).difference(added).difference(removed);
}

/** Keeps the annotation of client-side apply true, where there is one. */
export function withLastApplied(lease: Lease, applied: JsonObject): Lease {
  const { annotations } = lease.metadata;
  if ((annotations?.[LAST_APPLIED] ?? "") === "") return lease;
  const metadata = applied.get("metadata");
  const ownAnnotations = memberOf(applied, "metadata", "annotations");
  const bare = sorted(applied);
  if (metadata instanceof JsonObject && ownAnnotations instanceof JsonObject) {
    const kept = ownAnnotations.members.filter(([name]) => name !== LAST_APPLIED);
    const bareMetadata = bare.get("metadata");
    if (bareMetadata instanceof JsonObject) {
      if (kept.length === 0) bareMetadata.delete("annotations");
      else bareMetadata.set("annotations", sorted(new JsonObject(kept)));
    }
  }
  const value = `${jsonText(bare)}\n`;
  return {
    ...lease,
    metadata: { ...lease.metadata, annotations: { ...annotations, [LAST_APPLIED]: value } },
  };
}

function sorted(object: JsonObject): JsonObject {
  const members = object.members.map(([name, member]): [string, Json] => [name, sortedValue(member)]);
  return new JsonObject(members.sort(([left], [right]) => compareBytes(left, right)));
}

function sortedValue(value: Json): Json {
  if (Array.isArray(value)) return value.map(sortedValue);
  return value instanceof JsonObject ? sorted(value) : value;
}
