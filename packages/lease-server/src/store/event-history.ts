import type { StoreEvent } from "./stored-object.ts";

/** The newest changes, for watches that begin in the past and for lists of an older state. */
export class EventHistory {
  readonly #limit: number;
  /** In order of revision. The first `#start` were forgotten; they are cut off now and then. */
  #events: StoreEvent[] = [];
  #start = 0;
  #compactedRevision: bigint;

  /** @param limit - how many changes to remember; @param revision - everything up to it is unknown. */
  constructor(limit: number, revision: bigint) {
    this.#limit = limit;
    this.#compactedRevision = revision;
  }

  /** Changes up to this revision are forgotten; those after it are all there. */
  get compactedRevision(): bigint {
    return this.#compactedRevision;
  }

  add(event: StoreEvent): void {
    this.#events.push(event);
    if (this.#events.length - this.#start > this.#limit) this.#forgetOne();
    if (this.#start > this.#limit) {
      this.#events = this.#events.slice(this.#start);
      this.#start = 0;
    }
  }

  /** Forgets changes up to and including this revision. */
  compact(revision: bigint): void {
    while (this.#start < this.#events.length && this.#at(this.#start).revision <= revision) this.#forgetOne();
    if (revision > this.#compactedRevision) this.#compactedRevision = revision;
  }

  /** The changes after a revision, oldest first; `undefined` when some of them are forgotten. */
  after(revision: bigint): readonly StoreEvent[] | undefined {
    if (revision < this.#compactedRevision) return undefined;
    let low = this.#start;
    let high = this.#events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(middle).revision <= revision) low = middle + 1;
      else high = middle;
    }
    return this.#events.slice(low);
  }

  #forgetOne(): void {
    this.#compactedRevision = this.#at(this.#start).revision;
    this.#start += 1;
  }

  #at(index: number): StoreEvent {
    return this.#events[index] as StoreEvent; // within bounds, as every caller sees to
  }
}
