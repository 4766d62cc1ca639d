import { Coverage, RARE_EVENTS } from "./coverage.ts";
import type { Profile } from "./generate.ts";
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
/** A run that should have seen something this often, and did not see it at all, has not looked. */
const SURELY_SEEN = 60;

/** What became of all seeds so far. */
export class Totals {
  readonly coverage: Coverage = new Coverage();
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
    if (report.violation !== undefined) this.violations.push(report);
    if (report.hashes[0] !== report.hashes[1]) this.undetermined.push(report);
  }

  years(settings?: Profile["settings"]): number {
    const { default: atDefault, bound } = this.simulatedMs;
    return (settings === undefined ? atDefault + bound : this.simulatedMs[settings]) / YEAR_MS;
  }

  /** Rare events that a run of this length must have seen and did not see often enough. */
  unseen(): readonly string[] {
    return Object.entries(RARE_EVENTS)
      .filter(([, perYear]) => perYear * this.years() >= SURELY_SEEN)
      .filter(([what, perYear]) => (this.coverage.counts.get(what) ?? 0) < (perYear * this.years()) / 10)
      .map(([what]) => what);
  }
}
