import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { TESTBED_COMMAND } from "./testbed-command.ts";

function read(path: string): string {
  return readFileSync(new URL(path, import.meta.url), "utf8");
}

it("names the pnpm of this repository", () => {
  const { packageManager } = JSON.parse(read("../../../package.json")) as { readonly packageManager: string };
  expect(TESTBED_COMMAND).toBe(`npx -y ${packageManager} testbed`);
});
