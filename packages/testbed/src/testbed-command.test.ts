import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { TESTBED_COMMAND } from "./testbed-command.ts";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("names the pnpm of this repository", () => {
  const { packageManager } = JSON.parse(read("../../../package.json")) as { readonly packageManager: string };
  expect(TESTBED_COMMAND).toBe(`npx -y ${packageManager} testbed`);
});

it("is what the help says", () => {
  const main = fileURLToPath(new URL("main.ts", import.meta.url));
  const { stdout } = spawnSync(process.execPath, [main, "--help"], { encoding: "utf8" });
  for (const subcommand of ["run", "build", "path"]) {
    expect(stdout).toContain(`\n  ${TESTBED_COMMAND} ${subcommand} `);
  }
});

it("is what the README says, and nothing there starts a pnpm that has to be installed", () => {
  const readme = read("../README.md");
  for (const subcommand of ["run", "build", "path"]) {
    expect(readme).toContain(`\n${TESTBED_COMMAND} ${subcommand} `);
  }
  expect(readme).not.toMatch(/pnpm (testbed|vitest|exec)/);
});
