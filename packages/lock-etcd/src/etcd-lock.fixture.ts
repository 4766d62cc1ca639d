import type { LeaderElectionError, LeaderElectionRecord } from "@tenure/core";
import { LeaderElectionError as LockError } from "@tenure/core";
import { expect } from "vitest";

export const CALL = { timeoutMs: 5_000 };

/** A record as an elector writes it. */
export function record(change: Partial<LeaderElectionRecord> = {}): LeaderElectionRecord {
  return {
    holderIdentity: "tenure-1",
    leaseDurationMs: 15_000,
    acquireTime: "2026-11-23T19:13:00.123456Z",
    renewTime: "2026-11-23T19:13:10.654321Z",
    leaderTransitions: 3,
    ...change,
  };
}

/** The error that a call must end with. */
export async function failure(call: Promise<unknown>): Promise<LeaderElectionError> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(LockError);
  // Just expected.
  return error as LeaderElectionError;
}

/** What must be there. */
export function present<Value>(value: Value | undefined): Value {
  if (value === undefined) throw new Error("Expected a value, got undefined");
  return value;
}

/** A key as a range answers it. */
export function stored(
  object: unknown,
  revisions: { readonly mod: string; readonly create: string },
): Record<string, unknown> {
  return {
    key: Buffer.from("/tenure/app"),
    value: Buffer.from(typeof object === "string" ? object : JSON.stringify(object)),
    create_revision: revisions.create,
    mod_revision: revisions.mod,
    version: "1",
    lease: "0",
  };
}
