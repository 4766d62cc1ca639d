import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import type { EventQueue, ScheduledEvent } from "./event-queue.ts";
import type { SimulatedProcess } from "./process.ts";
import type { RandomStream } from "./random.ts";
import type { SimulatedStore, StoredRecord, Write } from "./store.ts";

/** A request on its way. */
export interface Call {
  readonly callId: number;
  readonly process: SimulatedProcess;
  readonly operation: "get" | "create" | "update";
  /** Aborted once its caller has given up on it: an answer that comes then is not heard. */
  readonly signal: AbortSignal | undefined;
  /** `undefined` for a get. */
  readonly write: Write | undefined;
}

/** What the world wants to know of the traffic. */
export interface TrafficListener {
  sent(call: Call): void;
  landed(call: Call, applied: boolean, before: StoredRecord | undefined, duplicate: boolean): void;
  lost(call: Call, part: "request" | "answer"): void;
  /** Inside the turn in which the process gets its answer. */
  answered(call: Call, outcome: Outcome): void;
}

/** How a call ended for its caller. */
export type Outcome =
  | { readonly ok: true; readonly found: StoredRecord | undefined }
  | { readonly ok: false; readonly error: LeaderElectionError };

/** How the way between a machine and the store is at the moment. Probabilities from 0 to 1. */
export interface LinkConditions {
  readonly requestsCut: boolean;
  readonly answersCut: boolean;
  readonly everySecondRequestLost: boolean;
  readonly loseRequests: number;
  readonly loseAnswers: number;
  readonly landLate: number;
  readonly duplicate: number;
  readonly staleReads: number;
  readonly slow: number;
  readonly watchSilent: boolean;
  readonly watchRepeats: number;
  readonly watchReorders: number;
  readonly watchStale: number;
  /** The watch cannot be opened. */
  readonly watchRefused: boolean;
  /** What the store answers instead of doing what was asked; `undefined` while it works. */
  readonly error: ErrorBurst | undefined;
}

/** A store that fails. */
export interface ErrorBurst {
  readonly status: 401 | 403 | 429 | 500 | 503;
  readonly probability: number;
}

export const FAIR_CONDITIONS: LinkConditions = {
  requestsCut: false,
  answersCut: false,
  everySecondRequestLost: false,
  loseRequests: 0,
  loseAnswers: 0,
  landLate: 0,
  duplicate: 0,
  staleReads: 0,
  slow: 0,
  watchSilent: false,
  watchRepeats: 0,
  watchReorders: 0,
  watchStale: 0,
  watchRefused: false,
  error: undefined,
};

/** Latencies of a network, in milliseconds of true time, one way. */
export interface Latency {
  readonly leastMs: number;
  readonly meanMs: number;
  /** How often a message takes from `meanMs` up to `tailMs` instead, most often little. */
  readonly tailProbability: number;
  readonly tailMs: number;
}

/** A healed network answers well within any request timeout. */
const HEALED_MEAN_MS = 5;

/** The way between one machine and the store: every message on it meets the conditions of its moment. */
export class Link {
  conditions: LinkConditions = FAIR_CONDITIONS;
  readonly queue: EventQueue;
  readonly store: SimulatedStore;
  readonly random: RandomStream;
  readonly #listener: TrafficListener;
  #latency: Latency;
  /** How late a late landing or a duplicate may be. */
  readonly #latestLandingMs: number;
  #odd = false;
  #stragglers: ScheduledEvent[] = [];

  constructor(options: {
    readonly queue: EventQueue;
    readonly store: SimulatedStore;
    readonly random: RandomStream;
    readonly listener: TrafficListener;
    readonly latency: Latency;
    readonly latestLandingMs: number;
  }) {
    this.queue = options.queue;
    this.store = options.store;
    this.random = options.random;
    this.#listener = options.listener;
    this.#latency = options.latency;
    this.#latestLandingMs = options.latestLandingMs;
  }

