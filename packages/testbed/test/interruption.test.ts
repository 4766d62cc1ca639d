import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";
import { findProgram, pollUntil, startTestbed } from "../src/index.ts";
import { runCommand } from "../src/run-command.ts";
import { describeWith, describeWithServers } from "../src/vitest.ts";

const MAIN = fileURLToPath(new URL("../src/main.ts", import.meta.url));
const START_STORE_AND_WAIT = fileURLToPath(new URL("./start-store-and-wait.ts", import.meta.url));
const START_AND_WAIT = fileURLToPath(new URL("./start-and-wait.ts", import.meta.url));

describeWithServers("a testbed that ends", (testbed) => {
  it("leaves nothing when it is stopped, and stopping twice is fine", async () => {
    const own = await startTestbed();
    const processes = await processesOf(own.description.dataDir);
    await Promise.all([own.stop(), own.stop()]);
    expect(await stillRunning(processes)).toEqual([]);
    expect(existsSync(own.description.dataDir)).toBe(false);
  });

  it.each([
    ["SIGINT", []],
    ["SIGTERM", []],
    ["SIGKILL", []],
    ["SIGKILL", ["--paused"]],
  ] as const)("leaves nothing when its process gets %s %s", async (signal, args) => {
    await expectNothingLeftOf(START_AND_WAIT, args, signal);
  });

  it("keeps the exit code of the command it runs, and tells it where the servers are", async () => {
    const script = `
      const { KUBECONFIG, KUBE_APISERVER_URL, KUBE_ADMIN_TOKEN, TENURE_TESTBED_KUBECTL } = process.env;
      const { REDIS_URL, ETCD_ENDPOINTS } = process.env;
      const { status } = require("node:child_process").spawnSync(TENURE_TESTBED_KUBECTL, ["get", "namespaces"]);
      console.log(JSON.stringify([KUBECONFIG, KUBE_APISERVER_URL, KUBE_ADMIN_TOKEN, status, REDIS_URL, ETCD_ENDPOINTS]));
      process.exit(7);`;
    const result = await runCommand(process.execPath, [MAIN, "run", "--", process.execPath, "-e", script]);
    expect(result.exitCode).toBe(7);
    const [kubeconfig, url, token, status, redisUrl, etcdEndpoints] = JSON.parse(result.stdout) as unknown[];
    expect(status).toBe(0);
    expect(etcdEndpoints).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    const redis = await findProgram("redis");
    if (redis.available) expect(redisUrl).toMatch(/^redis:\/\/127\.0\.0\.1:\d+$/);
    else expect(redisUrl).toBeNull(); // which JSON makes of undefined
    expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
    expect(token).not.toBe(testbed.adminToken);
    expect(existsSync(String(kubeconfig))).toBe(false);
  });

  it("forwards SIGTERM to the command it runs, and ends the servers when the command has ended", async () => {
    const script = `
      process.on("SIGTERM", () => process.exit(3));
      setInterval(() => {}, 60_000);
      console.log(process.env.KUBECONFIG);`;
    const args = [MAIN, "run", process.execPath, "-e", script];
    const child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "ignore"] });
    const dataDir = join(await firstLine(child), "..");
    const processes = await processesOf(dataDir);
    const exitCode = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    expect(await exitCode).toBe(3);
    await expectNothingLeft(dataDir, processes);
  });
});

await describeWith(["redis", "etcd-3.6", "postgres"], "a store that a test run owned", () => {
  it.each(["redis", "etcd", "postgres"].flatMap((store) => [[store], [store, "--paused"]]))(
    "leaves nothing when that run is killed: %s %s",
    async (...args) => {
      const before = await sharedMemory();
      await expectNothingLeftOf(START_STORE_AND_WAIT, args, "SIGKILL");
      expect(await sharedMemory()).toEqual(before);
    },
  );
});

async function expectNothingLeftOf(
  module: string,
  args: readonly string[],
  signal: NodeJS.Signals,
): Promise<void> {
  const child = spawn(process.execPath, [module, ...args], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    const { dataDir, pids = [] } = JSON.parse(await firstLine(child)) as {
      readonly dataDir: string;
      readonly pids?: readonly number[];
    };
    const processes = await processesOf(dataDir, pids);
    child.kill(signal);
    await expectNothingLeft(dataDir, processes);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Names of the shared memory on this machine, of both kinds. */
async function sharedMemory(): Promise<string[]> {
  const { stdout } = await runCommand("sh", ["-c", "cat /proc/sysvipc/shm | awk '{print $2}'; ls /dev/shm"]);
  return stdout.split("\n");
}

async function expectNothingLeft(dataDir: string, processes: readonly number[]): Promise<void> {
  let running: readonly number[] = processes;
  await pollUntil(
    async () => {
      running = await stillRunning(processes);
      return running.length === 0 && !existsSync(dataDir);
    },
    { what: () => `processes ${running.join(", ")} and ${dataDir} to go`, timeoutMs: 15_000 },
  );
}

/**
 * Whoever names the data folder in its arguments (servers, client-go), the servers with these ids (Redis names nothing)
 * with their children, and the parents of all (supervisor, our child).
 */
async function processesOf(dataDir: string, pids: readonly number[] = []): Promise<number[]> {
  const { stdout } = await runCommand("ps", ["-A", "-ww", "-o", "pid=,ppid=,args="]);
  const all = stdout
    .split("\n")
    .map((line) => ({ line, ids: line.trim().split(/\s+/).slice(0, 2).map(Number) }));
  const ours = all.filter(({ line, ids }) => line.includes(dataDir) || ids.some((id) => pids.includes(id)));
  expect(ours.length).toBeGreaterThanOrEqual(Math.max(pids.length, 1));
  return [...new Set(ours.flatMap(({ ids }) => ids))].filter((id) => id !== process.pid);
}

/** A zombie does not run: it waits for the machine's init to take notice. */
async function stillRunning(processes: readonly number[]): Promise<number[]> {
  const { stdout } = await runCommand("ps", ["-A", "-o", "pid=,stat="]);
  const running = stdout.split("\n").map((line) => line.trim().split(/\s+/));
  return running
    .filter(([, state]) => !state?.startsWith("Z"))
    .map(([id]) => Number(id))
    .filter((id) => processes.includes(id));
}

async function firstLine(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error("Expected a pipe as stdout");
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error("Expected a line before the end of stdout");
}
