import type { Candidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";
import { JITTER, requestTimeoutMs } from "./request-timeout.ts";
import type { Change } from "./store.ts";

/** Who took the lock, and since when it leads, in true time. */
export interface Taker {
  readonly candidate: Candidate;
  readonly sinceMs: number;
}

/** From creation to deletion, in true time. */
interface Lifetime {
  readonly madeAtMs: number;
  deletedAtMs: number | undefined;
}

/** What lies outside the promise (design, section 5): counted, not judged. */
export class Exclusions {
  readonly #nowMs: () => number;
  readonly #coverage: Coverage;
  readonly #longestLeaseMs: number;
  readonly #rateError: number;
  readonly #mixedLeases: boolean;
  #outsideUntilMs = Number.NEGATIVE_INFINITY;
  #restored = false;
  /** Every object that the record has been, by its incarnation. */
  readonly #objects = new Map<string, Lifetime>();
  #newest = "";

  constructor(options: {
    readonly nowMs: () => number;
    readonly coverage: Coverage;
    readonly longestLeaseMs: number;
    readonly rateError: number;
    /** Different lease durations, or client-go, which takes none for 0: a stranger who takes a record's duration away shortens it. */
    readonly mixedLeases: boolean;
  }) {
    this.#nowMs = options.nowMs;
    this.#coverage = options.coverage;
    this.#longestLeaseMs = options.longestLeaseMs;
    this.#rateError = options.rateError;
    this.#mixedLeases = options.mixedLeases;
  }

  get storeWasRestored(): boolean {
    return this.#restored;
  }

  /** Emptied, shortened, rolled back: whoever leads now may believe for a renew deadline more. */
  strangerTouchedHeldRecord(why: string): void {
    this.#coverage.count(`outside the promise: ${why}`);
    this.#outsideFor(this.#longestLeaseMs);
  }

  durationTakenAway(): void {
    if (this.#mixedLeases) this.strangerTouchedHeldRecord("duration taken away, leases differ");
  }

  /** The store changed. */
  changed(change: Change): void {
    if (change.kind === "deleted") {
      const object = this.#objects.get(this.#newest);
      if (object !== undefined) object.deletedAtMs = this.#nowMs();
    } else if (change.stored.incarnation !== this.#newest) {
      this.#newest = change.stored.incarnation;
      this.#objects.set(this.#newest, { madeAtMs: this.#nowMs(), deletedAtMs: undefined });
    }
  }

  /** Versions and tokens that were given once may be given again. */
  restored(): void {
    this.#restored = true;
    this.#outsideUntilMs = Number.POSITIVE_INFINITY;
  }

  /** Whether these two may both lead: by the write that the store took later, one of them took over from the other. */
  isOverlapOutside(a: Candidate, b: Candidate): boolean {
    const bTook = (b.confirmed?.token ?? -1n) > (a.confirmed?.token ?? -1n);
    const [candidate, former] = bTook ? [b, a] : [a, b];
    return this.isOutside({ candidate, sinceMs: candidate.term?.startedAtMs ?? this.#nowMs() }, former);
  }

  /** Whether `taker` could not know that `former` may still believe. */
  isOutside({ candidate: taker, sinceMs }: Taker, former: Candidate): boolean {
    if (this.#nowMs() < this.#outsideUntilMs) return true;
    const object = this.#objects.get(former.confirmed?.incarnation ?? "");
    if (object?.deletedAtMs === undefined) return false;
    // client-go takes an absent record at once.
    if (taker.rival !== undefined) return true;
    const seenAtMs = taker.sawHeld.get(former.confirmed?.incarnation ?? "") ?? Number.POSITIVE_INFINITY;
    if (seenAtMs < sinceMs) return false;
    // Its very first sight came when that was gone; or it came and went between two looks: absence leaves no trace.
    const livedMs = object.deletedAtMs - object.madeAtMs;
    return taker.firstSawHeldAtMs >= object.deletedAtMs || livedMs <= this.#stretched(betweenLooksMs(taker));
  }

  #outsideFor(ms: number): void {
    this.#outsideUntilMs = Math.max(this.#outsideUntilMs, this.#nowMs() + this.#stretched(ms));
  }

  #stretched(ms: number): number {
    return ms / (1 - this.#rateError);
  }
}

/** R2: two looks at an absence may lie two polls apart; and the request of either may take T. */
function betweenLooksMs({ durations }: Candidate): number {
  const timeoutMs = requestTimeoutMs(durations);
  return 2 * (JITTER * durations.retryPeriodMs + timeoutMs) + 2 * timeoutMs;
}
