/**
 * The process that owns the servers of one testbed and their data folder. It ends when the channel to the process that
 * started it closes, for whatever reason: then it kills the servers and removes the data. A SIGKILLed test run
 * therefore leaves nothing behind. Started by `startSupervisor`, never by hand.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type {
  ServerCommand,
  SupervisorAction,
  SupervisorMessage,
  SupervisorRequest,
} from "./supervisor-protocol.ts";

const CLEAN_UP_GRACE_MS = 5_000;

const dataDir = mkdtempSync(join(tmpdir(), "tenure-testbed-"));
const running = new Map<string, ChildProcess>();
const cleanUpSignals = new Map<string, "SIGQUIT" | undefined>();

process.on("disconnect", () => void cleanUpAndExit());
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const)
  process.on(signal, () => void cleanUpAndExit());
process.on("message", (message) => {
  // Our own parent is the only one that can write to this channel.
  const { id, action } = message as SupervisorRequest;
  perform(action).then(
    (pid) => say({ kind: "done", id, pid }),
    (error: unknown) =>
      say({ kind: "failed", id, why: error instanceof Error ? error.message : String(error) }),
  );
});
say({ kind: "ready", dataDir });
if (!process.connected) void cleanUpAndExit();

function say(message: SupervisorMessage): void {
  // A failed send means that the parent is gone; the "disconnect" event deals with that.
  process.send?.(message, undefined, undefined, () => {});
}

async function perform(action: SupervisorAction): Promise<number | undefined> {
  switch (action.kind) {
    case "start":
      return await start(action.server);
    case "end":
      return await end(action.name, action.graceMs);
    case "signal": {
      const server = running.get(action.name);
      if (server === undefined) throw new Error(`${action.name} does not run`);
      server.kill(action.signal);
      return server.pid;
    }
  }
}

async function start({
  name,
  path,
  args,
  env,
  user,
  cleanUpSignal,
}: ServerCommand): Promise<number | undefined> {
  if (running.has(name)) throw new Error(`${name} runs already`);
  const log = openSync(join(dataDir, `${name}.log`), "a", 0o600);
  const server = spawn(path, args, {
    cwd: dataDir,
    env: { ...process.env, ...env },
    stdio: ["ignore", log, log],
    ...user,
  });
  closeSync(log);
  // At once, not when it is known to run: the channel may close in between.
  running.set(name, server);
  cleanUpSignals.set(name, cleanUpSignal);
  server.once("exit", (code, signal) => {
    running.delete(name);
    say({ kind: "exited", name, how: signal ?? `exit code ${code}` });
  });
  await new Promise<void>((resolve, reject) => {
    server.once("spawn", resolve);
    server.once("error", (error) => {
      running.delete(name);
      reject(error);
    });
  });
  return server.pid;
}

async function end(name: string, graceMs: number, signal: NodeJS.Signals = "SIGTERM"): Promise<undefined> {
  const server = running.get(name);
  if (server === undefined) return;
  const exited = new Promise((resolve) => server.once("exit", resolve));
  if (graceMs > 0) server.kill(signal);
  const impatience = setTimeout(() => server.kill("SIGKILL"), graceMs);
  await exited;
  clearTimeout(impatience);
}

async function cleanUpAndExit(): Promise<never> {
  // Killing is right: the data goes away too. SIGKILL also ends a paused server.
  await Promise.all(
    [...running].map(async ([name, server]) => {
      const signal = cleanUpSignals.get(name);
      if (signal === undefined) return await end(name, 0);
      server.kill("SIGCONT"); // a paused one would not hear the signal
      await end(name, CLEAN_UP_GRACE_MS, signal);
    }),
  );
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}
