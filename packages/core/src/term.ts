import { LeaderElectionError, type StopReason } from "./errors.ts";

/** One unbroken stretch of leadership, from a confirmed acquire to loss or release. */
export interface Term extends AsyncDisposable {
  /** The elector's identity. */
  readonly identity: string;
  /**
   * Larger than that of every term before it, and fixed for the term. Pass it along with every write, and have the guarded
   * resource refuse a smaller one than it has seen: nothing else stops a leader that is paused between check and write.
   */
  readonly fencingToken: bigint;
  /** When it began, by the wall clock. */
  readonly startedAt: Date;
  /** Aborts when the work has to stop. Its reason is a {@link LeaderElectionError} that carries the `stopReason`. */
  readonly signal: AbortSignal;
  /** Whether this term is led right now, computed from the clocks at every call: a blocked event loop cannot keep it true. */
  isLeading(): boolean;
  /** @throws {@link LeaderElectionError} `ERR_NOT_LEADING` when {@link isLeading} is false. */
  assertLeading(): void;
  /** Milliseconds left until this term ends unless it is renewed; 0 when it is over. */
  remainingMs(): number;
  /**
   * Ends the term. From `acquire`: say so once the work has stopped; settles when the lock was given back (or left to lapse).
   * Inside a task given to `run`: tells the task to stop and settles at once; the lock is given back when the task has
   * settled, and the campaign goes on after standing back. Idempotent; never rejects.
   */
  release(): Promise<void>;
}

/** What a term asks of whoever leads it. */
export interface TermKeeper {
  /** Milliseconds left, by the clocks now; 0 or less when the term is over. */
  remainingMs(term: Term): number;
  release(term: Term): Promise<void>;
}

/** The reason of `term.signal` and of `ERR_NOT_LEADING`. */
export function notLeadingError(identity: string, reason: StopReason): LeaderElectionError {
  return new LeaderElectionError("ERR_NOT_LEADING", `"${identity}" does not lead any more: ${reason}`, {
    stopReason: reason,
  });
}

/** The term as an elector hands it out. */
export class ElectedTerm implements Term {
  readonly identity: string;
  readonly fencingToken: bigint;
  readonly startedAt: Date;
  readonly #keeper: TermKeeper;
  readonly #controller = new AbortController();

  constructor(keeper: TermKeeper, identity: string, fencingToken: bigint, startedAt: Date) {
    this.#keeper = keeper;
    this.identity = identity;
    this.fencingToken = fencingToken;
    this.startedAt = startedAt;
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  isLeading(): boolean {
    return this.#keeper.remainingMs(this) > 0;
  }

  assertLeading(): void {
    if (this.isLeading()) return;
    const { reason } = this.signal;
    if (LeaderElectionError.is(reason) && reason.stopReason !== undefined) {
      throw notLeadingError(this.identity, reason.stopReason);
    }
    throw new LeaderElectionError("ERR_NOT_LEADING", `"${this.identity}" does not lead any more`);
  }

  remainingMs(): number {
    return Math.max(0, this.#keeper.remainingMs(this));
  }

  release(): Promise<void> {
    return this.#keeper.release(this);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.release();
  }

  /** Tells the work to stop. */
  abort(reason: StopReason): void {
    this.#controller.abort(notLeadingError(this.identity, reason));
  }
}
