/**
 * Everything that has to pass: lint, dead code, types, packages, simulation, tests, and that docs/conformance.md is what they
 * found. Runs all of it, whatever fails, and ends with `N passed, N failed`: every test counts, and every other check as one.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { areServersRequired } from "../packages/testbed/src/servers-required.ts"; // the root depends on no package
import { countTests, type TestCounts } from "./test-counts.ts";

const CHECKS: readonly (readonly [string, ...string[]])[] = [
  ["biome", "check", "."],
  ["knip"],
  ["turbo", "run", "typecheck"],
  ["tsc", "--noEmit", "-p", "tsconfig.json"],
  ["turbo", "run", "check:pkg"],
  // Two minutes on all cores: no violation, every seed twice the same, every rare event often enough.
  ["node", "packages/simulation/src/simulate.ts", "--minutes", "2"],
  // The tests that follow leave new reports.
  ["node", "tools/conformance-docs.ts", "--forget"],
];

const total: { passed: number; failed: number; skipped: number } = { passed: 0, failed: 0, skipped: 0 };
const failures: string[] = [];

function run(command: readonly string[]): boolean {
  const [name = "", ...args] = command;
  console.log(`\n> ${command.join(" ")}`);
  const { status } = spawnSync(name, args, {
    stdio: "inherit",
    env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" },
  });
  return status === 0;
}

for (const command of CHECKS) count(command);

const tests = runTests();
total.passed += tests.passed;
total.failed += tests.failed;
total.skipped += tests.skipped;
failures.push(...tests.failures);
// Where a server is missing its reports are, too.
if (areServersRequired(process.env)) count(["node", "tools/conformance-docs.ts", "--check"]);

for (const failure of failures) console.log(`failed: ${failure}`);
console.log(
  `\n${total.passed} passed, ${total.failed} failed${total.skipped > 0 ? `, ${total.skipped} skipped` : ""}`,
);
process.exitCode = total.failed > 0 ? 1 : 0;

function count(command: readonly string[]): void {
  const passed = run(command);
  total[passed ? "passed" : "failed"] += 1;
  if (!passed) failures.push(command.join(" "));
}

function runTests(): TestCounts {
  const folder = mkdtempSync(join(tmpdir(), "tenure-check-"));
  try {
    const report = join(folder, "tests.json");
    const exitedWell = run([
      "vitest",
      "run",
      "--reporter=default",
      "--reporter=json",
      `--outputFile.json=${report}`,
    ]);
    return countTests(readReport(report), {
      exitedWell,
      skipsAllowed: !areServersRequired(process.env),
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function readReport(path: string): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch {
    return undefined; // vitest did not get as far as writing one
  }
}
