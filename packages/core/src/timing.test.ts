import { describe, expect, it } from "vitest";
import {
  defaultTimeoutMs,
  isSafe,
  JITTER_FACTOR,
  longestTimeoutMs,
  safeBoundMs,
  type Timing,
} from "./timing.ts";

const PARTS = 1024; // rates in 1/1024: exact in binary, so that no rounding decides a case

/**
 * SAFE by exhaustion: for every pair of clock rates within the error, the leader's belief (with the grain of boot time and the
 * task's grace) must end before the observer's wait. Whole numbers only.
 */
function neverOverlaps({ leaseDurationMs, renewDeadlineMs, abortGraceMs, clockRateError }: Timing): boolean {
  const error = clockRateError * PARTS;
  const beliefMs = renewDeadlineMs + abortGraceMs + 10;
  for (let leaderRate = PARTS - error; leaderRate <= PARTS + error; leaderRate += Math.max(1, error / 4)) {
    for (
      let observerRate = PARTS - error;
      observerRate <= PARTS + error;
      observerRate += Math.max(1, error / 4)
    ) {
      // In real time belief lasts belief / leaderRate, the wait lasts lease / observerRate.
      if (beliefMs * observerRate >= leaseDurationMs * leaderRate) return false;
    }
  }
  return true;
}

/** AVAIL by walking it: the last confirmed write took T, then wait J * P, try for T, and so on until the deadline. */
function attemptsBefore(renewDeadlineMs: number, retryPeriodMs: number, requestTimeoutMs: number): number {
  let attempts = 0;
  let tenths = 10 * requestTimeoutMs;
  const each = 12 * retryPeriodMs + 10 * requestTimeoutMs;
  while (tenths + each <= 10 * renewDeadlineMs) {
    tenths += each;
    attempts += 1;
  }
  return attempts;
}

describe("SAFE", () => {
  it("holds exactly where no pair of clock rates lets two terms overlap", () => {
    const seen = { safe: 0, unsafe: 0 };
    for (const leaseDurationMs of [100, 101, 1_024, 5_000, 15_000, 60_000]) {
      for (const error of [0, 1, 4, 8, 64, 256, 508]) {
        const clockRateError = error / PARTS;
        const boundMs = Math.round(safeBoundMs(leaseDurationMs, clockRateError));
        for (const abortGraceMs of [0, 7, 50]) {
          for (let beliefMs = boundMs - 3; beliefMs <= boundMs + 3; beliefMs += 1) {
            const timing = {
              leaseDurationMs,
              renewDeadlineMs: beliefMs - abortGraceMs,
              retryPeriodMs: 1,
              requestTimeoutMs: 1,
              abortGraceMs,
              clockRateError,
            };
            expect(isSafe(timing), JSON.stringify(timing)).toBe(neverOverlaps(timing));
            seen[isSafe(timing) ? "safe" : "unsafe"] += 1;
          }
        }
      }
    }
    expect(seen.safe).toBeGreaterThan(300);
    expect(seen.unsafe).toBeGreaterThan(300);
  });

  it("tolerates almost 20 % at the default 15 s / 10 s", () => {
    expect(safeBoundMs(15_000, 0.01)).toBeCloseTo(14_692.97, 2);
    expect(safeBoundMs(15_000, 0.199)).toBeGreaterThan(10_000);
    expect(safeBoundMs(15_000, 0.2)).toBeLessThan(10_000);
  });
});

describe("AVAIL", () => {
  it("is the longest timeout with which that many more attempts fit before the deadline", () => {
    for (const renewDeadlineMs of [50, 1_000, 2_400, 10_000, 13_333]) {
      for (const retryPeriodMs of [1, 5, 10, 500, 2_000]) {
        for (const retries of [1, 2]) {
          const longest = longestTimeoutMs(renewDeadlineMs, retryPeriodMs, retries);
          for (let timeoutMs = Math.floor(longest) - 2; timeoutMs <= longest + 2; timeoutMs += 1) {
            if (timeoutMs < 1) continue;
            expect(
              attemptsBefore(renewDeadlineMs, retryPeriodMs, timeoutMs) >= retries,
              `H ${renewDeadlineMs} P ${retryPeriodMs} k ${retries} T ${timeoutMs}`,
            ).toBe(timeoutMs <= longest);
          }
        }
      }
    }
  });

  it("gives a default that fits two retries, from 250 ms on, else one", () => {
    for (let renewDeadlineMs = 30; renewDeadlineMs <= 20_000; renewDeadlineMs += 61) {
      for (const retryPeriodMs of [5, 100, 500, 1_500, 2_000]) {
        const timeoutMs = defaultTimeoutMs(renewDeadlineMs, retryPeriodMs);
        if (timeoutMs < 1) {
          expect(attemptsBefore(renewDeadlineMs, retryPeriodMs, 1)).toBe(0);
          continue;
        }
        const retries = attemptsBefore(renewDeadlineMs, retryPeriodMs, 250) >= 2 ? 2 : 1;
        expect(attemptsBefore(renewDeadlineMs, retryPeriodMs, timeoutMs)).toBeGreaterThanOrEqual(retries);
        expect(attemptsBefore(renewDeadlineMs, retryPeriodMs, timeoutMs + 1)).toBeLessThan(retries);
      }
    }
  });

  it("counts with client-go's jitter", () => {
    expect(JITTER_FACTOR).toBe(1.2);
  });
});
