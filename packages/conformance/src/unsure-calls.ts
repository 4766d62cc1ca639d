import assert from "node:assert/strict";
import type {
  CallOptions,
  LeaderElectionErrorCode,
  LeaderElectionRecord,
  ResourceLock,
  VersionedRecord,
} from "@tenure/core";
import type { CaseContext } from "./case-context.ts";
import { assertSame, settle } from "./expectations.ts";
import { record, renewTime } from "./record.ts";
import { within } from "./within.ts";

/** Beyond `timeoutMs` a call has this long, for a machine that is busy. */
const GRACE_MS = 1_500;

/** Nothing may be known of a read that was not answered; it wrote nothing either way. */
export const READ_FAILED: readonly LeaderElectionErrorCode[] = [
  "ERR_LOCK_UNAVAILABLE",
  "ERR_LOCK_OUTCOME_UNKNOWN",
];

/** The record that the `n`th write of a case writes. */
export const next = (n: number): LeaderElectionRecord =>
  record({ holderIdentity: `replica-${n}`, renewTime: renewTime(n) });

/** Runs a call that has to settle in time. */
export async function inTime<T>(
  c: CaseContext,
  { timeoutMs }: CallOptions,
  call: () => Promise<T>,
): Promise<T> {
  return await within(timeoutMs + c.ms(GRACE_MS), call(), `settle (it was given ${timeoutMs} ms)`);
}

/** The failed call must have told the truth: not applied means unchanged, for good. */
export async function assertNeverApplied(
  c: CaseContext,
  reader: ResourceLock,
  expected: VersionedRecord | undefined,
): Promise<void> {
  await c.stays(async () => {
    const found = await reader.get(c.call);
    if (expected === undefined) assert.equal(found, undefined);
    else assertSame(found, expected);
  }, c.ms(400));
}

/** Waits until a lock whose way was healed works again. */
export async function worksAgain(c: CaseContext, lock: ResourceLock): Promise<VersionedRecord | undefined> {
  const { found } = await c.until(
    "the lock to work again",
    async () => {
      const outcome = await settle(() => lock.get(c.shortCall));
      return "error" in outcome ? undefined : { found: outcome.value };
    },
    c.ms(10_000),
  );
  return found;
}
