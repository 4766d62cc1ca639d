/** What `tenure` is to the tests of its init: says who it is, which signals it hears, and what becomes of an orphan. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { becomeInit } from "../src/run/become-init.ts";

becomeInit();

const args = process.argv.slice(2);
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR1"] as const) {
  process.on(signal, () => console.log(signal));
}
process.on("SIGUSR2", () => process.exit(42));
createInterface({ input: process.stdin }).on("line", (line) => console.log(`stdin ${line}`));
console.log(`runs ${JSON.stringify({ pid: process.pid, args })}`);
if (args.includes("--kill-me")) process.kill(process.pid, "SIGKILL");
if (args.includes("--orphan")) await leaveAnOrphan();

/** The shell ends at once, and what it started in the background is process 1's child from then on. */
async function leaveAnOrphan(): Promise<void> {
  const shell = spawn("sh", ["-c", "sleep 0.1 & echo $!"], { stdio: ["ignore", "pipe", "inherit"] });
  let pid = "";
  for await (const text of shell.stdout.setEncoding("utf8")) pid += text;
  // A zombie still has its folder: it goes when somebody waits for the process.
  for (let tries = 0; tries < 500 && existsSync(`/proc/${pid.trim()}`); tries++) await sleep(10);
  console.log(existsSync(`/proc/${pid.trim()}`) ? "orphan stays" : "orphan gone");
}
