import type { EventQueue } from "./event-queue.ts";
import type { TraceEvent } from "./trace.ts";

/** A trace event without its time. */
export type Told = TraceEvent extends infer E ? (E extends TraceEvent ? Omit<E, "atMs"> : never) : never;

const FNV_PRIME = 0x01000193;

/**
 * Remembers what happened: always as a hash, which tells two runs apart that differ in anything at all, and in full where a
 * story is wanted.
 */
export class Recorder {
  readonly #queue: EventQueue;
  readonly #events: TraceEvent[] | undefined;
  #low = 0x811c9dc5;
  #high = 0x1b873593;
  #count = 0;

  constructor(queue: EventQueue, full: boolean) {
    this.#queue = queue;
    this.#events = full ? [] : undefined;
  }

  get full(): boolean {
    return this.#events !== undefined;
  }

  get events(): readonly TraceEvent[] {
    return this.#events ?? [];
  }

  /** How many things were hashed. */
  get count(): number {
    return this.#count;
  }

  get hash(): string {
    const hex = (word: number): string => (word >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** Mixes a happening into the hash: what it was, and one number that tells it from others of its kind. */
  mix(code: number, detail: number): void {
    const time = this.#queue.nowMs;
    const whole = Math.floor(time);
    this.#count += 1;
    // Microseconds of true time, the code, the detail.
    let low = Math.imul(this.#low ^ (whole | 0), FNV_PRIME);
    low = Math.imul(low ^ (((time - whole) * 1e6) | 0), FNV_PRIME);
    low = Math.imul(low ^ code, FNV_PRIME);
    this.#low = Math.imul(low ^ (detail | 0), FNV_PRIME);
    this.#high = Math.imul(this.#high ^ (low >>> 7), 0x5bd1e995) ^ (this.#high >>> 15);
  }

  /** Adds to the story. Called only where {@link full}, so that worlds without one do not pay for building it. */
  tell(event: Told): void {
    // `Told` is a `TraceEvent` without `atMs`, and here it is.
    this.#events?.push({ atMs: this.#queue.nowMs, ...event } as TraceEvent);
  }
}
