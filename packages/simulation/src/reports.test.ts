import { describe, expect, it } from "vitest";
import { HOW_OFTEN } from "./how-often.ts";
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

/** A year of worlds in which everything happens as often as usual. */
function usualYear(): readonly [UsualReport, ...UsualReport[]] {
  const worlds = Math.max(...Object.values(HOW_OFTEN).map((usual) => usual.worlds));
  const report = (index: number): UsualReport => ({
    simulatedMs: YEAR_MS / worlds,
    counts: Object.entries(HOW_OFTEN)
      .filter(([, usual]) => index < usual.worlds)
      .map(([what, usual]) => [what, usual.times / usual.worlds]),
  });
  return [report(0), ...Array.from({ length: Math.floor(worlds) - 1 }, (_, index) => report(index + 1))];
}

type UsualReport = Pick<Report, "simulatedMs" | "counts">;

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

  it("say after a long run without any that every fault and every rare event was seen too seldom", () => {
    expect(totalsOf({ simulatedMs: 100 * YEAR_MS }).unseen()).toEqual(Object.keys(HOW_OFTEN));
  });

  it("find nothing missing where everything was seen in as many worlds as usual, as often as usual", () => {
    expect(totalsOf(...usualYear()).unseen()).toEqual([]);
  });

  it.each(["drain timeout", "fault: pause"])("name the one that came in too few worlds: %s", (what) => {
    const [first, ...others] = usualYear();
    const spoilt = others.map((report) => ({
      ...report,
      counts: report.counts.filter(([other]) => other !== what),
    }));
    expect(totalsOf(first, ...spoilt).unseen()).toEqual([what]);
  });

  it("name the one that came in many worlds, but too seldom in each", () => {
    const what = "conflict on a renewal that had landed";
    const spoilt = usualYear().map((report) => ({
      ...report,
      counts: report.counts.map(([other, times]) => [other, other === what ? times / 20 : times] as const),
    }));
    expect(totalsOf(...spoilt).unseen()).toEqual([what]);
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
      "        3      1 worlds  fault: crash",
      "        2      1 worlds  fault: pause",
      "        7      1 worlds  handovers",
      "2 seeds, 6 terms, 0 violations, 1800 s with 2 processes",
      "1.50 simulated years per core-hour",
    ]);
  });
});
