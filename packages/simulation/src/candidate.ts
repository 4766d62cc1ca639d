import type { LeaderElector, Term } from "@tenure/core";
import type { ClientGoRival } from "./client-go-rival.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Durations } from "./scenario.ts";

/** A term that has begun and not ended. */
interface OpenTerm {
  readonly term: Term;
  told: boolean;
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
  /** Its own clock at the send of its last confirmed write. */
  confirmedSentAtMs: number;
  term: OpenTerm | undefined;
  /** The last look found it leading. */
  believes: boolean;
  taskRunning: boolean;
  /** Its machine slept since its last confirmed write: its timers may be late. */
  slept: boolean;
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
    confirmedSentAtMs: Number.NEGATIVE_INFINITY,
    term: undefined,
    believes: false,
    taskRunning: false,
    slept: false,
    requests: 0,
    requestsSinceMs: process.now(),
    stopped: false,
  };
}
