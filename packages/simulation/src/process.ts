import type { Clock, Timer } from "@tenure/core";
import type { Machine } from "./machine.ts";

/**
 * A process: what happens to it happens in turns, one at a time, and only while it runs. What comes in a pause waits and
 * then comes at once, in the order of arrival. Its clocks are its machine's, which do not pause with it.
 */
export class SimulatedProcess implements Clock {
  readonly machine: Machine;
  /** Called after every turn. */
  readonly #turnEnded: () => void;
  readonly #waiting: (() => void)[] = [];
  readonly #timers = new Set<Timer>();
  #paused = false;
  #alive = true;

  constructor(machine: Machine, turnEnded: () => void) {
    this.machine = machine;
    this.#turnEnded = turnEnded;
  }

  get alive(): boolean {
    return this.#alive;
  }

  get running(): boolean {
    return this.#alive && !this.#paused && !this.machine.asleep;
  }

  /** Timers that its elector has set: none once it has come to rest. */
  get pendingTimers(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.machine.now();
  }

  bootTime(): number {
    return this.machine.bootTime();
  }

  wallTime(): number {
    return this.machine.wallTime();
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    let cancelled = false;
    const timer = this.machine.setTimer(() => {
      if (!this.#alive) return;
      this.deliver(() => {
        if (cancelled) return;
        this.#timers.delete(handle);
        callback();
      });
    }, delayMs);
    const handle = {
      cancel: () => {
        cancelled = true;
        this.#timers.delete(handle);
        timer.cancel();
      },
    };
    this.#timers.add(handle);
    return handle;
  }

  /** Something that the process does later; not counted among its elector's timers. */
  later(delayMs: number, turn: () => void): void {
    this.machine.setTimer(() => this.deliver(turn), delayMs);
  }

  /** Something arrives: a turn of the event loop, now or when the process runs again. */
  deliver(turn: () => void): void {
    if (!this.#alive) return;
    if (!this.running) {
      this.#waiting.push(turn);
      return;
    }
    turn();
    this.#turnEnded();
  }

  pause(): void {
    this.#paused = true;
  }

  /** Runs again. The turns that waited are returned, for the world to take one after the other. */
  resume(): readonly (() => void)[] {
    this.#paused = false;
    return this.running ? this.#waiting.splice(0) : [];
  }

  /** Ends at once: nothing arrives any more. */
  kill(): void {
    this.#alive = false;
    this.#waiting.length = 0;
    for (const timer of [...this.#timers]) timer.cancel();
  }
}
