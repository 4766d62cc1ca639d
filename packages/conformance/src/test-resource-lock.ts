import type { LockFixture } from "./fixture.ts";
import type { ConformanceReport } from "./report.ts";
import { Suite } from "./suite.ts";

/** What the suite needs of a test runner. vitest's `describe` and `it` fit as they are, node:test's as well. */
export interface Runner {
  describe(title: string, body: () => void): unknown;
  it(title: string, options: { readonly timeout: number }, body: () => Promise<void>): unknown;
  /** Without it servers are started by the first case. */
  beforeAll?(body: () => Promise<void>): unknown;
  /** Without it a last test, `report`, ends them. */
  afterAll?(body: () => Promise<void>): unknown;
}

/** Options of {@link testResourceLock}. */
export interface TestResourceLockOptions {
  /** Where the report goes, as JSON. Without it none is written. */
  readonly reportFolder?: string | undefined;
}

/** A case may use up its time and must then be cleaned up. */
const CLEAN_UP_MS = 40_000;
/** Servers start and stop within this. */
const SETUP_MS = 120_000;

/**
 * Registers the suite with a test runner: one test for each case that applies to the fixture, and one that lists those that do
 * not, with the reasons.
 * @throws TypeError or RangeError when the fixture contradicts itself.
 */
export function testResourceLock(
  runner: Runner,
  fixture: LockFixture,
  options: TestResourceLockOptions = {},
): void {
  const { describe, it, beforeAll, afterAll } = runner;
  const suite = new Suite(fixture);
  const finish = async (): Promise<void> => {
    try {
      await suite.tearDown();
    } finally {
      if (options.reportFolder !== undefined) await suite.writeReport(options.reportFolder);
    }
  };
  describe(`conformance of ${fixture.backend}${fixture.variant === undefined ? "" : ` on ${fixture.variant}`}`, () => {
    beforeAll?.(async () => {
      await suite.setUp();
    });
    for (const each of suite.cases) {
      it(
        `${each.id}: ${each.title}`,
        { timeout: suite.budgetMs(each) + CLEAN_UP_MS + (beforeAll === undefined ? SETUP_MS : 0) },
        () => suite.run(each),
      );
    }
    const notRun = suite.notRun.map(({ id, reason }) => `${id} (${reason})`);
    // Not skipped tests: nobody can make them run, and a skip is what a broken environment looks like.
    if (afterAll === undefined) {
      it(`report; not run: ${notRun.join(", ") || "none"}`, { timeout: SETUP_MS }, finish);
    } else {
      it(`not run: ${notRun.join(", ") || "none"}`, { timeout: SETUP_MS }, async () => {});
      afterAll(finish);
    }
  });
}

/** Options of {@link runConformance}. */
export interface RunConformanceOptions {
  /** Cases to run. @defaultValue all */
  readonly cases?: readonly string[] | undefined;
}

/**
 * Runs the suite without a test runner. Resolves with the report, failures included.
 * @throws what setting up or tearing down fails with; TypeError or RangeError when the fixture contradicts itself.
 */
export async function runConformance(
  fixture: LockFixture,
  options: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  const suite = new Suite(fixture, options.cases);
  try {
    await suite.setUp();
    // A failure is in the report.
    for (const each of suite.cases) await suite.run(each).catch(() => {});
    return await suite.report();
  } finally {
    await suite.tearDown();
  }
}
