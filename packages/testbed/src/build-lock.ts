import { randomUUID } from "node:crypto";
import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { builderName, isBuilderGone } from "./builder-name.ts";

/**
 * Runs `build` while holding a lock file, which names the process that holds it. Waits while another living process
 * does. A stale lock is broken; should two processes hold it after that, both build, which only wastes time: `build` has
 * to accept what another one finished meanwhile.
 */
export async function withBuildLock(
  path: string,
  say: (line: string) => void,
  build: () => Promise<void>,
): Promise<void> {
  const content = `${builderName()} ${randomUUID()}`; // the second half tells two builds of one process apart
  let isWaiting = false;
  while (!tryLock(path, content)) {
    if (breakStaleLock(path)) continue;
    if (!isWaiting) say("Another process builds the servers: waiting for it.");
    isWaiting = true;
    await sleep(500);
  }
  const unlock = () => unlockIfOurs(path, content);
  process.once("exit", unlock);
  try {
    await build();
  } finally {
    process.off("exit", unlock);
    unlock();
  }
}

function tryLock(path: string, content: string): boolean {
  try {
    writeFileSync(path, content, { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** Leaves a lock alone that took the place of ours, e.g. after ours was broken for its age. */
function unlockIfOurs(path: string, content: string): void {
  try {
    if (readFileSync(path, "utf8") === content) rmSync(path, { force: true });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  }
}

/** True when the lock was stale, or is gone by now. */
function breakStaleLock(path: string): boolean {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs;
    const [builder = ""] = readFileSync(path, "utf8").split(" ");
    // An empty lock is one that is just being written.
    const isStale = builder === "" ? ageMs > 5_000 : isBuilderGone(builder, ageMs);
    if (!isStale) return false;
    const broken = `${path}.broken-${builderName()}`;
    renameSync(path, broken); // unlike an unlink, only one of two processes succeeds
    rmSync(broken, { force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
