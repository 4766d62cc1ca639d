import type { LeaderElector, Term } from "@tenure/core";
import type { ClientGoRival } from "./client-go-rival.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Durations } from "./scenario.ts";

/** A write of one's own that was confirmed, by its answer or by a read that found it. */
interface ConfirmedWrite {
  readonly token: bigint;
  readonly incarnation: string;
  /** The writer's clock when it was sent. */
  readonly sentAtMs: number;
}

/** A term that has begun and not ended. */
interface OpenTerm {
  readonly term: Term;
  /** True time. */
  readonly startedAtMs: number;
  /** When its task was told to stop, by its own clock; `undefined` while it was not. */
  toldAtMs: number | undefined;
  /** `isLeading()` was false once. */
  lapsed: boolean;
}

/** What the referee knows of one process that campaigns. */
export interface Candidate {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly durations: Durations;
  elector: LeaderElector | undefined;
  rival: ClientGoRival | undefined;
  /** The newest versions that were delivered to it, and those before them. */
  versionsRead: Set<string>;
  versionsReadBefore: Set<string>;
  /** It met a conflict on this version and was told nothing since. */
  conflictOn: string | undefined;
  /** The order of the version in which it last found its own write. */
  confirmedToken: bigint | undefined;
  /** It found that by a read, not by the write's own answer. */
  confirmedByGet: boolean;
  /** True time when it was first told of a held record. */
  firstSawHeldAtMs: number;
  /** The newest of its writes that was confirmed. */
  confirmed: ConfirmedWrite | undefined;
  /** True time when each object was first delivered to it as held, or known to have refused its create. */
  readonly sawHeld: Map<string, number>;
  /** The object that its newest create met in the store: known to it once that is answered. */
  createMet: { readonly callId: number; readonly incarnation: string } | undefined;
  term: OpenTerm | undefined;
  /** The largest token of its terms. */
  largestToken: bigint;
  /** Its watch told of another's write: it has to look, by then of its clock. */
  lookDue: { readonly order: bigint | undefined; readonly untilMs: number } | undefined;
  /** Its own clock when its process last went on after a pause. */
  ranSinceMs: number;
  /** client-go's newest change of the record, until it gives the lock back: when it landed, in true time, and its lease. */
  rivalHolds: { readonly sinceMs: number; readonly leaseDurationMs: number } | undefined;
  /** The last look found it leading. */
  believes: boolean;
  taskRunning: boolean;
  /** Its machine slept: until then by its clock, which stood still meanwhile, its timers may be late. */
  timersLateUntilMs: number;
  /** True time when its watch last told it something. */
  watchedAtMs: number;
  /** All its requests. */
  requestsEver: number;
  /** Requests of the current half minute of its clock. */
  requests: number;
  requestsSinceMs: number;
  stopped: boolean;
}

export function newCandidate(name: string, process: SimulatedProcess, durations: Durations): Candidate {
  return {
    name,
    process,
    durations,
    elector: undefined,
    rival: undefined,
    versionsRead: new Set(),
    versionsReadBefore: new Set(),
    conflictOn: undefined,
    confirmedToken: undefined,
    confirmedByGet: false,
    firstSawHeldAtMs: Number.POSITIVE_INFINITY,
    confirmed: undefined,
    sawHeld: new Map(),
    createMet: undefined,
    term: undefined,
    largestToken: -1n,
    lookDue: undefined,
    ranSinceMs: Number.NEGATIVE_INFINITY,
    rivalHolds: undefined,
    believes: false,
    taskRunning: false,
    timersLateUntilMs: Number.NEGATIVE_INFINITY,
    watchedAtMs: Number.NEGATIVE_INFINITY,
    requestsEver: 0,
    requests: 0,
    requestsSinceMs: process.now(),
    stopped: false,
  };
}
