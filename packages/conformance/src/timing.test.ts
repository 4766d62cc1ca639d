import { LeaderElector } from "@tenure/core";
import { CellLock } from "@tenure/core/testing";
import { describe, expect, it } from "vitest";
import { electionTiming } from "./timing.ts";

describe("electionTiming", () => {
  it.each([1, 10, 100, 1000, 5000])(
    "gives what an elector takes, on a lock with a grain of %i ms",
    (granularityMs) => {
      const lock = new CellLock({ granularityMs });
      for (const scale of [0.3, 0.5, 1, 1.7, 5]) {
        const timing = electionTiming(lock.capabilities, scale);
        expect(() => new LeaderElector({ lock, ...timing })).not.toThrow();
        expect(timing.leaseDurationMs).toBeGreaterThanOrEqual(1000 * scale);
      }
    },
  );

  it("takes a second where the grain allows it, and four of a coarse grain", () => {
    expect(electionTiming(new CellLock().capabilities, 1).leaseDurationMs).toBe(1000);
    expect(electionTiming(new CellLock({ granularityMs: 1000 }).capabilities, 1).leaseDurationMs).toBe(4000);
  });
});
