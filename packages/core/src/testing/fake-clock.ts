import type { Clock, Timer } from "../clock.ts";

// Taken at import: a test runner that fakes globals does not fake this.
const realSetImmediate = setImmediate;

interface Entry {
  readonly dueMs: number;
  readonly order: number;
  readonly callback: () => void;
}

/** A clock that stands still until a test moves it. */
export class FakeClock implements Clock {
  #monotonicMs = 1_000;
  #bootMs = 50_000;
  #wallMs: number;
  #order = 0;
  readonly #timers = new Set<Entry>();

  /** @param options - `wallTime`: where the wall clock starts. Default 2026-01-01T00:00:00Z. */
  constructor(options: { readonly wallTime?: Date | undefined } = {}) {
    this.#wallMs = (options.wallTime ?? new Date(Date.UTC(2026, 0, 1))).getTime();
  }

  now(): number {
    return this.#monotonicMs;
  }

  bootTime(): number {
    return this.#bootMs;
  }

  wallTime(): number {
    return this.#wallMs;
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const entry = { dueMs: this.#monotonicMs + Math.max(0, delayMs), order: this.#order++, callback };
    this.#timers.add(entry);
    return { cancel: () => this.#timers.delete(entry) };
  }

  /** How many timers are set: 0 when everything came to rest. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  /** Lets `ms` milliseconds pass, calls each timer at its time, and lets every promise settle in between. */
  async advance(ms: number): Promise<void> {
    const endMs = this.#monotonicMs + ms;
    await this.flush();
    for (let next = this.#nextUntil(endMs); next !== undefined; next = this.#nextUntil(endMs)) {
      this.#pass(Math.max(0, next.dueMs - this.#monotonicMs));
      this.#timers.delete(next);
      next.callback();
      await this.flush();
    }
    this.#pass(Math.max(0, endMs - this.#monotonicMs));
  }

  /** Lets every promise settle; no time passes. */
  async flush(): Promise<void> {
    await new Promise<void>((resolve) => realSetImmediate(resolve));
  }

  /** The process does not run for `ms` milliseconds: all clocks go on, timers that came due fire late, at the next advance. */
  stall(ms: number): void {
    this.#pass(ms);
  }

  /** The machine sleeps for `ms` milliseconds: monotonic time stands still, boot time and wall time go on. */
  suspend(ms: number): void {
    this.#bootMs += ms;
    this.#wallMs += ms;
  }

  /** The wall clock is set, forward or back. */
  stepWall(ms: number): void {
    this.#wallMs += ms;
  }

  #pass(ms: number): void {
    this.#monotonicMs += ms;
    this.#bootMs += ms;
    this.#wallMs += ms;
  }

  #nextUntil(endMs: number): Entry | undefined {
    let next: Entry | undefined;
    for (const entry of this.#timers) {
      if (entry.dueMs > endMs) continue;
      if (
        next === undefined ||
        entry.dueMs < next.dueMs ||
        (entry.dueMs === next.dueMs && entry.order < next.order)
      ) {
        next = entry;
      }
    }
    return next;
  }
}
