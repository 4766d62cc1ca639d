import type { Candidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";

/** What lies outside the promise (design, section 5): counted, not judged. */
export class Exclusions {
  readonly #nowMs: () => number;
  readonly #coverage: Coverage;
  readonly #longestLeaseMs: number;
  readonly #rateError: number;
  readonly #mixedLeases: boolean;
  #outsideUntilMs = Number.NEGATIVE_INFINITY;
  #restored = false;
  #deletions: number[] = [];

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

  deleted(): void {
    const nowMs = this.#nowMs();
    this.#deletions = [...this.#deletions, nowMs].slice(-2);
    const [first, second] = this.#deletions;
    // Deleted again within seconds of its re-creation: absence leaves no trace.
    if (
      first !== undefined &&
      second !== undefined &&
      second - first < this.#stretched(3 * this.#longestLeaseMs)
    ) {
      this.#outsideFor(3 * this.#longestLeaseMs);
    }
  }

  /** Versions and tokens that were given once may be given again. */
  restored(): void {
    this.#restored = true;
    this.#outsideUntilMs = Number.POSITIVE_INFINITY;
  }

  isOutside(starter: Candidate): boolean {
    const nowMs = this.#nowMs();
    if (nowMs < this.#outsideUntilMs) return true;
    const lastDeletion = this.#deletions.at(-1);
    if (lastDeletion === undefined || nowMs - lastDeletion > this.#stretched(this.#longestLeaseMs))
      return false;
    // client-go takes an absent record at once.
    if (starter.rival !== undefined) return true;
    // Its very first sight was of a record deleted less than a lease ago.
    return starter.firstSawHeldAtMs >= lastDeletion;
  }

  #outsideFor(ms: number): void {
    this.#outsideUntilMs = Math.max(this.#outsideUntilMs, this.#nowMs() + this.#stretched(ms));
  }

  #stretched(ms: number): number {
    return ms / (1 - this.#rateError);
  }
}
