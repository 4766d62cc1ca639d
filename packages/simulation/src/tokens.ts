import type { Term } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";
import type { Exclusions, Taker } from "./exclusions.ts";
import type { Verdict } from "./verdict.ts";

/** S4: tokens grow in the order in which the store took the acquiring writes; none is used twice. And S5, as the register tells. */
export class Tokens {
  readonly #verdict: Verdict;
  readonly #coverage: Coverage;
  readonly #exclusions: Exclusions;
  readonly #used = new Set<bigint>();
  readonly #nowMs: () => number;
  #highest = -1n;
  /** Who had it, and since when. */
  #taker: Taker | undefined;

  constructor(options: {
    readonly nowMs: () => number;
    readonly verdict: Verdict;
    readonly coverage: Coverage;
    readonly exclusions: Exclusions;
  }) {
    this.#nowMs = options.nowMs;
    this.#verdict = options.verdict;
    this.#coverage = options.coverage;
    this.#exclusions = options.exclusions;
  }

  termStarted(candidate: Candidate, { fencingToken }: Term): void {
    if (fencingToken <= candidate.largestToken)
      this.#verdict.fail(
        "S4",
        `token ${fencingToken} is not larger than that of its own term before`,
        candidate,
      );
    candidate.largestToken = fencingToken;
    const again = this.#used.has(fencingToken);
    this.#used.add(fencingToken);
    const grows = fencingToken > this.#highest;
    const taker = this.#taker;
    if (grows) {
      this.#highest = fencingToken;
      this.#taker = { candidate, sinceMs: this.#nowMs() };
    }
    if (this.#exclusions.storeWasRestored) {
      if (!grows) this.#coverage.count("outside the promise: token not larger after a restore");
      return;
    }
    if (again) this.#verdict.fail("S4", `token ${fencingToken} was that of an earlier term`, candidate);
    // Where terms may overlap they may also be learnt of in another order than the store's.
    else if (!grows && taker !== undefined && !this.#exclusions.isOutside(taker, candidate))
      this.#verdict.fail("S4", `token ${fencingToken} is smaller than an earlier term's`, candidate);
  }

  registerWrong(candidate: Candidate, message: string): void {
    if (this.#exclusions.storeWasRestored) {
      this.#coverage.count("outside the promise: equal tokens after a restore");
    } else this.#verdict.fail("S5", message, candidate);
  }
}
