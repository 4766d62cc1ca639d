import type { TimeReading } from "./clock.ts";
import type { LeaderElectionError, StopReason } from "./errors.ts";
import type { LastRenewTime } from "./own-writes.ts";
import type { LeaderElectionRecord, LockEvent, VersionedRecord } from "./resource-lock.ts";
import type { HeldMemory, View } from "./view.ts";

/** What the elector is to do: campaign for ever, lead one term, or come to rest. */
type Goal = "run" | "acquire" | "stop";

/**
 * Where an elector stands. A task may still be running in `following` (its term was lost) and in `stopped` (it outlived its
 * drain timeout); no attempt is made while it does.
 *
 * - `stopped`: nothing is under way.
 * - `following`: observes the record; tries to take it once it is free.
 * - `acquiring`: a write that would begin a term is under way.
 * - `leading`: renews; the task runs.
 * - `draining`: the task was told to stop; renews until it has.
 * - `releasing`: the task has stopped, the term is over; gives the record back.
 */
export type Phase =
  | { readonly kind: "stopped" }
  | { readonly kind: "following" }
  | { readonly kind: "acquiring" }
  | { readonly kind: "leading"; readonly term: LeadingTerm }
  | { readonly kind: "draining"; readonly term: LeadingTerm; readonly reason: StopReason }
  | {
      readonly kind: "releasing";
      /** What the release replaces: our last confirmed write. `undefined` while it must first be found. */
      readonly base: VersionedRecord | undefined;
      readonly writesLeft: number;
      /** How long to stand back afterwards. */
      readonly standBackMs: number;
    };

/** What a leader's belief rests on. */
export interface LeadingTerm {
  readonly token: bigint;
  /** The last confirmed version: the next renewal replaces it. */
  readonly base: VersionedRecord;
  /** When the last confirmed write was **sent**: belief ends `renewDeadlineMs` after it. */
  readonly confirmedAt: TimeReading;
  readonly renewAtMs: number;
  /** A read is wanted before the next renewal: a conflict, or an event that is not ours. */
  readonly hint: "conflict" | "event" | undefined;
  /** The store's order of the event behind the hint, if known. */
  readonly hintOrder: bigint | undefined;
  /** A renewal met a conflict, and no read since has said why: nothing is written before. */
  readonly conflictUnread: boolean;
  /** Immediate re-issues after others edited the record around our write. */
  readonly reissues: number;
}

/** One write that was sent. */
export interface Attempt {
  readonly purpose: "acquire" | "renew" | "release";
  /** The version it replaces; `undefined` for a create. */
  readonly expectedVersion: string | undefined;
  readonly fingerprint: string;
  /** All clocks, read before the call: the window of a confirmed write counts from here. */
  readonly sentAt: TimeReading;
  /** The largest fencing token seen when it was sent: its own must not be smaller. */
  readonly tokenFloor: bigint | undefined;
  /** The last held object known when it was sent. */
  readonly heldIncarnation: string | undefined;
}

/** The one request under way. */
export type Call =
  | {
      readonly kind: "get";
      readonly id: number;
      readonly orderAtSend: bigint | undefined;
      /** Something was told meanwhile that this read may have missed. */
      readonly outdated: boolean;
    }
  | { readonly kind: "write"; readonly id: number; readonly attempt: Attempt };

/** The watch, as far as decisions need it. `trusted` once this stream has told something current. */
type WatchState =
  | { readonly kind: "none" }
  | { readonly kind: "closed"; readonly openAtMs: number; readonly failures: number }
  | { readonly kind: "open"; readonly trusted: boolean; readonly failures: number };

/** All that decisions depend on. Plain data; times without other mention are monotonic milliseconds. */
export interface ElectorState {
  readonly goal: Goal;
  readonly phase: Phase;
  readonly view: View | undefined;
  readonly held: HeldMemory | undefined;
  /** An object that came in the place of a held one, and when nobody can believe in the old one any more. */
  readonly newcomer:
    | { readonly incarnation: string; readonly after: string; readonly untilMs: number }
    | undefined;
  readonly call: Call | undefined;
  readonly nextCallId: number;
  /** Attempts at the current base version whose fate is not known for certain. */
  readonly pending: readonly Attempt[];
  /** The newest of this elector's fingerprints: a record that bears one was written by it, in whatever term. */
  readonly ownFingerprints: readonly string[];
  readonly lastRenewTime: LastRenewTime | undefined;
  /** The largest fencing token ever seen. */
  readonly highestToken: bigint | undefined;
  readonly regressionReported: boolean;
  /** Somebody else's use of this identity was reported; again only after another identity held the lock. */
  readonly duplicateReported: boolean;
  /** The task of this or an earlier term has not settled. */
  readonly taskRunning: boolean;
  /** When a task that was told to stop is given up on. */
  readonly drainUntilMs: number | undefined;
  /** No attempt before: standing back. */
  readonly notBeforeMs: number;
  /** No attempt on this very version before: the last one on it failed. */
  readonly retryAtMs: number;
  /** When the next attempt is sent; infinite while none may be. */
  readonly attemptAtMs: number;
  /** When the record is read next; infinite while leading. */
  readonly readAtMs: number;
  /** The read cannot be replaced by a watch event: it decides the fate of an attempt, or heals a gap. */
  readonly mustRead: boolean;
  /** The last attempt met a conflict: no write until a newer view. */
  readonly blocked: boolean;
  /** Conflicts of attempts in a row, with no newer fields seen meanwhile. */
  readonly conflicts: number;
  readonly watch: WatchState;
  /** A watch that failed was reported; again only after one worked. */
  readonly watchReported: boolean;
}

