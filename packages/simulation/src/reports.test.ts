import { describe, expect, it } from "vitest";
import { RARE_EVENTS } from "./coverage.ts";
import { type Report, Totals } from "./reports.ts";
import { progressLine, summaryOf } from "./summary.ts";

const YEAR_MS = 365.25 * 24 * 3600 * 1000;
const HOUR_MS = 3_600_000;

function reportOf(change: Partial<Report> = {}): Report {
  return {
    seed: 1,
    settings: "default",
    violation: undefined,
    hashes: ["aa", "aa"],
    simulatedMs: HOUR_MS,
    terms: 3,
    counts: [],
    ...change,
  };
}

function totalsOf(...reports: readonly Partial<Report>[]): Totals {
  const totals = new Totals();
  for (const report of reports) totals.add(reportOf(report));
  return totals;
}

describe("totals", () => {
  it("add up seeds, terms, simulated time by settings, and what was counted", () => {
    const totals = totalsOf(
      { simulatedMs: YEAR_MS / 2, counts: [["fault: pause", 2]] },
      { settings: "bound", simulatedMs: YEAR_MS / 4, counts: [["fault: pause", 3]] },
    );
    expect(totals).toMatchObject({ seeds: 2, terms: 6 });
    expect([totals.years(), totals.years("default"), totals.years("bound")]).toEqual([0.75, 0.5, 0.25]);
    expect(totals.coverage.counts.get("fault: pause")).toBe(5);
  });

  it("keep the seeds that failed, and those that did not run the same way twice", () => {
    const violation = { property: "S1", message: "two lead", who: ["a", "b"], atMs: 5 } as const;
    const totals = totalsOf({ seed: 1 }, { seed: 2, violation }, { seed: 3, hashes: ["aa", "ab"] });
    expect(totals.violations.map(({ seed }) => seed)).toEqual([2]);
    expect(totals.undetermined.map(({ seed }) => seed)).toEqual([3]);
  });

  it("say after ten years without any that every rare event was seen too seldom", () => {
    expect(totalsOf({ simulatedMs: 10 * YEAR_MS }).unseen()).toEqual(Object.keys(RARE_EVENTS));
  });

  it("find nothing missing where everything was seen as often as usual", () => {
    expect(totalsOf({ simulatedMs: YEAR_MS, counts: Object.entries(RARE_EVENTS) }).unseen()).toEqual([]);
  });

  it("name the one event that was too rare", () => {
    const counts = Object.entries(RARE_EVENTS).map(
      ([what, times]) => [what, what === "drain timeout" ? times / 100 : times] as const,
    );
    expect(totalsOf({ simulatedMs: YEAR_MS, counts }).unseen()).toEqual(["drain timeout"]);
  });

  it("do not ask of a short run what it could not have seen", () => {
    expect(totalsOf({ simulatedMs: 60_000 }).unseen()).toEqual([]);
  });
});

describe("what is printed of them", () => {
  const totals = totalsOf(
    {
      simulatedMs: YEAR_MS,
      counts: [
        ["fault: pause", 2],
        ["handovers", 7],
      ],
    },
    { settings: "bound", simulatedMs: YEAR_MS / 2, counts: [["fault: crash", 3]] },
  );

  it("is one line while it runs, with the seeds, the faults by kind and the speed", () => {
    expect(progressLine(totals, YEAR_MS * 1e-6, 12)).toBe(
      "32 s: 1.500 simulated years, 2 seeds (next 12), 6 terms, 5 faults of 2 kinds, 1,500,000 times real time",
    );
  });

  it("is at the end every count, and the speed of one core", () => {
    expect(summaryOf(totals, HOUR_MS / 2, 2).split("\n")).toEqual([
      "1.000 simulated years at the default settings, 0.500 at the bound of SAFE",
      "        3  fault: crash",
      "        2  fault: pause",
      "        7  handovers",
      "2 seeds, 6 terms, 0 violations, 1800 s with 2 processes",
      "1.50 simulated years per core-hour",
    ]);
  });
});
