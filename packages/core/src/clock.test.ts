import { syncBuiltinESMExports } from "node:module";
import os from "node:os";
import { afterEach, describe, expect, it, vi } from "vitest";
import { type Clock, elapsedMs, readTime, readTimeSince, systemClock } from "./clock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

describe("elapsedMs", () => {
  const since = { monotonicMs: 100, bootMs: 5_000, wallMs: 1_000_000 };

  it.each([
    ["monotonic", { monotonicMs: 1_100, bootMs: 5_999, wallMs: 1_000_999 }],
    ["boot, as after a suspend", { monotonicMs: 110, bootMs: 6_000, wallMs: 1_000_010 }],
    ["wall, as after a pause of the whole machine", { monotonicMs: 110, bootMs: 5_010, wallMs: 1_001_000 }],
  ])("is the largest of three differences: %s", (_which, now) => {
    expect(elapsedMs(since, now)).toBe(1_000);
  });

  it("is not shortened by a wall clock set back", () => {
    expect(elapsedMs(since, { monotonicMs: 1_100, bootMs: 6_000, wallMs: 0 })).toBe(1_000);
  });

  it("is one difference, never a sum: many samples count no more than one", () => {
    const clock = new FakeClock();
    const start = readTime(clock);
    for (let i = 0; i < 100; i += 1) clock.stall(3);
    expect(elapsedMs(start, readTime(clock))).toBe(300);
  });
});

describe("readTimeSince", () => {
  function counting() {
    const clock = new FakeClock();
    let bootReads = 0;
    const counted: Clock = {
      now: () => clock.now(),
      wallTime: () => clock.wallTime(),
      setTimer: (callback, delayMs) => clock.setTimer(callback, delayMs),
      bootTime: () => {
        bootReads += 1;
        return clock.bootTime();
      },
    };
    return { clock, counted, since: readTime(clock), bootReads: () => bootReads };
  }

  it("does not read boot time, which is dear, while monotonic and wall time agree to 20 ms", () => {
    const { clock, counted, since, bootReads } = counting();
    clock.stall(60_000);
    expect(readTimeSince(counted, since)).toEqual(readTime(clock));
    clock.stepWall(20);
    expect(elapsedMs(since, readTimeSince(counted, since))).toBe(60_020);
    clock.stepWall(-40);
    expect(elapsedMs(since, readTimeSince(counted, since))).toBe(60_000);
    expect(bootReads()).toBe(0);
  });

  it("reads it once they do not, either way", () => {
    for (const stepMs of [21, -21]) {
      const { clock, counted, since, bootReads } = counting();
      clock.stepWall(stepMs);
      expect(readTimeSince(counted, since)).toEqual(readTime(clock));
      expect(bootReads()).toBe(1);
    }
  });

  it("so sees a suspend, also one in which the wall clock was set back by more", () => {
    const { clock, counted, since } = counting();
    clock.suspend(10_000);
    expect(elapsedMs(since, readTimeSince(counted, since))).toBe(10_000);
    clock.stepWall(-30_000);
    expect(elapsedMs(since, readTimeSince(counted, since))).toBe(10_000);
  });
});

describe("systemClock", () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it("reads the three clocks of the machine", () => {
    const before = { monotonicMs: performance.now(), bootMs: os.uptime() * 1000, wallMs: Date.now() };
    const reading = readTime(systemClock);
    const after = { monotonicMs: performance.now(), bootMs: os.uptime() * 1000, wallMs: Date.now() };
    for (const name of ["monotonicMs", "bootMs"] as const) {
      expect(reading[name]).toBeGreaterThanOrEqual(before[name]);
      expect(reading[name]).toBeLessThanOrEqual(after[name]);
    }
    // Not that it lies in between: the wall clock may be set at any time.
    expect(Math.abs(reading.wallMs - after.wallMs)).toBeLessThan(60_000);
  });

  it("never runs backwards, but for the wall clock", () => {
    let last = readTime(systemClock);
    for (let i = 0; i < 2_000; i += 1) {
      const next = readTime(systemClock);
      expect(next.monotonicMs).toBeGreaterThanOrEqual(last.monotonicMs);
      expect(next.bootMs).toBeGreaterThanOrEqual(last.bootMs);
      last = next;
    }
  });

  it("does without boot time where the sandbox forbids it", () => {
    const { uptime } = os;
    os.uptime = () => {
      throw new Error("no /proc");
    };
    syncBuiltinESMExports();
    try {
      const before = performance.now();
      expect(systemClock.bootTime()).toBeGreaterThanOrEqual(before);
      expect(systemClock.bootTime()).toBeLessThanOrEqual(performance.now());
    } finally {
      os.uptime = uptime;
      syncBuiltinESMExports();
    }
  });

  it("calls a timer once, not before its time", () => {
    vi.useFakeTimers();
    let calls = 0;
    systemClock.setTimer(() => calls++, 1_000);
    vi.advanceTimersByTime(999);
    expect(calls).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(calls).toBe(1);
  });

  it.each([2 ** 31 - 1, 2 ** 31, 2 ** 40, Number.POSITIVE_INFINITY])(
    "waits 2^31-1 ms for a timer of %d ms, which setTimeout would fire at once",
    (delayMs) => {
      vi.useFakeTimers();
      let calls = 0;
      systemClock.setTimer(() => calls++, delayMs);
      vi.advanceTimersByTime(2 ** 31 - 2);
      expect(calls).toBe(0);
      vi.advanceTimersByTime(1);
      expect(calls).toBe(1);
    },
  );

  it("takes a time that has passed for now", () => {
    vi.useFakeTimers();
    let calls = 0;
    systemClock.setTimer(() => calls++, -5_000);
    vi.advanceTimersByTime(1);
    expect(calls).toBe(1);
  });

  it("never calls a cancelled timer; cancelling twice, or after it was called, is nothing", () => {
    vi.useFakeTimers();
    let calls = 0;
    const timer = systemClock.setTimer(() => calls++, 1_000);
    timer.cancel();
    timer.cancel();
    expect(vi.getTimerCount()).toBe(0);
    vi.advanceTimersByTime(10_000);
    expect(calls).toBe(0);
    const other = systemClock.setTimer(() => calls++, 1_000);
    vi.advanceTimersByTime(1_000);
    other.cancel();
    expect(calls).toBe(1);
  });
});
