import type { Totals } from "./reports.ts";

/** One line while it runs. */
export function progressLine(totals: Totals, elapsedMs: number, nextSeed: number): string {
  const faults = [...totals.coverage.counts].filter(([what]) => what.startsWith("fault: "));
  const count = faults.reduce((sum, [, times]) => sum + times, 0);
  return `${seconds(elapsedMs)}: ${totals.years().toFixed(3)} simulated years, ${totals.seeds} seeds (next ${nextSeed}), ${totals.terms} terms, ${count} faults of ${faults.length} kinds, ${speed(totals, elapsedMs)}`;
}

/** What it came to. */
export function summaryOf(totals: Totals, elapsedMs: number, jobs: number): string {
  const lines = [...totals.coverage.counts]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([what, times]) => {
      const worlds = `${totals.worlds.get(what) ?? 0} worlds`;
      return `${String(times).padStart(9)}  ${worlds.padStart(12)}  ${what}`;
    });
  return [
    `${totals.years("default").toFixed(3)} simulated years at the default settings, ${totals.years("bound").toFixed(3)} at the bound of SAFE`,
    ...lines,
    `${totals.seeds} seeds, ${totals.terms} terms, ${totals.violations.length} violations, ${seconds(elapsedMs)} with ${jobs} processes`,
    `${((totals.years() * 3_600_000) / (elapsedMs * jobs)).toFixed(2)} simulated years per core-hour`,
  ].join("\n");
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`;
}

function speed(totals: Totals, elapsedMs: number): string {
  const factor = (totals.years() * 365.25 * 24 * 3600 * 1000) / elapsedMs;
  return `${Math.round(factor).toLocaleString("en")} times real time`;
}
