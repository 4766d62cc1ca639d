import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { withBuildLock } from "./build-lock.ts";

let folder: string;
let lockPath: string;
const said: string[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "build-lock-"));
  lockPath = join(folder, "build.lock");
  said.length = 0;
});

afterEach(() => rmSync(folder, { recursive: true }));

it("lets one build at a time, and says that the other waits", async () => {
  const events: string[] = [];
  let finishFirst = () => {};
  const first = withBuildLock(
    lockPath,
    (line) => said.push(line),
    async () => {
      events.push("first starts");
      await new Promise<void>((resolve) => {
        finishFirst = resolve;
      });
      events.push("first ends");
    },
  );
  const second = withBuildLock(
    lockPath,
    (line) => {
      said.push(line);
      finishFirst();
    },
    async () => {
      events.push("second");
    },
  );
  await Promise.all([first, second]);
  expect(events).toEqual(["first starts", "first ends", "second"]);
  expect(said).toEqual(["Another process builds the servers: waiting for it."]);
});

it("breaks the lock of a process that is gone", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(lockPath, String(pid));
  let isBuilt = false;
  await withBuildLock(
    lockPath,
    (line) => said.push(line),
    async () => {
      isBuilt = true;
    },
  );
  expect(isBuilt).toBe(true);
  expect(said).toEqual([]);
});

it("unlocks when the build fails", async () => {
  const failing = withBuildLock(
    lockPath,
    () => {},
    async () => {
      throw new Error("no compiler");
    },
  );
  await expect(failing).rejects.toThrow("no compiler");
  expect(existsSync(lockPath)).toBe(false);
});
