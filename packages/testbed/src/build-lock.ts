import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

// Longer than any build: protects against a pid that now belongs to another process.
const STALE_AFTER_MS = 60 * 60_000;

/**
 * Runs `build` while holding a lock file, which names the process that holds it. Waits while another living process
 * does. A stale lock is broken; should two processes break it at the same moment both build, which only wastes time,
 * since a build is renamed into its place when complete.
 */
export async function withBuildLock(
  path: string,
  say: (line: string) => void,
  build: () => Promise<void>,
): Promise<void> {
  let isWaiting = false;
  while (!tryLock(path)) {
    if (breakStaleLock(path)) continue;
    if (!isWaiting) say("Another process builds the servers: waiting for it.");
    isWaiting = true;
    await sleep(500);
  }
  const unlock = () => rmSync(path, { force: true });
  process.once("exit", unlock);
  try {
    await build();
  } finally {
    process.off("exit", unlock);
    unlock();
  }
}

/** Whether a process with that id exists. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it exists and is another user's
  }
}

function tryLock(path: string): boolean {
  try {
    writeFileSync(path, String(process.pid), { flag: "wx" });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  }
}

/** True when the lock was stale, or is gone by now. */
function breakStaleLock(path: string): boolean {
  try {
    const ageMs = Date.now() - statSync(path).mtimeMs;
    const pid = Number(readFileSync(path, "utf8"));
    // A lock without a pid is one that is just being written.
    const isStale = pid > 0 ? !isAlive(pid) || ageMs > STALE_AFTER_MS : ageMs > 5_000;
    if (!isStale) return false;
    const broken = `${path}.broken-${process.pid}`;
    renameSync(path, broken); // unlike an unlink, only one of two processes succeeds
    rmSync(broken, { force: true });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true;
    throw error;
  }
}
