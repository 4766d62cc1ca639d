import { execFile } from "node:child_process";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PROGRAM = fileURLToPath(new URL("./node-test.fixture.ts", import.meta.url));

function run(kind: string, folder: string): Promise<{ readonly exitCode: number; readonly output: string }> {
  return new Promise((resolve) => {
    // Under `NODE_TEST_CONTEXT` node:test would report to a parent.
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    execFile(
      process.execPath,
      ["--test-reporter=tap", PROGRAM, kind, folder],
      { env },
      (error, stdout, stderr) =>
        resolve({ exitCode: error === null ? 0 : Number(error.code), output: `${stdout}${stderr}` }),
    );
  });
}

describe("testResourceLock under node:test", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "conformance-"));
  });
  afterAll(() => rm(folder, { recursive: true }));

  it("passes with its before and after hooks, skips nothing, writes the report", {
    timeout: 60_000,
  }, async () => {
    const { exitCode, output } = await run("hooks", folder);
    expect(output).toMatch(/# fail 0\n/);
    expect(output).toMatch(/# skipped 0\n/);
    expect(Number(/# pass (\d+)/.exec(output)?.[1])).toBeGreaterThan(30);
    expect(exitCode).toBe(0);
    expect(await readdir(folder)).toContain("celllock-hooks.json");
  });

  it("works with describe and it alone, and a failing case fails the run", { timeout: 60_000 }, async () => {
    const { exitCode, output } = await run("plain", folder);
    expect(exitCode).toBe(1);
    expect(output).toMatch(/# fail 1\n/);
    expect(output).toContain("take it off the list");
    expect(await readdir(folder)).toContain("celllock-plain.json");
  });
});
