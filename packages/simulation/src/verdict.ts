import type { Candidate } from "./candidate.ts";
import type { Property } from "./property.ts";

/** A property that does not hold. */
export interface Violation {
  readonly property: Property;
  readonly message: string;
  /** Names of the replicas that it is about. */
  readonly who: readonly string[];
  readonly atMs: number;
}

/** What is found wrong: the first of the properties that are judged. */
export class Verdict {
  readonly #nowMs: () => number;
  readonly #judged: ReadonlySet<Property>;
  #violation: Violation | undefined;

  constructor(nowMs: () => number, judged: ReadonlySet<Property>) {
    this.#nowMs = nowMs;
    this.#judged = judged;
  }

  get violation(): Violation | undefined {
    return this.#violation;
  }

  fail(property: Property, message: string, ...who: readonly Candidate[]): void {
    if (this.#violation !== undefined || !this.#judged.has(property)) return;
    const names = who.map(({ name }) => name);
    this.#violation = { property, message, who: names, atMs: this.#nowMs() };
  }
}
