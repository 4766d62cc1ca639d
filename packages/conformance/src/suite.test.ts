import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { allCases } from "./all-cases.ts";
import { cellFixture } from "./cell.fixture.ts";
import type { Environment, LockFixture } from "./fixture.ts";
import { type ConformanceReport, isComplete } from "./report.ts";
import { type Runner, runConformance, testResourceLock } from "./test-resource-lock.ts";

/** A runner that keeps what is registered, to be run by hand. */
function recorder() {
  const tests: { readonly title: string; readonly timeout: number; readonly body: () => Promise<void> }[] =
    [];
  const hooks: { readonly kind: "before" | "after"; readonly body: () => Promise<void> }[] = [];
  const titles: string[] = [];
  const runner: Required<Runner> = {
    describe: (title, body) => {
      titles.push(title);
      body();
    },
    it: (title, { timeout }, body) => tests.push({ title, timeout, body }),
    beforeAll: (body) => hooks.push({ kind: "before", body }),
    afterAll: (body) => hooks.push({ kind: "after", body }),
  };
  return { runner, tests, hooks, titles };
}

/** CellLock, whose every lock is closed from the start: every call fails. */
function brokenFixture(change: Partial<LockFixture> = {}): LockFixture {
  return cellFixture({
    async setup() {
      const environment = await cellFixture().setup();
      return {
        ...environment,
        createLock: async (request) => {
          const lock = await environment.createLock(request);
          await lock.close();
          return lock;
        },
      };
    },
    ...change,
  });
}

function statusOf(report: ConformanceReport, id: string) {
  const found = report.results.find((result) => result.id === id);
  if (found === undefined) throw new Error(`Expected ${id} in the report`);
  return found;
}

