/**
 * Stable between majors; messages are not.
 *
 * - `ERR_LOCK_CONFLICT`: another client wrote first. Read again.
 * - `ERR_LOCK_UNAVAILABLE`: the store could not be reached, or refused for now.
 * - `ERR_LOCK_THROTTLED`: the store asks for fewer requests; see `retryAfterMs`.
 * - `ERR_LOCK_UNAUTHENTICATED`: the store does not know who is calling.
 * - `ERR_LOCK_FORBIDDEN`: the store knows who is calling and forbids it.
 * - `ERR_LOCK_REJECTED`: the store finds the request itself wrong.
 * - `ERR_LOCK_OUTCOME_UNKNOWN`: no answer came; a write may or may not have been applied.
 * - `ERR_LOCK_RECORD_INVALID`: the stored record, or the answer that should hold it, cannot be read.
 * - `ERR_LOCK_CLOSED`: the lock was closed.
 * - `ERR_NOT_LEADING`: the term is over, or the campaign was stopped before it led.
 * - `ERR_ALREADY_RUNNING`: this elector already runs, or has an unreleased term.
 * - `ERR_TOKEN_REGRESSION`: the store gave a smaller fencing token than before: a restore, a fail-over, a clock set back.
 */
export type LeaderElectionErrorCode =
  | "ERR_LOCK_CONFLICT"
  | "ERR_LOCK_UNAVAILABLE"
  | "ERR_LOCK_THROTTLED"
  | "ERR_LOCK_UNAUTHENTICATED"
  | "ERR_LOCK_FORBIDDEN"
  | "ERR_LOCK_REJECTED"
  | "ERR_LOCK_OUTCOME_UNKNOWN"
  | "ERR_LOCK_RECORD_INVALID"
  | "ERR_LOCK_CLOSED"
  | "ERR_NOT_LEADING"
  | "ERR_ALREADY_RUNNING"
  | "ERR_TOKEN_REGRESSION";

/**
 * Why a term ended.
 *
 * - `released`: `term.release()` was called.
 * - `stepped-down`: `elector.stepDown()` was called.
 * - `shutdown`: `elector.stop()` was called or the signal given to `run` or `acquire` aborted.
 * - `task-returned`, `task-failed`: the task given to `run` ended by itself.
 * - `deadline`: no renewal was confirmed within `renewDeadlineMs`.
 * - `stalled`: the same, but because the process did not run: suspended, stopped, or its event loop blocked.
 * - `taken-over`: another writer holds, emptied or shortened the record.
 * - `deleted`: the record is gone, or is a new object.
 * - `identity-conflict`: somebody else writes with this elector's identity.
 * - `token-regression`: the store's fencing order went backwards.
 */
export type StopReason =
  | "released"
  | "stepped-down"
  | "shutdown"
  | "task-returned"
  | "task-failed"
  | "deadline"
  | "taken-over"
  | "deleted"
  | "stalled"
  | "identity-conflict"
  | "token-regression";

/** What a {@link LeaderElectionError} carries besides its code and message. */
export interface LeaderElectionErrorOptions {
  /** Whether anything may have been written. Default `"not-applied"`. */
  readonly outcome?: "not-applied" | "unknown" | undefined;
  /** What was caught. */
  readonly cause?: unknown;
  /** How long the store asked to wait, in milliseconds. */
  readonly retryAfterMs?: number | undefined;
  /** Why the term ended, on errors that say so. */
  readonly stopReason?: StopReason | undefined;
}

const BRAND: unique symbol = Symbol.for("@tenure/core/LeaderElectionError");

/** What was thrown, in words; anything can be. */
export function describeThrown(value: unknown): string {
  if (value instanceof Error) return value.message;
  try {
    return String(value);
  } catch {
    return "something that cannot be printed";
  }
}

/** The one error of run time. Wrong arguments throw `TypeError` or `RangeError` instead. */
export class LeaderElectionError extends Error {
  override readonly name = "LeaderElectionError";
  readonly code: LeaderElectionErrorCode;
  /** `"unknown"` when a write may or may not have been applied, else `"not-applied"`. */
  readonly outcome: "not-applied" | "unknown";
  /** How long the store asked to wait before the next request, in milliseconds. */
  readonly retryAfterMs: number | undefined;
  /** Why the term ended: on the reason of `term.signal` and on `ERR_NOT_LEADING`. */
  readonly stopReason: StopReason | undefined;

  constructor(code: LeaderElectionErrorCode, message: string, options: LeaderElectionErrorOptions = {}) {
    super(message, "cause" in options ? { cause: options.cause } : undefined);
    this.code = code;
    this.outcome = options.outcome ?? "not-applied";
    this.retryAfterMs = options.retryAfterMs;
    this.stopReason = options.stopReason;
    // Not enumerable: it would be noise in every printed error.
    Object.defineProperty(this, BRAND, { value: true });
  }

  /** True for an error of this class, also one from a second installed copy of the package. */
  static is(value: unknown): value is LeaderElectionError {
    return typeof value === "object" && value !== null && BRAND in value;
  }
}
