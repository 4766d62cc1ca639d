import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { usableBy } from "./usable-by.ts";

const USER = { uid: 65_534, gid: 65_534 };
let folder: string;
let dataDir: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "usable-by-")); // which nobody else may enter
  dataDir = join(folder, "data");
  vi.stubEnv("XDG_CACHE_HOME", folder);
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

function cachedProgram() {
  const entry = join(folder, "tenure-testbed/entry");
  mkdirSync(join(entry, "bin"), { recursive: true });
  mkdirSync(dataDir);
  writeFileSync(join(entry, "bin/postgres"), "a program");
  return { path: join(entry, "bin/postgres"), version: "15.1", env: { LD_LIBRARY_PATH: join(entry, "lib") } };
}

it("copies a program out of a cache that the user may not enter, and its libraries with it", () => {
  const copy = usableBy(USER, cachedProgram(), dataDir);
  expect(readFileSync(copy.path, "utf8")).toBe("a program");
  const program = join(dataDir, "postgres-program");
  expect(copy).toMatchObject({
    path: join(program, "bin/postgres"),
    env: { LD_LIBRARY_PATH: join(program, "lib") },
  });
});

it("leaves a program where it is that we run ourselves, or that is in nobody's cache", () => {
  const program = cachedProgram();
  expect(usableBy(undefined, program, dataDir)).toBe(program);
  const installed = { ...program, path: "/usr/lib/postgresql/15/bin/postgres" };
  expect(usableBy(USER, installed, dataDir)).toBe(installed);
});
