import assert from "node:assert/strict";
import {
  LeaderElectionError,
  type LeaderElectionErrorCode,
  type LeaderElectionRecord,
  type VersionedRecord,
} from "@tenure/core";

/** The record that must be there. */
export function present(found: VersionedRecord | undefined, what = "a record"): VersionedRecord {
  assert.ok(found !== undefined, `Expected ${what}, got undefined`);
  return found;
}

/** What a call ended with, either way. */
export type Settled<T> = { readonly value: T; readonly error?: undefined } | { readonly error: unknown };

/** Waits for a call, however it ends. Calls it here, so that one that throws at once counts as well. */
export async function settle<T>(call: () => Promise<T>): Promise<Settled<T>> {
  try {
    return { value: await call() };
  } catch (error) {
    return { error };
  }
}

/** The error that a call must end with. */
async function failure(call: () => Promise<unknown>): Promise<LeaderElectionError> {
  const settled = await settle(call);
  if (!("error" in settled)) assert.fail(`Expected the call to fail, got ${show(settled.value)}`);
  const { error } = settled;
  if (!LeaderElectionError.is(error)) assert.fail(`Expected a LeaderElectionError, got ${show(error)}`);
  return error;
}

/** Asserts that a call fails with one of these codes, and with the right word on what was written. */
export async function rejects(
  call: () => Promise<unknown>,
  codes: LeaderElectionErrorCode | readonly LeaderElectionErrorCode[],
  outcome?: "not-applied" | "unknown",
): Promise<LeaderElectionError> {
  const error = await failure(call);
  const expected = typeof codes === "string" ? [codes] : codes;
  assert.ok(expected.includes(error.code), `Expected ${expected.join(" or ")}, got ${show(error)}`);
  if (outcome !== undefined) {
    assert.equal(error.outcome, outcome, `Expected outcome "${outcome}" of ${show(error)}`);
  }
  return error;
}

/** Compares the fields of a record; one that is `undefined` may be missing as well. */
export function assertRecord(actual: LeaderElectionRecord, expected: LeaderElectionRecord): void {
  assert.deepEqual(fields(actual), fields(expected));
}

/** Asserts that the store still holds what was written; `raw` is the backend's own affair. */
export function assertSame(actual: VersionedRecord | undefined, expected: VersionedRecord): void {
  const found = present(actual);
  assertRecord(found.record, expected.record);
  assert.deepEqual(
    [found.version, found.incarnation, found.fencingToken],
    [expected.version, expected.incarnation, expected.fencingToken],
    "Expected version, incarnation and token to be the same",
  );
}

function fields(record: LeaderElectionRecord): Record<string, unknown> {
  const {
    holderIdentity,
    leaseDurationMs,
    acquireTime,
    renewTime,
    leaderTransitions,
    strategy,
    preferredHolder,
  } = record;
  return {
    holderIdentity,
    leaseDurationMs,
    acquireTime,
    renewTime,
    leaderTransitions,
    strategy,
    preferredHolder,
  };
}

/** Anything, in a few words, for a message. */
export function show(value: unknown): string {
  if (LeaderElectionError.is(value)) return `${value.code} (${value.outcome}): ${value.message}`;
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  return (
    JSON.stringify(value, (_, inner) => (typeof inner === "bigint" ? `${inner}n` : inner)) ?? String(value)
  );
}
