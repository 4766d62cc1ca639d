import { spawn } from "node:child_process";

/**
 * Thaws a frozen process when the demo dies without having done it: a frozen one does not notice that its channel has closed,
 * and would be left behind for ever. A shell waits for the end of its stdin, which comes with the demo's end, however it ends.
 *
 * @returns ends the guard, which thaws as well
 */
export function startThawGuard(pid: number): () => void {
  const guard = spawn("sh", ["-c", 'read -r _; kill -CONT "$1"', "sh", String(pid)], {
    stdio: ["pipe", "ignore", "ignore"],
    // Not in the terminal's process group: Ctrl-C would end it first.
    detached: true,
  });
  // Without a shell there is no guard; nothing else depends on it.
  guard.on("error", () => {});
  guard.stdin.on("error", () => {});
  return () => guard.stdin.end();
}