  /** The network is healed: what was still to land late never does, and nothing is slow any more. */
  heal(): void {
    this.conditions = FAIR_CONDITIONS;
    this.#latency = {
      ...this.#latency,
      meanMs: Math.min(this.#latency.meanMs, HEALED_MEAN_MS),
      tailProbability: 0,
    };
    for (const straggler of this.#stragglers) straggler.happen = undefined;
    this.#stragglers = [];
  }

  /** Sends a request; `settle` is called in a turn of its process, or never. */
  send(call: Call, settle: (outcome: Outcome) => void): void {
    const { conditions, random, queue } = this;
    this.#listener.sent(call);
    if (call.write !== undefined && conditions.duplicate > 0 && random.chance(conditions.duplicate)) {
      this.#straggle(this.latencyMs(), () => this.#land(call, true));
    }
    this.#odd = !this.#odd;
    const lost = conditions.requestsCut || (conditions.everySecondRequestLost && this.#odd);
    if (lost || random.chance(conditions.loseRequests)) {
      this.#listener.lost(call, "request");
      return;
    }
    const arrive = (): void => {
      const outcome = this.#arrive(call);
      if (this.conditions.answersCut || random.chance(this.conditions.loseAnswers)) {
        this.#listener.lost(call, "answer");
        return;
      }
      queue.after(this.latencyMs(), () =>
        call.process.deliver(() => {
          if (call.signal?.aborted) return;
          this.#listener.answered(call, outcome);
          settle(outcome);
        }),
      );
    };
    if (conditions.landLate > 0 && random.chance(conditions.landLate))
      this.#straggle(this.latencyMs(), arrive);
    else queue.after(this.latencyMs(), arrive);
  }

  latencyMs(): number {
    const { leastMs, meanMs, tailProbability, tailMs } = this.#latency;
    const { slow } = this.conditions;
    const bodyMs = leastMs - (meanMs - leastMs) * Math.log(1 - this.random.next());
    if (slow > 0 && this.random.chance(slow)) return bodyMs + tailMs * this.random.next();
    if (!this.random.chance(tailProbability)) return bodyMs;
    // Evenly on a logarithmic scale: many short delays, few long ones.
    return bodyMs + meanMs * (tailMs / meanMs) ** this.random.next();
  }

  #straggle(leastMs: number, arrive: () => void): void {
    const lateMs = leastMs + this.#latestLandingMs * this.random.next();
    this.#stragglers = this.#stragglers.filter(({ atMs }) => atMs > this.queue.nowMs);
    this.#stragglers.push(this.queue.after(lateMs, arrive));
  }

  #arrive(call: Call): Outcome {
    const { error } = this.conditions;
    if (error !== undefined && this.random.chance(error.probability)) {
      // A 500 may come after the deed.
      const applied = error.status === 500 && call.write !== undefined && this.random.chance(0.3);
      if (applied) this.#land(call, false);
      return { ok: false, error: answerOf(error.status, this.random, call.write !== undefined) };
    }
    return this.#land(call, false);
  }

  #land(call: Call, duplicate: boolean): Outcome {
    const { store } = this;
    const before = store.current;
    if (call.write === undefined) {
      const stale = this.conditions.staleReads > 0 && this.random.chance(this.conditions.staleReads);
      const found = stale ? store.past(this.random.whole(1, 8)) : before;
      this.#listener.landed(call, false, before, false);
      return { ok: true, found };
    }
    const result = store.write(call.write);
    this.#listener.landed(call, result.kind === "applied", before, duplicate);
    if (result.kind === "applied" || result.kind === "repeated") return { ok: true, found: result.stored };
    const code = result.kind === "conflict" ? "ERR_LOCK_CONFLICT" : "ERR_LOCK_UNAVAILABLE";
    return { ok: false, error: new LeaderElectionError(code, result.kind) };
  }
}

function answerOf(status: ErrorBurst["status"], random: RandomStream, write: boolean): LeaderElectionError {
  const codes: Record<ErrorBurst["status"], LeaderElectionErrorCode> = {
    401: "ERR_LOCK_UNAUTHENTICATED",
    403: "ERR_LOCK_FORBIDDEN",
    429: "ERR_LOCK_THROTTLED",
    500: "ERR_LOCK_OUTCOME_UNKNOWN",
    503: "ERR_LOCK_UNAVAILABLE",
  };
  const retryAfterMs = status === 429 && random.chance(0.5) ? random.whole(0, 30) * 1000 : undefined;
  const outcome = status === 500 && write ? "unknown" : "not-applied";
  return new LeaderElectionError(codes[status], `answered ${status}`, { outcome, retryAfterMs });
}
