import { Coverage } from "./coverage.ts";
import type { Profile } from "./generate.ts";
import { HOW_OFTEN } from "./how-often.ts";
import type { Violation } from "./verdict.ts";

/** Seeds for a worker. */
export interface SeedOrder {
  readonly seeds: readonly number[];
  /** Each is run twice and its hashes compared. */
  readonly twice: boolean;
}

/** What became of one seed. */
export interface Report {
  readonly seed: number;
  readonly settings: Profile["settings"];
  readonly violation: Violation | undefined;
  readonly hashes: readonly [string, string];
  readonly simulatedMs: number;
  readonly terms: number;
  readonly counts: readonly (readonly [string, number])[];
}

const YEAR_MS = 365.25 * 24 * 3600 * 1000;
/** What should be seen in fewer worlds than this may be missed by bad luck. */
const ENOUGH_WORLDS = 40;

/** What became of all seeds so far. */
export class Totals {
  readonly coverage: Coverage = new Coverage();
  /** In how many worlds what happened. */
  readonly worlds: Map<string, number> = new Map();
  readonly violations: Report[] = [];
  readonly undetermined: Report[] = [];
  seeds = 0;
  terms = 0;
  /** Simulated milliseconds by settings; a second run of a seed does not count. */
  readonly simulatedMs: Record<Profile["settings"], number> = { default: 0, bound: 0 };

  add(report: Report): void {
    this.seeds += 1;
    this.terms += report.terms;
    this.simulatedMs[report.settings] += report.simulatedMs;
    this.coverage.add(report.counts);
    for (const [what] of report.counts) this.worlds.set(what, (this.worlds.get(what) ?? 0) + 1);
    if (report.violation !== undefined) this.violations.push(report);
    if (report.hashes[0] !== report.hashes[1]) this.undetermined.push(report);
  }

  years(settings?: Profile["settings"]): number {
    const { default: atDefault, bound } = this.simulatedMs;
    return (settings === undefined ? atDefault + bound : this.simulatedMs[settings]) / YEAR_MS;
  }

  /**
   * Faults and rare events that a run of this length should have seen in many worlds, and saw in less than a quarter of them, or
   * not a tenth as often as usual. Measured by simulated time, since a slow machine gets less far.
   */
  unseen(): readonly string[] {
    const years = this.years();
    return Object.entries(HOW_OFTEN)
      .filter(([, { worlds }]) => worlds * years >= ENOUGH_WORLDS)
      .filter(
        ([what, { times, worlds }]) =>
          (this.worlds.get(what) ?? 0) < (worlds * years) / 4 ||
          (this.coverage.counts.get(what) ?? 0) < (times * years) / 10,
      )
      .map(([what]) => what);
  }
}
