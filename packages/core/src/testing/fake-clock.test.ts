import { afterEach, describe, expect, it, vi } from "vitest";
import { readTime } from "../clock.ts";
import { FakeClock } from "./fake-clock.ts";

/** A clock, and a log of what its timers did and when. */
function logged() {
  const clock = new FakeClock();
  const startMs = clock.now();
  const log: string[] = [];
  const set = (name: string, delayMs: number) =>
    clock.setTimer(() => log.push(`${name} ${clock.now() - startMs}`), delayMs);
  return { clock, log, set };
}

describe("FakeClock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("stands still until it is moved", async () => {
    const { clock, log, set } = logged();
    const before = readTime(clock);
    set("now", 0);
    await clock.flush();
    expect(readTime(clock)).toEqual(before);
    expect(log).toEqual([]);
  });

  it("starts at a given wall time, or at the beginning of 2026", () => {
    expect(new FakeClock().wallTime()).toBe(Date.UTC(2026, 0, 1));
    const wallTime = new Date(Date.UTC(2031, 4, 6));
    expect(new FakeClock({ wallTime }).wallTime()).toBe(wallTime.getTime());
  });

  it("calls timers at their times, in order of time and then of setting", async () => {
    const { clock, log, set } = logged();
    set("late", 30);
    set("first of two", 20);
    set("second of two", 20);
    set("early", 10);
    set("at once", -5);
    await clock.advance(25);
    expect(log).toEqual(["at once 0", "early 10", "first of two 20", "second of two 20"]);
    expect(clock.pendingTimers).toBe(1);
    await clock.advance(5);
    expect(log.at(-1)).toBe("late 30");
    expect(clock.pendingTimers).toBe(0);
  });

  it("moves all three clocks alike", async () => {
    const clock = new FakeClock();
    const before = readTime(clock);
    await clock.advance(1_234);
    expect(readTime(clock)).toEqual({
      monotonicMs: before.monotonicMs + 1_234,
      bootMs: before.bootMs + 1_234,
      wallMs: before.wallMs + 1_234,
    });
  });

  it("calls timers that a timer, or a promise settled by one, sets within the same advance", async () => {
    const { clock, log, set } = logged();
    clock.setTimer(() => {
      set("from a timer", 5);
      void Promise.resolve()
        .then(() => {})
        .then(() => set("from a promise", 6));
    }, 10);
    await clock.advance(16);
    expect(log).toEqual(["from a timer 15", "from a promise 16"]);
  });

  it("lets promises settle before it moves, and after every timer", async () => {
    const { clock, log, set } = logged();
    void Promise.resolve().then(() => set("set by a promise", 10));
    await clock.advance(10);
    expect(log).toEqual(["set by a promise 10"]);
  });

  it("does not call a cancelled timer, not even one cancelled by another in the same millisecond", async () => {
    const { clock, log, set } = logged();
    set("stays", 10);
    const gone = set("gone", 5);
    gone.cancel();
    clock.setTimer(() => other.cancel(), 20);
    const other = set("other", 20);
    await clock.advance(100);
    expect(log).toEqual(["stays 10"]);
    expect(clock.pendingTimers).toBe(0);
    gone.cancel();
  });

  it("stall: all clocks go on, timers fire late, at the next advance", async () => {
    const { clock, log, set } = logged();
    set("due at 10", 10);
    set("due at 5", 5);
    const before = readTime(clock);
    clock.stall(100);
    expect(log).toEqual([]);
    await clock.advance(0);
    expect(log).toEqual(["due at 5 100", "due at 10 100"]);
    expect(readTime(clock)).toEqual({
      monotonicMs: before.monotonicMs + 100,
      bootMs: before.bootMs + 100,
      wallMs: before.wallMs + 100,
    });
  });

  it("suspend: monotonic time stands still, and timers with it; boot time and wall time go on", async () => {
    const { clock, log, set } = logged();
    set("after 10 awake", 10);
    const before = readTime(clock);
    clock.suspend(3_600_000);
    expect(readTime(clock)).toEqual({
      monotonicMs: before.monotonicMs,
      bootMs: before.bootMs + 3_600_000,
      wallMs: before.wallMs + 3_600_000,
    });
    await clock.advance(9);
    expect(log).toEqual([]);
    await clock.advance(1);
    expect(log).toEqual(["after 10 awake 10"]);
  });

  it("stepWall: sets the wall clock alone, either way", () => {
    const clock = new FakeClock();
    const before = readTime(clock);
    clock.stepWall(5_000);
    clock.stepWall(-8_000);
    expect(readTime(clock)).toEqual({ ...before, wallMs: before.wallMs - 3_000 });
  });

  it("works under a test runner that fakes the globals", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "setImmediate", "Date", "performance"] });
    const { clock, log, set } = logged();
    set("fires", 10);
    await clock.advance(10);
    expect(log).toEqual(["fires 10"]);
  });
});
