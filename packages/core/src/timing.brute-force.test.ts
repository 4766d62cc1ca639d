import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BOOT_TIME_GRAIN_MS } from "./clock.ts";
import { resolveOptions } from "./options.ts";
import { CellLock } from "./testing/cell-lock.ts";
import { isSafe, JITTER_FACTOR, longestTimeoutMs, safeBoundMs } from "./timing.ts";

/** Deterministic, so that a red run can be run again. */
const RUNS = { seed: 20_261_124, numRuns: 2_000 };

/** Rates are counted in thousandths: a clock that is off by rho shows 1000 - r or 1000 + r ms in a real second. */
const rate = fc.integer({ min: 0, max: 499 });
const duration = fc.integer({ min: 100, max: 4_000 });
const grace = fc.integer({ min: 0, max: 300 });

interface Case {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly abortGraceMs: number;
  readonly perMille: number;
}

/** Deadlines within 3 ms of the bound: elsewhere both sides agree too easily. */
const nearTheBound: fc.Arbitrary<Case> = fc
  .record({
    leaseDurationMs: duration,
    abortGraceMs: grace,
    perMille: rate,
    off: fc.integer({ min: -3, max: 3 }),
  })
  .map(({ leaseDurationMs, abortGraceMs, perMille, off }) => ({
    leaseDurationMs,
    abortGraceMs,
    perMille,
    renewDeadlineMs: Math.round(safeBoundMs(leaseDurationMs, perMille / 1_000)) - abortGraceMs + off,
  }))
  .filter(({ renewDeadlineMs }) => renewDeadlineMs > 0);

function safe({ leaseDurationMs, renewDeadlineMs, abortGraceMs, perMille }: Case): boolean {
  const clockRateError = perMille / 1_000;
  return isSafe({
    leaseDurationMs,
    renewDeadlineMs,
    abortGraceMs,
    clockRateError,
    retryPeriodMs: 1,
    requestTimeoutMs: 1,
  });
}

/**
 * Two clocks run from the same instant, thousandth by thousandth of real milliseconds: the leader's as slow as allowed, read
 * through a grain that hides up to 10 ms, the observer's as fast as allowed. The commit and its sight cost no time at all.
 */
function overlaps({ leaseDurationMs, renewDeadlineMs, abortGraceMs, perMille }: Case): boolean {
  const slow = 1_000 - perMille;
  const fast = 1_000 + perMille;
  let leaderMicros = 0;
  let observerMicros = 0;
  for (;;) {
    // Whole real milliseconds first, and one more that both reach exactly where it is cut.
    const stopsIn = ((renewDeadlineMs + abortGraceMs + BOOT_TIME_GRAIN_MS) * 1_000 - leaderMicros) / slow;
    const takesIn = (leaseDurationMs * 1_000 - observerMicros) / fast;
    if (stopsIn <= 1 || takesIn <= 1) {
      // Cross-multiplied: no rounding decides a tie. A tie is an overlap, since SAFE is strict.
      const stops = (renewDeadlineMs + abortGraceMs + BOOT_TIME_GRAIN_MS) * 1_000 - leaderMicros;
      const takes = leaseDurationMs * 1_000 - observerMicros;
      return takes * slow <= stops * fast;
    }
    leaderMicros += slow;
    observerMicros += fast;
  }
}

/** A leader whose every request hangs for T, the last confirmed one too: how many more end before the deadline. */
function attemptsThatFit(renewDeadlineMs: number, retryPeriodMs: number, requestTimeoutMs: number): number {
  let attempts = 0;
  // In tenths of milliseconds: the jitter factor then keeps whole numbers whole.
  let clock = 10 * requestTimeoutMs;
  for (;;) {
    clock += Math.round(10 * JITTER_FACTOR) * retryPeriodMs;
    clock += 10 * requestTimeoutMs;
    if (clock > 10 * renewDeadlineMs) return attempts;
    attempts += 1;
  }
}

function accepts(options: Omit<Parameters<typeof resolveOptions>[0], "lock">): boolean {
  try {
    resolveOptions({ lock: new CellLock(), ...options });
    return true;
  } catch (error) {
    if (error instanceof RangeError) return false;
    throw error;
  }
}

