import { spawn } from "node:child_process";

/** Waits for the end of its stdin, which comes however the process that holds the other side ends. */
const PROGRAM = `process.stdin.resume().on("end", () => process.kill(Number(process.argv[1]), "SIGKILL"))`;

/**
 * Kills a process when this one ends first, however that happens: a frozen candidate does not see that its stdin has ended.
 * Returns a function that ends the guard; to be called once the process is gone, before its number may be another's.
 */
export function killWhenThisProcessEnds(pid: number): () => void {
  const guard = spawn(process.execPath, ["-e", PROGRAM, String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Where none can be started the frozen process is killed by its case, as long as that ends.
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  return () => {
    guard.kill("SIGKILL");
  };
}
