import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";
import { isJsonObject, type JsonObject, numberIn, readMicroTime, writeMicroTime } from "@tenure/core/backend";
import type { LeaseKey } from "./lease-key.ts";

const MAX_INT32 = 2 ** 31 - 1;
const DECIMAL = /^\d+$/;

/** What was read is no Lease that could be compared and swapped. The message says what is wrong, without its content. */
export class UnreadableLease extends Error {}

/**
 * A Lease object as the API gives it, read as client-go's `LeaseSpecToLeaderElectionRecord` does.
 *
 * Only what compare-and-swap needs must be there (kind, name, uid, resourceVersion); every field of the spec may be null,
 * missing or absurd, as other writers leave it: no holder reads as free, no duration as 0, a senseless time as none.
 *
 * @throws {@link UnreadableLease} when it is something else, or the Lease of another name.
 */
export function decodeLease(value: unknown, key: LeaseKey): VersionedRecord {
  if (!isJsonObject(value) || value["kind"] !== "Lease") throw new UnreadableLease("it is no Lease");
  const metadata = value["metadata"];
  if (!isJsonObject(metadata)) throw new UnreadableLease("it has no metadata");
  const { name, namespace, uid, resourceVersion } = metadata;
  if (name !== key.name || (namespace !== undefined && namespace !== key.namespace)) {
    throw new UnreadableLease("it is the Lease of another name");
  }
  if (typeof uid !== "string" || uid === "") throw new UnreadableLease("it has no metadata.uid");
  if (typeof resourceVersion !== "string" || resourceVersion === "") {
    throw new UnreadableLease("it has no metadata.resourceVersion");
  }
  return {
    record: decodeSpec(isJsonObject(value["spec"]) ? value["spec"] : {}),
    version: resourceVersion,
    incarnation: uid,
    fencingToken: tokenOf(resourceVersion),
    raw: value,
  };
}

/** The store's order of a resourceVersion: a decimal integer (by contract since Kubernetes 1.35), else none. */
export function tokenOf(resourceVersion: unknown): bigint | undefined {
  return typeof resourceVersion === "string" && DECIMAL.test(resourceVersion)
    ? BigInt(resourceVersion)
    : undefined;
}

/**
 * The body of a POST.
 *
 * @throws `TypeError` or `RangeError` when the record cannot be stored as it is.
 */
export function encodeNewLease(record: LeaderElectionRecord, key: LeaseKey): string {
  return JSON.stringify({
    apiVersion: "coordination.k8s.io/v1",
    kind: "Lease",
    metadata: {
      name: key.name,
      namespace: key.namespace,
      ...(Object.keys(key.labels).length > 0 && { labels: key.labels }),
    },
    spec: encodeSpec(record),
  });
}

/**
 * The body of a PUT: the object as it was read, with the record's fields and this lock's labels in it. Everything else
 * (annotations, owners, foreign labels, managedFields, fields that we do not know) goes back value for value. It bears the
 * resourceVersion **and** the uid that were read: without the uid, a PUT on a deleted Lease would re-create it.
 *
 * @throws `TypeError` when `expected` did not come from a lock on this Lease, or a field of the record has a wrong type;
 * `RangeError` when the record cannot be stored as it is.
 */
export function encodeUpdate(record: LeaderElectionRecord, expected: VersionedRecord, key: LeaseKey): string {
  const { raw } = expected;
  const metadata = isJsonObject(raw) ? raw["metadata"] : undefined;
  if (!isJsonObject(raw) || !isJsonObject(metadata) || metadata["name"] !== key.name) {
    throw new TypeError(
      `Expected \`expected\` as this lock returned it for ${key.namespace}/${key.name}, with its \`raw\``,
    );
  }
  const labels = isJsonObject(metadata["labels"]) ? metadata["labels"] : {};
  return JSON.stringify({
    ...raw,
    metadata: {
      ...metadata,
      ...(Object.keys(key.labels).length > 0 && { labels: { ...labels, ...key.labels } }),
      resourceVersion: expected.version,
      uid: expected.incarnation,
    },
    spec: { ...(isJsonObject(raw["spec"]) ? raw["spec"] : {}), ...encodeSpec(record) },
  });
}

function decodeSpec(spec: JsonObject): LeaderElectionRecord {
  return {
    holderIdentity: textIn(spec["holderIdentity"]) ?? "",
    leaseDurationMs: durationMsIn(spec["leaseDurationSeconds"]),
    acquireTime: readMicroTime(spec["acquireTime"]),
    renewTime: readMicroTime(spec["renewTime"]),
    leaderTransitions: transitionsIn(spec["leaseTransitions"]),
    strategy: textIn(spec["strategy"]),
    preferredHolder: textIn(spec["preferredHolder"]),
  };
}

/** Field for field client-go's `LeaderElectionRecordToLeaseSpec`: the holder is `""` when free and never left out. */
function encodeSpec(record: LeaderElectionRecord): JsonObject {
  const { holderIdentity, leaseDurationMs, leaderTransitions, strategy, preferredHolder } = record;
  if (typeof holderIdentity !== "string") {
    throw new TypeError(`Expected \`holderIdentity\` as a string, got ${typeof holderIdentity}`);
  }
  const leaseDurationSeconds = leaseDurationMs / 1000;
  if (!isIntegerIn(leaseDurationSeconds, 1, MAX_INT32)) {
    throw new RangeError(
      `Expected \`leaseDurationMs\` as whole seconds, 1000 to ${MAX_INT32}000 (a Lease stores no fraction), got ${leaseDurationMs}`,
    );
  }
  if (!isIntegerIn(leaderTransitions, 0, MAX_INT32)) {
    throw new RangeError(
      `Expected \`leaderTransitions\` from 0 to ${MAX_INT32}, where it stays, got ${leaderTransitions}`,
    );
  }
  return {
    holderIdentity,
    leaseDurationSeconds,
    acquireTime: writeMicroTime("acquireTime", record.acquireTime),
    renewTime: writeMicroTime("renewTime", record.renewTime),
    leaseTransitions: leaderTransitions,
    // Left out, they stay as the object read has them; client-go would erase them.
    ...(strategy !== undefined && { strategy }),
    ...(preferredHolder !== undefined && { preferredHolder }),
  };
}

function textIn(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function durationMsIn(value: unknown): number {
  const seconds = numberIn(value);
  return isIntegerIn(seconds, 1, MAX_INT32) ? seconds * 1000 : 0;
}

function transitionsIn(value: unknown): number {
  const count = numberIn(value);
  return Number.isNaN(count) ? 0 : Math.min(Math.max(Math.trunc(count), 0), MAX_INT32);
}

function isIntegerIn(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
