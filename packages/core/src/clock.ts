import { uptime } from "node:os";

/** A running timer of a {@link Clock}. */
export interface Timer {
  /** Stops it; its callback is not called afterwards. */
  cancel(): void;
}

/** Where an elector takes its time from. Injected, so that tests and simulations own it. */
export interface Clock {
  /** Monotonic milliseconds since any fixed instant. May stand still while the machine is suspended. */
  now(): number;
  /** Monotonic milliseconds that go on while the machine is suspended. Coarse (10 ms) and dear to read. */
  bootTime(): number;
  /** Milliseconds since the Unix epoch. May jump either way. */
  wallTime(): number;
  /** Calls `callback` once, after `delayMs` of {@link now}. May be late, and a moment early: whoever asked looks at the clock again. */
  setTimer(callback: () => void, delayMs: number): Timer;
}

/** Random numbers, evenly from 0 (included) to 1 (excluded). */
export type Random = () => number;

/** The grain of {@link Clock.bootTime} on Linux, in milliseconds: part of the safety rule. */
export const BOOT_TIME_GRAIN_MS = 10;

/** The longest wait of `setTimeout`; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The real clock: `performance.now`, `os.uptime`, `Date.now`, `setTimeout`. */
export const systemClock: Clock = Object.freeze({
  now: () => performance.now(),
  bootTime: readUptime,
  wallTime: () => Date.now(),
  setTimer: (callback: () => void, delayMs: number): Timer => {
    // setTimeout drops fractions of a millisecond.
    const timer = setTimeout(callback, Math.min(Math.max(Math.ceil(delayMs), 0), MAX_TIMER_MS));
    return { cancel: () => clearTimeout(timer) };
  },
});

function readUptime(): number {
  try {
    return uptime() * 1000;
  } catch {
    // A sandbox without /proc: the wall clock still tells of a suspend.
    return performance.now();
  }
}

/** One look at all three clocks. */
export interface TimeReading {
  readonly monotonicMs: number;
  readonly bootMs: number;
  readonly wallMs: number;
}

/** Reads all three clocks. */
export function readTime(clock: Clock): TimeReading {
  return { monotonicMs: clock.now(), bootMs: clock.bootTime(), wallMs: clock.wallTime() };
}

/** Monotonic and wall time that differ by no more than this tell nothing of a suspend: boot time is not read. */
const CLOCKS_AGREE_MS = 20;

/**
 * Time since `since` as a leader must count it: the largest of the three clocks' differences, so that a suspend, a paused
 * machine or a wall clock set forward only ever shorten its belief. Never a sum of increments: boot time ticks coarsely.
 */
export function elapsedMs(since: TimeReading, now: TimeReading): number {
  return Math.max(now.monotonicMs - since.monotonicMs, now.bootMs - since.bootMs, now.wallMs - since.wallMs);
}

/** As {@link readTime}, but reads boot time only where monotonic and wall time disagree since `since`. */
export function readTimeSince(clock: Clock, since: TimeReading): TimeReading {
  const monotonicMs = clock.now();
  const wallMs = clock.wallTime();
  const drift = wallMs - since.wallMs - (monotonicMs - since.monotonicMs);
  const bootMs =
    Math.abs(drift) > CLOCKS_AGREE_MS ? clock.bootTime() : since.bootMs + (monotonicMs - since.monotonicMs);
  return { monotonicMs, bootMs, wallMs };
}
