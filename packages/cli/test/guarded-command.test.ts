import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pollUntil } from "@tenure/testbed";
import { afterEach, beforeEach, expect, it } from "vitest";
import { GuardedCommand } from "../src/run/guarded-command.ts";
import { machineNowMs } from "../src/run/machine-time.ts";
import { isRunning } from "./processes.fixture.ts";

const FAR_MS = 60_000;
const ENV = Object.fromEntries(
  Object.entries(process.env).filter((entry) => entry[1] !== undefined),
) as Record<string, string>;

let folder: string;
const commands: GuardedCommand[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "tenure-guard-"));
});

afterEach(async () => {
  for (const command of commands.splice(0)) {
    command.stop("SIGKILL", machineNowMs());
    command.dispose();
    await command.ended;
  }
  rmSync(folder, { recursive: true });
});

/** Runs a shell script under a guard; the script writes pids into files of the folder, which is its `$1`. */
async function guard(script: string, { leadMs = FAR_MS, killGraceMs = 200 } = {}) {
  let tellStarted = (_pid: number): void => {};
  const started = new Promise<number>((resolve) => {
    tellStarted = resolve;
  });
  const command = new GuardedCommand(ENV, tellStarted);
  commands.push(command);
  command.start({
    file: "/bin/sh",
    args: ["-c", script, "sh", folder],
    env: ENV,
    leadsUntilMs: machineNowMs() + leadMs,
    killGraceMs,
  });
  return { command, pid: await started };
}

async function pidIn(name: string): Promise<number> {
  const path = join(folder, name);
  const text = await pollUntil(() => existsSync(path) && readFileSync(path, "utf8").trim(), {
    what: `a pid in ${name}`,
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  return Number(text);
}

function guardOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
}

it.each([
  ["exit 7", { kind: "exited", code: 7, signal: null }],
  ["kill -9 $$", { kind: "exited", code: null, signal: "SIGKILL" }],
] as const)("tells how the command ended: %s", async (script, end) => {
  const { command } = await guard(script);
  expect(await command.ended).toEqual(end);
});

it("tells a command that cannot be started from one that ended", async () => {
  const command = new GuardedCommand(ENV, () => {});
  commands.push(command);
  const leadsUntilMs = machineNowMs() + FAR_MS;
  command.start({ file: "/nowhere/program", args: [], env: ENV, leadsUntilMs, killGraceMs: 0 });
  expect(await command.ended).toEqual({ kind: "not-started", code: "ENOENT" });
});

it("tells why a script could not be started", async () => {
  for (const [interpreter, code] of [
    ["/nowhere/sh", "ENOENT"],
    ["/etc/passwd/sh", "ENOTDIR"],
    ["/etc/passwd", "EACCES"],
  ] as const) {
    const path = join(folder, code);
    writeFileSync(path, `#!${interpreter}\n`);
    chmodSync(path, 0o755);
    const command = new GuardedCommand(ENV, () => {});
    commands.push(command);
    command.start({ file: path, args: [], env: ENV, leadsUntilMs: machineNowMs() + FAR_MS, killGraceMs: 0 });
    expect(await command.ended).toEqual({ kind: "not-started", code });
  }
});

it("does not start a command whose term is over", async () => {
  const command = new GuardedCommand(ENV, () => {});
  commands.push(command);
  const leadsUntilMs = machineNowMs() - 1;
  command.start({ file: "/bin/true", args: [], env: ENV, leadsUntilMs, killGraceMs: FAR_MS });
  expect(await command.ended).toEqual({ kind: "not-started", code: undefined });
});

it("kills what a dead command left behind, daemons included, before it says that it ended", async () => {
  const { command } = await guard(`
    sleep 600 & echo $! > $1/child
    setsid sh -c 'echo $$ > $0/daemon.new; mv $0/daemon.new $0/daemon; exec sleep 600' $1 &
    while [ ! -e $1/daemon ]; do sleep 0.01; done
    kill -9 $$`);
  const left = [await pidIn("child"), await pidIn("daemon")];
  await command.ended;
  expect(left.filter(isRunning)).toEqual([]);
});

it("tells a command to stop when its term passes, and kills one that does not in the grace", async () => {
  const { command } = await guard(`trap 'echo $$ > $1/told' TERM; while :; do sleep 0.02; done`, {
    leadMs: 400,
    killGraceMs: 300,
  });
  await pidIn("told");
  expect(await command.ended).toEqual({ kind: "exited", code: null, signal: "SIGKILL" });
});

it("lets a renewed command run on", async () => {
  const { command, pid } = await guard("exec sleep 600", { leadMs: 300, killGraceMs: 0 });
  command.lead(machineNowMs() + FAR_MS);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(isRunning(pid)).toBe(true);
});

it("leaves a command that is being stopped its time to end, and its exit code", async () => {
  const { command } = await guard(
    `trap 'sleep 0.1; exit 9' TERM; : > $1/ready; while :; do sleep 0.02; done`,
  );
  await pollUntil(() => existsSync(join(folder, "ready")), {
    what: "the trap",
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  command.stop("SIGTERM", machineNowMs() + FAR_MS);
  expect(await command.ended).toEqual({ kind: "exited", code: 9, signal: null });
});

it("continues a stopped command so that it hears that it is to stop", async () => {
  const { command, pid } = await guard(`trap 'exit 9' TERM; : > $1/ready; while :; do sleep 0.02; done`);
  await pollUntil(() => existsSync(join(folder, "ready")), {
    what: "the trap",
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  process.kill(-pid, "SIGSTOP");
  command.stop("SIGTERM", machineNowMs() + FAR_MS);
  expect(await command.ended).toEqual({ kind: "exited", code: 9, signal: null });
});

it("kills the command when its guard is killed", async () => {
  const { command, pid } = await guard("sleep 600 & echo $! > $1/child; wait");
  const child = await pidIn("child");
  process.kill(guardOf(pid), "SIGKILL");
  expect(await command.ended).toMatchObject({ kind: "guard-lost" });
  expect([pid, child].filter(isRunning)).toEqual([]);
});

it("kills the command at its deadline when its guard is frozen, and then the guard", async () => {
  const { command, pid } = await guard("sleep 600 & echo $! > $1/child; wait", {
    leadMs: 500,
    killGraceMs: 100,
  });
  const child = await pidIn("child");
  const frozen = guardOf(pid);
  process.kill(frozen, "SIGSTOP");
  await pollUntil(() => !isRunning(pid) && !isRunning(child), {
    what: "the command's death",
    timeoutMs: 10_000,
    intervalMs: 5,
  });
  expect(isRunning(frozen)).toBe(true);
  expect(await command.ended).toMatchObject({ kind: "guard-lost" });
});

it("ends a guard that has nothing to guard", async () => {
  const command = new GuardedCommand(ENV, () => {});
  command.dispose();
  expect(await command.ended).toMatchObject({ kind: "guard-lost" });
});
