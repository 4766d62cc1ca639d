import type { Clock, Timer } from "@tenure/core";
import type { EventQueue, ScheduledEvent } from "./event-queue.ts";

/** Linux ticks boot time in this many milliseconds. */
const BOOT_GRAIN_MS = 10;

interface Alarm {
  readonly dueMs: number;
  readonly ring: () => void;
  event: ScheduledEvent | undefined;
}

/** How a machine's clocks begin. */
export interface MachineClocks {
  /** Milliseconds of its clocks per true millisecond. */
  readonly rate: number;
  /** What the wall clock shows at first, in milliseconds since the Unix epoch. */
  readonly wallMs: number;
}

/**
 * A machine's clocks, none of which shows true time: monotonic time runs at its own rate and stands still while the machine
 * sleeps, boot time goes on meanwhile unless it is a virtual machine that was stopped, wall time goes on and also jumps.
 */
export class Machine implements Clock {
  readonly #queue: EventQueue;
  #rate: number;
  #asleep = false;
  #bootStands = false;
  /** True time of the last change; the three clocks count from there. */
  #sinceMs: number;
  #monotonicMs: number;
  #bootMs: number;
  #wallMs: number;
  readonly #alarms = new Set<Alarm>();

  constructor(queue: EventQueue, clocks: MachineClocks) {
    this.#queue = queue;
    this.#rate = clocks.rate;
    this.#sinceMs = queue.nowMs;
    this.#monotonicMs = 100_000;
    this.#bootMs = 250_000;
    this.#wallMs = clocks.wallMs;
  }

  get asleep(): boolean {
    return this.#asleep;
  }

  now(): number {
    return this.#asleep ? this.#monotonicMs : this.#monotonicMs + this.#passedMs();
  }

  bootTime(): number {
    const passedMs = this.#bootStands ? 0 : this.#passedMs();
    return Math.floor((this.#bootMs + passedMs) / BOOT_GRAIN_MS) * BOOT_GRAIN_MS;
  }

  wallTime(): number {
    return Math.floor(this.#wallMs + this.#passedMs());
  }

  setTimer(callback: () => void, delayMs: number): Timer {
    const alarm: Alarm = { dueMs: this.now() + Math.max(0, delayMs), ring: callback, event: undefined };
    this.#alarms.add(alarm);
    this.#arm(alarm);
    return {
      cancel: () => {
        this.#alarms.delete(alarm);
        if (alarm.event !== undefined) alarm.event.happen = undefined;
      },
    };
  }

  get pendingTimers(): number {
    return this.#alarms.size;
  }

  setRate(rate: number): void {
    this.#change(() => {
      this.#rate = rate;
    });
  }

  sleep(): void {
    this.#change(() => {
      this.#asleep = true;
    });
  }

  /** As a virtual machine that its host stops: boot time stands still, too. */
  freeze(): void {
    this.#change(() => {
      this.#asleep = true;
      this.#bootStands = true;
    });
  }

  /** From sleep, or frozen. */
  wakeUp(): void {
    this.#change(() => {
      this.#asleep = false;
      this.#bootStands = false;
    });
  }

  stepWallClock(byMs: number): void {
    this.#wallMs += byMs;
  }

  /** The process that set them is gone. */
  dropTimers(): void {
    for (const { event } of this.#alarms) if (event !== undefined) event.happen = undefined;
    this.#alarms.clear();
  }

  #passedMs(): number {
    return (this.#queue.nowMs - this.#sinceMs) * this.#rate;
  }

  #change(apply: () => void): void {
    const passedMs = this.#passedMs();
    if (!this.#asleep) this.#monotonicMs += passedMs;
    if (!this.#bootStands) this.#bootMs += passedMs;
    this.#wallMs += passedMs;
    this.#sinceMs = this.#queue.nowMs;
    apply();
    for (const alarm of this.#alarms) this.#arm(alarm);
  }

  #arm(alarm: Alarm): void {
    if (alarm.event !== undefined) alarm.event.happen = undefined;
    alarm.event = undefined;
    if (this.#asleep) return;
    const inMs = Math.max(0, (alarm.dueMs - this.now()) / this.#rate);
    alarm.event = this.#queue.after(inMs, () => {
      this.#alarms.delete(alarm);
      alarm.ring();
    });
  }
}
