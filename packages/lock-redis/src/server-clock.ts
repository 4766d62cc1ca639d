import type { Clock } from "@tenure/core";

/** 2^53 - 1 is in the year 2255. */
const MICROS = 1_000;

/**
 * The server's time as far as one connection knows it: what its last reply said, and our monotonic time since. So a
 * command can say until when it may be carried out. The reply was under way for a while, so by this reckoning the server is
 * behind: it refuses a write a little early rather than late. Only a server whose clock is set back after its last reply
 * takes a late write, later by as much; that it still needs the right version no clock can change.
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

  /**
   * The server's time at this moment of our monotonic clock, in decimal microseconds. Of a moment, not "in so many
   * milliseconds": a process that stands still between two looks at its clock must not win time by it.
   */
  at(ms: number): string {
    return String(Math.floor(this.#serverMicros + (ms - this.#atMs) * MICROS));
  }
}
