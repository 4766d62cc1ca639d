import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { onLines } from "../src/on-lines.ts";
import { pollUntil } from "../src/poll-until.ts";

const PROGRAM = fileURLToPath(new URL("./freeze.fixture.ts", import.meta.url));

/** What `ps` says of a process: `T` when it is stopped, `Z` when nobody has asked yet how it ended, nothing when it is gone. */
function stateOf(pid: number): Promise<string> {
  return new Promise((resolve) => {
    execFile("ps", ["-o", "stat=", "-p", String(pid)], (_error, stdout) => resolve(stdout.trim()));
  });
}

it("a frozen candidate does not outlive the suite, killed without warning", { timeout: 60_000 }, async () => {
  // Detached: in a session of its own the system does not wake what its leader leaves frozen.
  const suite = spawn(process.execPath, [PROGRAM], { stdio: ["ignore", "pipe", "inherit"], detached: true });
  const pid = await new Promise<number>((resolve) => onLines(suite.stdout, (line) => resolve(Number(line))));
  try {
    await pollUntil(async () => (await stateOf(pid)).startsWith("T"), {
      what: "the freeze",
      timeoutMs: 10_000,
    });
    suite.kill("SIGKILL");
    await once(suite, "exit");
    await pollUntil(async () => /^(Z.*)?$/.test(await stateOf(pid)), { what: "its end", timeoutMs: 20_000 });
  } finally {
    suite.kill("SIGKILL");
    if (/^[^Z]/.test(await stateOf(pid))) process.kill(pid, "SIGKILL");
  }
  expect(await stateOf(pid)).toMatch(/^(Z.*)?$/);
});