describe("SAFE", () => {
  it("holds exactly where the slowest leader stops before the fastest observer takes over", () => {
    const seen = { safe: 0, unsafe: 0 };
    fc.assert(
      fc.property(nearTheBound, (timing) => {
        seen[safe(timing) ? "safe" : "unsafe"] += 1;
        // At an exact tie, floating point may fall to either side of the bound.
        const tie = isTie(timing);
        if (!tie) expect(safe(timing)).toBe(!overlaps(timing));
      }),
      RUNS,
    );
    expect(Math.min(seen.safe, seen.unsafe)).toBeGreaterThan(RUNS.numRuns / 5);
  });

  it("holds for every rate error below rho_max = (D - H - A - e) / (D + H + A + e), and for none above", () => {
    fc.assert(
      fc.property(duration, grace, fc.integer({ min: 1, max: 4_000 }), rate, (D, A, H, perMille) => {
        const belief = H + A + BOOT_TIME_GRAIN_MS;
        const most = (D - belief) / (D + belief);
        const timing = { leaseDurationMs: D, abortGraceMs: A, renewDeadlineMs: H, perMille };
        if (Math.abs(perMille / 1_000 - most) > 1e-9) expect(safe(timing)).toBe(perMille / 1_000 < most);
      }),
      RUNS,
    );
  });

  it("is what the constructor accepts, other rules being kept", () => {
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(nearTheBound, (timing) => {
        const { leaseDurationMs, renewDeadlineMs, abortGraceMs, perMille } = timing;
        // A retry must fit; that rule is not looked at here.
        fc.pre(renewDeadlineMs >= 10);
        const accepted = accepts({
          leaseDurationMs,
          renewDeadlineMs,
          abortGraceMs,
          clockRateError: perMille / 1_000,
          retryPeriodMs: 1,
          requestTimeoutMs: 1,
        });
        seen[accepted ? "accepted" : "refused"] += 1;
        if (!isTie(timing)) expect(accepted).toBe(!overlaps(timing));
      }),
      RUNS,
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(RUNS.numRuns / 5);
  });
});

function isTie({ leaseDurationMs, renewDeadlineMs, abortGraceMs, perMille }: Case): boolean {
  const belief = renewDeadlineMs + abortGraceMs + BOOT_TIME_GRAIN_MS;
  return belief * (1_000 + perMille) === leaseDurationMs * (1_000 - perMille);
}

const availability = fc.record({
  H: fc.integer({ min: 20, max: 20_000 }),
  P: fc.integer({ min: 1, max: 3_000 }),
  k: fc.integer({ min: 1, max: 2 }),
});

describe("AVAIL", () => {
  it("gives the longest timeout with which so many attempts fit, and no longer one", () => {
    fc.assert(
      fc.property(availability, ({ H, P, k }) => {
        const longest = Math.floor(longestTimeoutMs(H, P, k) + 1e-9);
        if (longest >= 1) expect(attemptsThatFit(H, P, longest)).toBeGreaterThanOrEqual(k);
        expect(attemptsThatFit(H, P, Math.max(1, longest + 1))).toBeLessThan(k);
      }),
      RUNS,
    );
  });

  it("is what the constructor accepts of timeouts: those with which one more attempt fits", () => {
    const seen = { accepted: 0, refused: 0 };
    const timeout = fc.integer({ min: -3, max: 3 });
    fc.assert(
      fc.property(availability, timeout, ({ H, P }, off) => {
        const requestTimeoutMs = Math.floor(longestTimeoutMs(H, P, 1)) + off;
        fc.pre(requestTimeoutMs >= 1);
        const accepted = accepts({
          leaseDurationMs: 2 * H + 200,
          renewDeadlineMs: H,
          retryPeriodMs: P,
          requestTimeoutMs,
        });
        seen[accepted ? "accepted" : "refused"] += 1;
        expect(accepted).toBe(attemptsThatFit(H, P, requestTimeoutMs) >= 1);
      }),
      RUNS,
    );
    expect(Math.min(seen.accepted, seen.refused)).toBeGreaterThan(RUNS.numRuns / 5);
  });

  it("always fits the default timeout: two attempts where each gets 250 ms, else one", () => {
    fc.assert(
      fc.property(availability, ({ H, P }) => {
        const lock = new CellLock();
        const timing = { leaseDurationMs: 2 * H + 200, renewDeadlineMs: H, retryPeriodMs: P };
        if (attemptsThatFit(H, P, 1) < 1) {
          expect(accepts(timing)).toBe(false);
          return;
        }
        const { requestTimeoutMs } = resolveOptions({ lock, ...timing });
        const wanted = attemptsThatFit(H, P, 250) >= 2 ? 2 : 1;
        expect(attemptsThatFit(H, P, requestTimeoutMs)).toBeGreaterThanOrEqual(wanted);
        expect(attemptsThatFit(H, P, requestTimeoutMs + 1)).toBeLessThan(wanted);
      }),
      RUNS,
    );
  });
});
