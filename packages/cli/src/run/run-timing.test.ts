import { LeaderElector } from "@tenure/core";
import { CellLock } from "@tenure/core/testing";
import { expect, it } from "vitest";
import { inOptionNames, resolveTiming } from "./run-timing.ts";

it("has client-go's durations, and leaves the command half of what lies between deadline and lease", () => {
  expect(resolveTiming({})).toEqual({
    leaseDurationMs: 15_000,
    renewDeadlineMs: 10_000,
    retryPeriodMs: 2_000,
    killGraceMs: 2_500,
    drainTimeoutMs: 10_000,
    killMarginMs: 200,
  });
});

it("keeps the proportions for another lease, but renews once a second at most where that is often enough", () => {
  expect(resolveTiming({ leaseDurationMs: 60_000 })).toMatchObject({
    ...{ renewDeadlineMs: 40_000, retryPeriodMs: 8_000, killGraceMs: 10_000 },
  });
  expect(resolveTiming({ leaseDurationMs: 4_000 })).toMatchObject({
    ...{ renewDeadlineMs: 2_666, retryPeriodMs: 1_000, killGraceMs: 667 },
  });
  expect(resolveTiming({ leaseDurationMs: 1_500 })).toMatchObject({
    ...{ renewDeadlineMs: 1_000, retryPeriodMs: 200, killGraceMs: 250 },
  });
});

it.each([
  [15_000, undefined, undefined],
  [4_000, undefined, undefined],
  [1_000, undefined, undefined],
  [300, undefined, undefined],
  [15_000, 10_000, 2_000],
  [60_000, 50_000, 5_000],
  [4_000, 2_500, 1_000],
  [1_000, 600, 200],
  [300, 150, 50],
])(
  "derives what the elector finds safe, of a lease of %s ms, deadline %s and period %s",
  (lease, deadline, period) => {
    const timing = resolveTiming({
      leaseDurationMs: lease,
      renewDeadlineMs: deadline,
      retryPeriodMs: period,
    });
    const abortGraceMs = timing.killGraceMs + timing.killMarginMs;
    expect(() => new LeaderElector({ ...timing, abortGraceMs, lock: new CellLock() })).not.toThrow();
  },
);

it("says what the elector refuses in the words of the command line", () => {
  expect(inOptionNames("Expected `renewDeadlineMs` below `leaseDurationMs` (15000), got 20000")).toBe(
    "Expected --renew-deadline below --lease-duration (15000), got 20000",
  );
  expect(inOptionNames("Expected `lock` to be a ResourceLock")).toBe("Expected `lock` to be a ResourceLock");
});
