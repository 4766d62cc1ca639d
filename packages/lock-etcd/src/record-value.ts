import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";
import {
  isJsonObject,
  type JsonObject,
  numberIn,
  parseExactJson,
  readMicroTime,
  writeMicroTime,
} from "@tenure/core/backend";
import { LONE_SURROGATE } from "./etcd-key.ts";
import type { EtcdKeyValue } from "./etcd-kv.ts";

const MAX_INT32 = 2 ** 31 - 1;
const POSITIVE_DECIMAL = /^[1-9]\d*$/;
const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** What is stored is no record. The message says what is wrong, without its content. */
export class UnreadableRecord extends Error {}

/** What a record's `raw` holds: which key it was read from, and the whole object, fields that we do not know included. */
interface Raw {
  readonly key: string;
  readonly object: JsonObject;
}

/**
 * The record in a key's value:
 *
 *     {"holderIdentity":"app-1_5f3a","leaseDurationMs":15000,"acquireTime":"2026-11-23T19:13:00.123456Z",
 *      "renewTime":"2026-11-23T19:13:10.654321Z","leaderTransitions":3}
 *
 * `holderIdentity` must be there (else a foreign key would look like a free lock); the other fields may be missing, null or
 * absurd: no duration reads as 0, a senseless time as none.
 *
 * @throws {@link UnreadableRecord} when it is something else.
 */
export function decodeRecord(key: string, stored: EtcdKeyValue): VersionedRecord {
  const object = parse(stored.value);
  const { holderIdentity, leaseDurationMs, strategy, preferredHolder } = object;
  if (typeof holderIdentity !== "string") throw new UnreadableRecord("it has no holderIdentity");
  const record: LeaderElectionRecord = {
    holderIdentity,
    leaseDurationMs: isIntegerIn(numberIn(leaseDurationMs), 1, MAX_INT32) ? numberIn(leaseDurationMs) : 0,
    acquireTime: readMicroTime(object["acquireTime"]),
    renewTime: readMicroTime(object["renewTime"]),
    leaderTransitions: transitionsIn(object["leaderTransitions"]),
    ...(typeof strategy === "string" && { strategy }),
    ...(typeof preferredHolder === "string" && { preferredHolder }),
  };
  return versioned(key, record, object, stored);
}

/**
 * The value for a record: its fields over whatever else stood in the object that `expected` was read from, value for value.
 *
 * @throws `TypeError` when a field has a wrong type, `RangeError` when it cannot be stored as it is.
 */
export function encodeRecord(record: LeaderElectionRecord, expected?: VersionedRecord): Uint8Array {
  const { holderIdentity, leaseDurationMs, leaderTransitions, strategy, preferredHolder } = record;
  if (typeof holderIdentity !== "string") {
    throw new TypeError(`Expected \`holderIdentity\` as a string, got ${typeof holderIdentity}`);
  }
  if (LONE_SURROGATE.test(holderIdentity)) {
    throw new RangeError("Expected `holderIdentity` without lone surrogates");
  }
  if (!isIntegerIn(leaseDurationMs, 1, MAX_INT32)) {
    throw new RangeError(
      `Expected \`leaseDurationMs\` as whole milliseconds, 1 to ${MAX_INT32}, got ${leaseDurationMs}`,
    );
  }
  if (!isIntegerIn(leaderTransitions, 0, MAX_INT32)) {
    throw new RangeError(
      `Expected \`leaderTransitions\` from 0 to ${MAX_INT32}, where it stays, got ${leaderTransitions}`,
    );
  }
  const text = JSON.stringify({
    ...(expected?.raw as Raw | undefined)?.object,
    holderIdentity,
    leaseDurationMs,
    acquireTime: writeMicroTime("acquireTime", record.acquireTime),
    renewTime: writeMicroTime("renewTime", record.renewTime),
    leaderTransitions,
    // Left out, they stay as the object read has them.
    ...(strategy !== undefined && { strategy }),
    ...(preferredHolder !== undefined && { preferredHolder }),
  });
  return Buffer.from(text);
}

/**
 * The revisions that an update compares with.
 *
 * @throws `TypeError` when `expected` did not come from a lock on this key.
 */
export function expectedRevisions(
  key: string,
  expected: VersionedRecord,
): { readonly createRevision: string; readonly modRevision: string } {
  const raw = expected.raw as Partial<Raw> | undefined;
  const { version: modRevision, incarnation: createRevision } = expected;
  if (raw?.key !== key || !POSITIVE_DECIMAL.test(modRevision) || !POSITIVE_DECIMAL.test(createRevision)) {
    throw new TypeError(`Expected \`expected\` as a lock on ${key} returned it, with its \`raw\``);
  }
  return { createRevision, modRevision };
}

function versioned(
  key: string,
  record: LeaderElectionRecord,
  object: JsonObject,
  { createRevision, modRevision }: EtcdKeyValue,
): VersionedRecord {
  const raw: Raw = { key, object };
  return {
    record,
    version: modRevision,
    incarnation: createRevision,
    fencingToken: BigInt(modRevision),
    raw,
  };
}

function parse(value: Uint8Array): JsonObject {
  let object: unknown;
  try {
    object = parseExactJson(utf8.decode(value));
  } catch {
    // A parser's own message would quote what is stored.
    throw new UnreadableRecord("it is not JSON");
  }
  if (!isJsonObject(object)) throw new UnreadableRecord("it is no JSON object");
  return object;
}

function transitionsIn(value: unknown): number {
  const count = numberIn(value);
  return Number.isNaN(count) ? 0 : Math.min(Math.max(Math.trunc(count), 0), MAX_INT32);
}

function isIntegerIn(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}
