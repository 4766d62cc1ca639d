import { setTimeout as sleep } from "node:timers/promises";

/**
 * Waits for work, but not for ever.
 * @throws Error when it takes longer than `timeoutMs`, else what it fails with.
 */
export async function within<T>(timeoutMs: number, work: Promise<T>, what = "be done"): Promise<T> {
  const timer = new AbortController();
  try {
    return await Promise.race([
      work,
      sleep(timeoutMs, undefined, { signal: timer.signal }).then(() => {
        throw new Error(`Expected to ${what} within ${timeoutMs} ms`);
      }),
    ]);
  } finally {
    timer.abort();
    // The one that lost the race may still fail; it has failed already, or was done.
    work.catch(() => {});
  }
}
