import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { allCases } from "./all-cases.ts";
import { CaseContext } from "./case-context.ts";
import { checkEnvironment, checkFixture } from "./check-fixture.ts";
import type { ConformanceCase } from "./conformance-case.ts";
import { show } from "./expectations.ts";
import type { Environment, LockFixture } from "./fixture.ts";
import { type CaseResult, type ConformanceReport, NOT_REACHED, reportFileName } from "./report.ts";
import { suiteVersion } from "./suite-version.ts";
import { electionTiming } from "./timing.ts";
import { whyNotRun } from "./why-not-run.ts";
import { within } from "./within.ts";

/** One run of the suite over one fixture: what applies, what came out. */
export class Suite {
  /** What is run, in order. */
  readonly cases: readonly ConformanceCase[];
  readonly #fixture: LockFixture;
  readonly #results = new Map<string, CaseResult>();
  #environment: Promise<Environment> | undefined;

  /** @throws TypeError or RangeError when the fixture contradicts itself. */
  constructor(fixture: LockFixture, ids?: readonly string[]) {
    checkFixture(fixture);
    this.#fixture = fixture;
    const chosen = ids === undefined ? allCases : allCases.filter(({ id }) => ids.includes(id));
    const unknown = ids?.find((id) => !allCases.some((known) => known.id === id));
    if (unknown !== undefined)
      throw new RangeError(`Expected the id of a case, got ${JSON.stringify(unknown)}`);
    for (const { id, title } of allCases) {
      this.#results.set(id, { id, title, status: "not-run", reason: NOT_REACHED });
    }
    const run: ConformanceCase[] = [];
    for (const each of chosen) {
      const reason = whyNotRun(each, fixture);
      if (reason === undefined) run.push(each);
      else this.#results.set(each.id, { id: each.id, title: each.title, status: "not-run", reason });
    }
    this.cases = run;
  }

  /** Every case that is not run, with the reason. */
  get notRun(): readonly CaseResult[] {
    const run = new Set(this.cases.map(({ id }) => id));
    return [...this.#results.values()].filter(({ id }) => !run.has(id));
  }

  /**
   * Starts the servers, once.
   * @throws TypeError when a hook is named that the environment does not give, else what the fixture throws.
   */
  async setUp(): Promise<Environment> {
    // In a function of its own: one that throws at once has been called as well.
    this.#environment ??= (async () => await this.#fixture.setup())();
    const environment = await this.#environment;
    checkEnvironment(this.#fixture, environment);
    return environment;
  }

  /** Ends them, if they were started. */
  async tearDown(): Promise<void> {
    // What could not be set up was told by whoever asked for it; there is nothing to end.
    const environment = await this.#environment?.catch(() => undefined);
    await environment?.teardown();
  }

  /** How long a case may take before it counts as failed. */
  budgetMs({ budgetMs = 15_000, budgetLeases = 0 }: ConformanceCase): number {
    const scale = this.#fixture.scale ?? 1;
    const { leaseDurationMs } = electionTiming(this.#fixture.capabilities, scale);
    return Math.ceil(budgetMs * scale + budgetLeases * leaseDurationMs);
  }

  /**
   * Runs one case and keeps its result.
   * @throws what it failed with, unless that is a known failure; also when a known failure passes.
   */
  async run(each: ConformanceCase): Promise<void> {
    const environment = await this.setUp().catch((error: unknown) => {
      const reason = `setup failed: ${show(error)}`;
      this.#results.set(each.id, { id: each.id, title: each.title, status: "failed", reason });
      throw error;
    });
    const startedAtMs = performance.now();
    const failed = await this.#attempt(each, environment);
    const known = this.#fixture.knownFailures?.[each.id];
    const durationMs = Math.round(performance.now() - startedAtMs);
    const result = { id: each.id, title: each.title, durationMs };
    if (failed === undefined && known === undefined) {
      this.#results.set(each.id, { ...result, status: "passed" });
      return;
    }
    if (failed !== undefined && known !== undefined) {
      this.#results.set(each.id, { ...result, status: "known-failure", reason: known });
      return;
    }
    const error =
      failed?.error ??
      new Error(`${each.id} passes, but is listed in \`knownFailures\` (${known}): take it off the list`);
    this.#results.set(each.id, { ...result, status: "failed", reason: show(error) });
    throw error;
  }

  /** What is known so far. */
  async report(): Promise<ConformanceReport> {
    const environment = await this.#environment?.catch(() => undefined);
    const { backend, variant, capabilities } = this.#fixture;
    return {
      suiteVersion: suiteVersion(),
      backend,
      variant,
      versions: environment?.versions ?? {},
      capabilities,
      node: process.versions.node,
      results: [...this.#results.values()],
    };
  }

  /** Writes the report as JSON into a folder, which is made where it is missing. */
  async writeReport(folder: string): Promise<void> {
    const report = await this.report();
    await mkdir(folder, { recursive: true });
    await writeFile(join(folder, reportFileName(report)), `${JSON.stringify(report, undefined, 2)}\n`);
  }

  async #attempt(
    each: ConformanceCase,
    environment: Environment,
  ): Promise<{ readonly error: unknown } | undefined> {
    const context = new CaseContext(this.#fixture, environment, each.id);
    const failures: unknown[] = [];
    // A rejection that nobody hears is a bug of the backend, and belongs to the case that brought it about.
    const onRejection = (reason: unknown): void => {
      failures.push(new Error(`A promise rejected and nobody listened: ${show(reason)}`));
    };
    process.on("unhandledRejection", onRejection);
    try {
      await within(this.budgetMs(each), each.run(context));
    } catch (error) {
      failures.unshift(error);
    }
    try {
      await within(30_000, context.cleanUp());
      // Rejections are told in a later turn.
      await sleep(1);
    } catch (error) {
      failures.push(error);
    } finally {
      process.off("unhandledRejection", onRejection);
    }
    return failures.length > 0 ? { error: failures[0] } : undefined;
  }
}
