import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { hostname, tmpdir } from "node:os";
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
  writeFileSync(lockPath, `${pid}@${hostname()} some-id`);
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

it("waits for the lock of another host, where it cannot ask for the process", async () => {
  const { pid } = spawnSync(process.execPath, ["--version"]);
  writeFileSync(lockPath, `${pid}@another-host some-id`);
  await withBuildLock(
    lockPath,
    (line) => {
      said.push(line);
      rmSync(lockPath);
    },
    async () => {},
  );
  expect(said).toEqual(["Another process builds the servers: waiting for it."]);
});

it("breaks the lock of another host after half an hour", async () => {
  writeFileSync(lockPath, `${process.pid}@another-host some-id`);
  const lockedAt = new Date(Date.now() - 31 * 60_000);
  utimesSync(lockPath, lockedAt, lockedAt);
  await withBuildLock(
    lockPath,
    (line) => said.push(line),
    async () => {},
  );
  expect(said).toEqual([]);
});

it("leaves a lock alone that took the place of its own", async () => {
  const theirs = `${process.pid}@${hostname()} some-id`;
  await withBuildLock(
    lockPath,
    () => {},
    async () => writeFileSync(lockPath, theirs),
  );
  expect(readFileSync(lockPath, "utf8")).toBe(theirs);
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
