import type { Clock, Random } from "@tenure/core";

/** Spread over which watches come back that one server ended together. */
const CLEAN_SPREAD_MS = 100;
const FIRST_BACKOFF_MS = 250;
const MAX_BACKOFF_MS = 30_000;

/**
 * How long to wait before a watch is armed again, in milliseconds: almost nothing after one that worked, then 250 ms,
 * doubled by each failure in a row up to 30 s, and of that a random half to whole. Never less than the server asked for.
 */
export function rearmDelayMs(failures: number, retryAfterMs: number | undefined, random: Random): number {
  if (failures === 0) return random() * CLEAN_SPREAD_MS;
  const backoffMs = Math.min(FIRST_BACKOFF_MS * 2 ** (failures - 1), MAX_BACKOFF_MS);
  return Math.max(backoffMs * (0.5 + random() / 2), retryAfterMs ?? 0);
}

/** Waits, but no longer than until one of the signals aborts. */
export function sleep(clock: Clock, ms: number, ends: readonly AbortSignal[]): Promise<void> {
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      for (const end of ends) end.removeEventListener("abort", done);
      resolve();
    };
    const timer = clock.setTimer(done, ms);
    for (const end of ends) end.addEventListener("abort", done);
    if (ends.some((end) => end.aborted)) done();
  });
}