/** What happens to an elector. Every one carries the clocks, read when it arrived. */
export type Input = { readonly at: TimeReading } & (
  | { readonly kind: "start"; readonly goal: "run" | "acquire" }
  /** End the term, if there is one; with `stop`, the campaign too. */
  | { readonly kind: "end"; readonly reason: StopReason; readonly stop: boolean }
  /** The task settled; `finished` says why, if it did so before it was told to. */
  | { readonly kind: "taskSettled"; readonly finished?: StopReason | undefined }
  | { readonly kind: "answered"; readonly id: number; readonly answer: Answer }
  | { readonly kind: "event"; readonly event: LockEvent }
  | { readonly kind: "watchEnded"; readonly error?: LeaderElectionError | undefined }
  /** Time passed. */
  | { readonly kind: "tick" }
);

/** How a request ended. A successful `get` of nothing has `found: undefined`. */
export type Answer =
  | { readonly ok: true; readonly found: VersionedRecord | undefined }
  | { readonly ok: false; readonly error: LeaderElectionError };

/**
 * Something unusual that a person should look at.
 *
 * - `duplicate-identity`: another process writes with this elector's identity.
 * - `drain-timeout`: the task did not stop in time; the lock is left to lapse.
 * - `shorter-duration`: the store answered with a shorter lease duration than was written.
 * - `long-duration`: somebody holds the lock for longer than an hour and ten times this elector's own duration.
 * - `watch-unavailable`: changes cannot be watched; the record is polled.
 */
export interface Anomaly {
  readonly kind:
    | "duplicate-identity"
    | "drain-timeout"
    | "shorter-duration"
    | "long-duration"
    | "watch-unavailable";
  readonly message: string;
  readonly error?: LeaderElectionError | undefined;
}

/** What is to be done, in this order. */
export type Effect =
  | { readonly kind: "get"; readonly id: number }
  | { readonly kind: "create"; readonly id: number; readonly record: LeaderElectionRecord }
  | {
      readonly kind: "update";
      readonly id: number;
      readonly record: LeaderElectionRecord;
      readonly expected: VersionedRecord;
    }
  | { readonly kind: "cancelCall"; readonly id: number }
  | { readonly kind: "openWatch"; readonly from: VersionedRecord | undefined }
  | { readonly kind: "closeWatch" }
  /** A term begins: give it to its task. */
  | { readonly kind: "startTerm"; readonly token: bigint }
  /** Tell the task to stop, now. */
  | { readonly kind: "abortTerm"; readonly reason: StopReason }
  /** The term is over: it is not led any more. */
  | { readonly kind: "endTerm"; readonly reason: StopReason }
  | { readonly kind: "newLeader"; readonly identity: string }
  | { readonly kind: "error"; readonly error: LeaderElectionError }
  | { readonly kind: "anomaly"; readonly anomaly: Anomaly }
  /** The elector has come to rest. */
  | { readonly kind: "stopped" };

/** An elector that was just constructed. */
export function initialState(watches: boolean): ElectorState {
  return {
    goal: "stop",
    phase: { kind: "stopped" },
    view: undefined,
    held: undefined,
    newcomer: undefined,
    call: undefined,
    nextCallId: 1,
    pending: [],
    ownFingerprints: [],
    lastRenewTime: undefined,
    highestToken: undefined,
    regressionReported: false,
    duplicateReported: false,
    taskRunning: false,
    drainUntilMs: undefined,
    notBeforeMs: Number.NEGATIVE_INFINITY,
    retryAtMs: Number.NEGATIVE_INFINITY,
    attemptAtMs: Number.POSITIVE_INFINITY,
    readAtMs: Number.POSITIVE_INFINITY,
    mustRead: false,
    blocked: false,
    conflicts: 0,
    watch: watches ? { kind: "closed", openAtMs: Number.NEGATIVE_INFINITY, failures: 0 } : { kind: "none" },
    watchReported: false,
  };
}

/** The term that is led, drained or not. */
export function leadingTerm({ phase }: ElectorState): LeadingTerm | undefined {
  return phase.kind === "leading" || phase.kind === "draining" ? phase.term : undefined;
}
