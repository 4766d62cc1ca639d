import { type ResourceLock, systemClock, type VersionedRecord } from "@tenure/core";
import { sleep } from "@tenure/core/backend";

/**
 * - `handed-over`: another holds it
 * - `again`: the same candidate began another term, for nobody else wanted it
 * - `released`: given back, and nobody has taken it yet
 * - `kept`: its term goes on
 */
export type Handover = "handed-over" | "again" | "released" | "kept";

const ASK_EVERY_MS = 100;

/** Reads the record until another term began in it than `before`'s; at the end of the time, what stands there then. */
export async function awaitHandover(
  lock: ResourceLock,
  before: VersionedRecord,
  {
    waitMs,
    timeoutMs,
    signal,
  }: { readonly waitMs: number; readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<{ readonly handover: Handover; readonly holder: string | undefined }> {
  const endsAtMs = systemClock.now() + waitMs;
  for (;;) {
    const found = await lock.get({ timeoutMs, signal });
    const handover = handoverBetween(before, found);
    const isOver = systemClock.now() >= endsAtMs;
    if (handover === "handed-over" || handover === "again" || isOver) {
      return { handover, holder: found?.record.holderIdentity || undefined };
    }
    await sleep(systemClock, ASK_EVERY_MS, [signal]);
    signal.throwIfAborted();
  }
}

/** What became of the term of `before`. */
export function handoverBetween(before: VersionedRecord, after: VersionedRecord | undefined): Handover {
  if (after === undefined || after.record.holderIdentity === "") return "released";
  if (after.record.holderIdentity !== before.record.holderIdentity) return "handed-over";
  // A candidate that takes the lock back writes when it did.
  return after.record.acquireTime === before.record.acquireTime ? "kept" : "again";
}
