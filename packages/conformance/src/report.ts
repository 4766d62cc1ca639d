import type { LockCapabilities } from "@tenure/core";

/** How a case ended. */
export type CaseStatus = "passed" | "failed" | "not-run" | "known-failure";

/** How one case ended. */
export interface CaseResult {
  readonly id: string;
  readonly title: string;
  readonly status: CaseStatus;
  /** Why it failed, was not run, or is known to fail. */
  readonly reason?: string | undefined;
  readonly durationMs?: number | undefined;
}

/** What the suite found about one backend on one variant of its store. */
export interface ConformanceReport {
  /** Of `@tenure/conformance`. */
  readonly suiteVersion: string;
  readonly backend: string;
  readonly variant: string | undefined;
  /** Of client and server, as the fixture says. */
  readonly versions: Readonly<Record<string, string>>;
  readonly capabilities: LockCapabilities;
  readonly node: string;
  readonly results: readonly CaseResult[];
}

/** A file name for a report: its backend and variant. */
export function reportFileName({ backend, variant }: Pick<ConformanceReport, "backend" | "variant">): string {
  const words = `${backend} ${variant ?? ""}`.toLowerCase().match(/[a-z0-9.]+/g) ?? ["report"];
  return `${words.join("-")}.json`;
}

/** The reason of a case that was chosen by nobody: the run was filtered, or ended early. */
export const NOT_REACHED = "the run did not get to it";

/** Whether every case was run or had a reason not to be. A report of a filtered run is not. */
export function isComplete({ results }: ConformanceReport): boolean {
  return results.every(({ reason }) => reason !== NOT_REACHED);
}
