import type { Clock } from "@tenure/core";

/** 2^53 - 1 is in the year 2255. */
const MICROS = 1_000;

/**
 * The server's time as far as one connection knows it: what its last reply said, and our monotonic time since. So a
 * command can say until when it may be carried out. An error of this reckoning (a clock set, a suspend) can only make the
 * server refuse a write that was in time, never make it apply one that was never sent.
 */
export class ServerClock {
  readonly #clock: Clock;
  #serverMicros = 0;
  #atMs = 0;

  constructor(clock: Clock, serverMicros: number) {
    this.#clock = clock;
    this.note(serverMicros);
  }

  /** A reply has arrived just now that says what time it is. */
  note(serverMicros: number): void {
    this.#serverMicros = serverMicros;
    this.#atMs = this.#clock.now();
  }

  /** The server's time in so many milliseconds, in decimal microseconds. */
  after(ms: number): string {
    return String(Math.ceil(this.#serverMicros + (this.#clock.now() - this.#atMs + ms) * MICROS));
  }
}
