import { hostname } from "node:os";

// Longer than any build takes from its last sign of life.
const STALE_ON_ANOTHER_HOST_MS = 30 * 60_000;
// Protects against a pid that now belongs to another process.
const STALE_HERE_MS = 60 * 60_000;

/** Names this process among all that share a cache, over a network file system too: `"4711@ci-runner-3"`. */
export function builderName(): string {
  return `${process.pid}@${encodeURIComponent(hostname())}`;
}

/**
 * Whether the builder with that {@link builderName} is gone, given the age of its last trace. On another host its
 * process cannot be asked for: there, and for a name that is none, only the age counts.
 */
export function isBuilderGone(name: string, ageMs: number): boolean {
  const [, pid, host] = /^(\d+)@(.+)$/.exec(name) ?? [];
  if (host !== encodeURIComponent(hostname())) return ageMs > STALE_ON_ANOTHER_HOST_MS;
  return !isAlive(Number(pid)) || ageMs > STALE_HERE_MS;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM"; // it exists and is another user's
  }
}