describe("the suite", () => {
  it("gives every case an id of its own, and a sentence", () => {
    expect(new Set(allCases.map(({ id }) => id)).size).toBe(allCases.length);
    for (const { id, title } of allCases) {
      expect(id).toMatch(/^[a-z]+\/\d\d$/);
      expect(title.length).toBeGreaterThan(20);
    }
  });

  it("reports a case that fails as failed, with its reason", async () => {
    const report = await runConformance(brokenFixture(), { cases: ["cas/01"] });
    expect(statusOf(report, "cas/01")).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("ERR_LOCK_CLOSED"),
    });
  });

  it("lists every case: those that do not apply with the reason, those not chosen as well", async () => {
    const report = await runConformance(cellFixture(), {
      cases: ["cas/01", "err/03", "watch/01", "token/05"],
    });
    expect(report.results).toHaveLength(allCases.length);
    expect(statusOf(report, "cas/01").status).toBe("passed");
    expect(statusOf(report, "err/03")).toMatchObject({
      status: "not-run",
      reason: "the store is in this process: there is no connection to break",
    });
    expect(statusOf(report, "watch/01").reason).toBe("the backend claims no watch");
    expect(statusOf(report, "token/05").reason).toBe("the backend claims fencing tokens");
    expect(statusOf(report, "cas/02")).toMatchObject({
      status: "not-run",
      reason: "the run did not get to it",
    });
    expect(isComplete(report)).toBe(false);
    expect(
      isComplete({ ...report, results: report.results.filter(({ status }) => status === "passed") }),
    ).toBe(true);
  });

  it("takes a known failure as such, and one that passes all the same as an error", async () => {
    const knownFailures = { "cas/01": "a bug that is being worked on" };
    const known = await runConformance(brokenFixture({ knownFailures }), { cases: ["cas/01"] });
    expect(statusOf(known, "cas/01")).toMatchObject({
      status: "known-failure",
      reason: "a bug that is being worked on",
    });
    const passing = await runConformance(cellFixture({ knownFailures }), { cases: ["cas/01"] });
    expect(statusOf(passing, "cas/01")).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("take it off the list"),
    });
  });

  it("refuses known failures and choices that name no case, and a senseless scale", async () => {
    const { runner } = recorder();
    expect(() => testResourceLock(runner, cellFixture({ knownFailures: { "cas/99": "?" } }))).toThrow(
      RangeError,
    );
    expect(() => testResourceLock(runner, cellFixture({ scale: 0 }))).toThrow(RangeError);
    await expect(runConformance(cellFixture(), { cases: ["cas/99"] })).rejects.toThrow(RangeError);
  });

  it("refuses a fixture that leaves a hook out, or gives no reason", () => {
    const { runner } = recorder();
    const { hooks } = cellFixture();
    const { compact: _, ...without } = hooks;
    for (const incomplete of [without, { ...hooks, compact: "" }, { ...hooks, compact: false }]) {
      // As from JavaScript, where no type says so.
      const fixture = cellFixture({ hooks: incomplete as typeof hooks });
      expect(() => testResourceLock(runner, fixture)).toThrow(/Expected `hooks` to say of "compact"/);
    }
  });

  it("refuses a known failure of a case that is not run: nobody would notice when it ends", () => {
    const fixture = cellFixture({ knownFailures: { "watch/03": "a bug that is being worked on" } });
    expect(() => testResourceLock(recorder().runner, fixture)).toThrow(
      "watch/03 is not: the backend claims no watch",
    );
  });

  it.each(["servers", "corrupt", "annotate", "restart", "compact", "candidate", "throttle"] as const)(
    "refuses an environment without %s where the hook is named, and tears it down: cases would do nothing and pass",
    async (hook) => {
      let toreDown = 0;
      const { hooks, setup } = cellFixture();
      const fixture = cellFixture({
        hooks: { ...hooks, [hook]: true },
        setup: async () => ({
          ...(await setup()),
          teardown: async () => {
            toreDown += 1;
          },
        }),
      });
      await expect(runConformance(fixture)).rejects.toThrow(`The fixture names the hook "${hook}"`);
      expect(toreDown).toBe(1);
    },
  );

  it("sets up once, also when that throws at once", async () => {
    const { runner, tests } = recorder();
    let asked = 0;
    const setup = (): never => {
      asked += 1;
      throw new Error("no such server");
    };
    testResourceLock({ describe: runner.describe, it: runner.it }, cellFixture({ setup }));
    for (const { body } of tests.slice(0, 2)) await expect(body()).rejects.toThrow("no such server");
    expect(asked).toBe(1);
  });

  it("fails a case when a promise is rejected and nobody listens", async () => {
    const fixture = cellFixture({
      async setup() {
        const environment = await cellFixture().setup();
        return {
          ...environment,
          createLock: (request) => {
            void Promise.reject(new Error("nobody listens"));
            return environment.createLock(request);
          },
        };
      },
    });
    // vitest would take the rejection for its own.
    const others = process.listeners("unhandledRejection");
    process.removeAllListeners("unhandledRejection");
    try {
      const report = await runConformance(fixture, { cases: ["cas/01"] });
      expect(statusOf(report, "cas/01")).toMatchObject({
        status: "failed",
        reason: expect.stringContaining("nobody listens"),
      });
    } finally {
      for (const listener of others) process.on("unhandledRejection", listener);
    }
  });

  it("fails a case that does not end in its time, and goes on with the next", async () => {
    let asked = 0;
    const fixture = cellFixture({
      scale: 0.01,
      async setup() {
        const environment = await cellFixture().setup();
        return {
          ...environment,
          createLock: (request) => (++asked === 1 ? new Promise(() => {}) : environment.createLock(request)),
        };
      },
    });
    const report = await runConformance(fixture, { cases: ["cas/01", "cas/03"] });
    expect(statusOf(report, "cas/01")).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("Expected to be done within 150 ms"),
    });
    expect(statusOf(report, "cas/03").status).toBe("passed");
  });

  it("reports every case as failed when the environment cannot be set up", async () => {
    const { runner, tests } = recorder();
    const folder = await mkdtemp(join(tmpdir(), "conformance-"));
    const { describe: group, it: test } = runner;
    const fixture = cellFixture({ setup: () => Promise.reject(new Error("no such server")) });
    testResourceLock({ describe: group, it: test }, fixture, { reportFolder: folder });
    for (const { body } of tests.slice(0, -1)) await expect(body()).rejects.toThrow("no such server");
    // The last one ends what was begun, which is nothing, and writes the report.
    await tests.at(-1)?.body();
    const report = JSON.parse(await readFile(join(folder, "celllock.json"), "utf8"));
    await rm(folder, { recursive: true });
    expect(statusOf(report, "cas/01")).toMatchObject({
      status: "failed",
      reason: expect.stringContaining("setup failed"),
    });
    expect(report.results.filter(({ status }: { status: string }) => status === "passed")).toEqual([]);
  });

  it("tears the environment down when all cases failed, too", async () => {
    let toreDown = 0;
    const broken = brokenFixture();
    const fixture = {
      ...broken,
      setup: async (): Promise<Environment> => ({
        ...(await broken.setup()),
        teardown: async () => {
          toreDown += 1;
        },
      }),
    };
    await runConformance(fixture, { cases: ["cas/01", "cas/02"] });
    expect(toreDown).toBe(1);
  });
});

