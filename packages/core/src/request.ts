import type { Clock } from "./clock.ts";
import type { Answer } from "./elector-state.ts";
import { describeThrown, LeaderElectionError } from "./errors.ts";
import type { CallOptions, VersionedRecord } from "./resource-lock.ts";

/** A request under way. */
export interface Request {
  /** Aborts it; its answer is then dropped. */
  cancel(): void;
}

/**
 * Asks the lock, and answers within `timeoutMs` whatever the lock does: one that ignores its signal cannot hold the elector.
 * Calls `answered` once, never before this returns; not at all after `cancel`.
 */
export function request(
  clock: Clock,
  timeoutMs: number,
  call: (options: CallOptions) => Promise<VersionedRecord | undefined>,
  answered: (answer: Answer) => void,
): Request {
  const controller = new AbortController();
  let settled = false;
  const settle = (answer: Answer | undefined): void => {
    if (settled) return;
    settled = true;
    timer.cancel();
    if (answer !== undefined) answered(answer);
  };
  // An async wrapper, so that a lock that throws at once answers like one that rejects.
  (async () => call({ signal: controller.signal, timeoutMs }))().then(
    // A lock written in JavaScript may say null for "none".
    (found) => settle({ ok: true, found: found ?? undefined }),
    (error: unknown) => settle({ ok: false, error: asLockError(error) }),
  );
  // Set after the lock's own timer: of two errors for one deadline the lock's says more.
  const timer = clock.setTimer(() => {
    const error = new LeaderElectionError(
      "ERR_LOCK_OUTCOME_UNKNOWN",
      `The lock did not answer within ${Math.round(timeoutMs)} ms`,
      { outcome: "unknown" },
    );
    settle({ ok: false, error });
    controller.abort(error);
  }, timeoutMs);
  return {
    cancel: () => {
      settle(undefined);
      controller.abort(new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "The elector stopped"));
    },
  };
}

/** An error as a lock should throw it. One of another kind says nothing of what was written. */
export function asLockError(error: unknown): LeaderElectionError {
  if (LeaderElectionError.is(error)) return error;
  return new LeaderElectionError(
    "ERR_LOCK_OUTCOME_UNKNOWN",
    `The lock failed in its own way: ${describeThrown(error)}`,
    { outcome: "unknown", cause: error },
  );
}
