import { readFileSync } from "node:fs";
import { parseStat } from "../src/run/process-tree.ts";

/** Whether a process can still do something: a zombie cannot. */
export function isRunning(pid: number): boolean {
  try {
    return !/^[ZXx]/.test(parseStat(readFileSync(`/proc/${pid}/stat`, "latin1"))?.state ?? "X");
  } catch {
    return false;
  }
}