describe("testResourceLock", () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "conformance-"));
  });
  afterEach(() => rm(folder, { recursive: true }));

  it("registers the cases that apply, and one test that names the others with their reasons", () => {
    const { runner, tests, titles } = recorder();
    testResourceLock(runner, cellFixture({ variant: "none at all" }));
    expect(titles).toEqual(["conformance of CellLock on none at all"]);
    const names = tests.map(({ title }) => title);
    expect(names.some((title) => title.startsWith("cas/01: "))).toBe(true);
    expect(names.some((title) => title.startsWith("err/03: "))).toBe(false);
    expect(names.at(-1)).toContain("not run: ");
    expect(names.at(-1)).toContain("err/03 (the store is in this process: there is no connection to break)");
    for (const { timeout } of tests) expect(timeout).toBeGreaterThan(40_000);
  });

  it("sets up before the first case, tears down and writes the report after the last, with hooks", async () => {
    const { runner, tests, hooks } = recorder();
    testResourceLock(runner, cellFixture({ variant: "With Hooks" }), { reportFolder: folder });
    await hooks.find(({ kind }) => kind === "before")?.body();
    await tests.find(({ title }) => title.startsWith("cas/01"))?.body();
    await hooks.find(({ kind }) => kind === "after")?.body();
    expect(await readdir(folder)).toEqual(["celllock-with-hooks.json"]);
    const report = JSON.parse(await readFile(join(folder, "celllock-with-hooks.json"), "utf8"));
    expect(report).toMatchObject({
      suiteVersion: expect.stringMatching(/^\d+\.\d+\.\d+/),
      backend: "CellLock",
      variant: "With Hooks",
      capabilities: { fencing: "monotonic" },
    });
    expect(statusOf(report, "cas/01").status).toBe("passed");
  });

  it("sets up in the first case and tears down in a last test, without hooks", async () => {
    const { runner, tests } = recorder();
    const { describe: group, it: test } = runner;
    testResourceLock({ describe: group, it: test }, cellFixture(), { reportFolder: folder });
    await tests.find(({ title }) => title.startsWith("cas/01"))?.body();
    expect(tests.at(-1)?.title).toMatch(/^report; not run: /);
    await tests.at(-1)?.body();
    expect(await readdir(folder)).toEqual(["celllock.json"]);
  });

  it("passes a failure on to the runner", async () => {
    const { runner, tests } = recorder();
    testResourceLock(runner, brokenFixture());
    await expect(tests.find(({ title }) => title.startsWith("cas/01"))?.body()).rejects.toMatchObject({
      code: "ERR_LOCK_CLOSED",
    });
  });
});
