import { chmodSync, copyFileSync } from "node:fs";
import { join } from "node:path";
import { needProgram } from "./obtain/find-program.ts";

/**
 * The environment in which a server's wall clock is that far off. Its monotonic clock stays right: that one only
 * measures how long something took, on any machine. Works for servers that use libc: Redis, Valkey and PostgreSQL.
 * @throws Error when what does it cannot be had; it says how to get it.
 */
export async function clockOffset(
  seconds: number | undefined,
  dataDir: string,
): Promise<Readonly<Record<string, string>>> {
  if (seconds === undefined || seconds === 0) return {};
  if (!Number.isSafeInteger(seconds))
    throw new RangeError(`Expected whole seconds of clock offset, got ${seconds}`);
  const { path } = await needProgram("faketime");
  // Into the data folder: a server that runs as another user may not enter our cache, and would start without it.
  const copy = join(dataDir, "clock-offset.so");
  copyFileSync(path, copy);
  chmodSync(copy, 0o644);
  return { LD_PRELOAD: copy, TENURE_CLOCK_OFFSET_SECONDS: String(seconds) };
}
