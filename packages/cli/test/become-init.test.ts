import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { INIT_SCRIPT } from "../src/run/become-init.ts";
import { canUnshare, UNSHARE } from "./pid-namespace.fixture.ts";

const PROGRAM = fileURLToPath(new URL("init-program.fixture.ts", import.meta.url));
const SHELLS = ["dash", "bash", "busybox sh"].filter(
  (shell) => spawnSync("sh", ["-c", `command -v ${shell}`]).status === 0,
);
// A container's process 1, made without a container: skipped where the machine gives users no pid namespace (macOS, some Linux).
// In CI a skip is a failure.
describe.skipIf(!canUnshare)("process 1 of a pid namespace (which this machine has to allow)", () => {
  let unshare: ChildProcess | undefined;
  const lines: string[] = [];

  afterEach(() => {
    unshare?.kill("SIGKILL");
    lines.length = 0;
  });

  async function start(
    init: readonly string[],
    ...args: string[]
  ): Promise<{ pidOne: () => number; exit: Promise<unknown[]> }> {
    const child = spawn("unshare", [...UNSHARE, ...init, process.execPath, PROGRAM, ...args], {
      stdio: ["pipe", "pipe", "inherit"],
    });
    unshare = child;
    createInterface({ input: child.stdout }).on("line", (line) => lines.push(line));
    const exit = once(child, "exit");
    child.stdin.write("a line of stdin\n");
    await said(/^runs/);
    // Only while it runs: one that kills itself may be gone by now.
    const pidOne = () =>
      Number(readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").split(" ")[0]);
    return { pidOne, exit };
  }

  async function said(what: RegExp): Promise<string> {
    for (;;) {
      const line = lines.find((text) => what.test(text));
      if (line !== undefined) return line;
      await sleep(10);
    }
  }

  it("is a shell, under which tenure runs with the same arguments and stdin", async () => {
    const { pidOne } = await start([], "two words", "$dollar 'quote'");
    expect(readFileSync(`/proc/${pidOne()}/comm`, "utf8")).toBe("sh\n");
    const { pid, args } = JSON.parse((await said(/^runs/)).slice(4)) as { pid: number; args: string[] };
    expect(pid).not.toBe(1);
    expect(args).toEqual(["two words", "$dollar 'quote'"]);
    expect(await said(/^stdin/)).toBe("stdin a line of stdin");
  });

  it("passes signals on, and ends with the exit code", async () => {
    const { pidOne, exit } = await start([]);
    for (const signal of ["SIGUSR1", "SIGHUP", "SIGINT", "SIGTERM"] as const) {
      process.kill(pidOne(), signal);
      await said(new RegExp(`^${signal}$`));
    }
    process.kill(pidOne(), "SIGUSR2");
    expect(await exit).toEqual([42, null]);
  });

  it("reaps orphans, as Node itself would not", async () => {
    await start([], "--orphan");
    expect(await said(/^orphan/)).toBe("orphan gone");
  });

  it("ends with 128 + N when tenure is killed", async () => {
    const { exit } = await start([], "--kill-me");
    expect(await exit).toEqual([137, null]);
  });

  it.each(SHELLS)("works the same where sh is %s", async (shell) => {
    const { pidOne, exit } = await start([...shell.split(" "), "-c", INIT_SCRIPT, "tenure-init"], "--orphan");
    expect(await said(/^stdin/)).toBe("stdin a line of stdin");
    expect(await said(/^orphan/)).toBe("orphan gone");
    process.kill(pidOne(), "SIGTERM");
    await said(/^SIGTERM$/);
    process.kill(pidOne(), "SIGUSR2");
    expect(await exit).toEqual([42, null]);
  });
});
