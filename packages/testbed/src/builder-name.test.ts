import { spawnSync } from "node:child_process";
import { hostname } from "node:os";
import { expect, it } from "vitest";
import { builderName, isBuilderGone } from "./builder-name.ts";

const MINUTE_MS = 60_000;
const endedPid = spawnSync(process.execPath, ["--version"]).pid;

it("knows on its own host whether the process is there, whatever the age", () => {
  expect(builderName()).toBe(`${process.pid}@${hostname()}`);
  expect(isBuilderGone(builderName(), 45 * MINUTE_MS)).toBe(false);
  expect(isBuilderGone(`${endedPid}@${hostname()}`, 0)).toBe(true);
});

it("takes a pid for another process's after an hour", () => {
  expect(isBuilderGone(builderName(), 61 * MINUTE_MS)).toBe(true);
});

it.each([`${endedPid}@another-host`, `${process.pid}@another-host`, "4711"])(
  "judges %s by its age",
  (name) => {
    expect(isBuilderGone(name, 29 * MINUTE_MS)).toBe(false);
    expect(isBuilderGone(name, 31 * MINUTE_MS)).toBe(true);
  },
);
