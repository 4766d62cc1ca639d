/**
 * The process that owns the servers of one testbed and their data folder. It ends when the channel to the process that
 * started it closes, for whatever reason: then it kills the servers and removes the data. A SIGKILLed test run
 * therefore leaves nothing behind. Started by `startSupervisor`, never by hand.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runCommand } from "./run-command.ts";
import type {
  ServerCommand,
  SupervisorAction,
  SupervisorMessage,
  SupervisorRequest,
} from "./supervisor-protocol.ts";

const KILL_GRACE_MS = 5_000;

/** A process that runs, and how it was asked for. */
interface RunningServer {
  readonly process: ChildProcess;
  readonly command: ServerCommand;
}

const dataDir = mkdtempSync(join(tmpdir(), "tenure-testbed-"));
const running = new Map<string, RunningServer>();

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
      await signalWithChildren(server.process, action.signal);
      return server.process.pid;
    }
  }
}

async function start(command: ServerCommand): Promise<number | undefined> {
  const { name, path, args, env, user } = command;
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
  running.set(name, { process: server, command });
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

async function end(name: string, graceMs: number): Promise<undefined> {
  const server = running.get(name);
  if (server === undefined) return;
  const { process: child, command } = server;
  const exited = new Promise((resolve) => child.once("exit", resolve));
  const { stopSignal = "SIGTERM", killSignal } = command;
  let impatience: NodeJS.Timeout | undefined;
  if (graceMs > 0) {
    child.kill(stopSignal);
    impatience = setTimeout(() => child.kill("SIGKILL"), graceMs);
  } else if (killSignal !== undefined) {
    impatience = setTimeout(() => child.kill("SIGKILL"), KILL_GRACE_MS);
    await signalWithChildren(child, "SIGCONT"); // paused, it would not hear the signal
    child.kill(killSignal);
  } else {
    child.kill("SIGKILL");
  }
  await exited;
  clearTimeout(impatience);
}

/** The children of a server that answer its clients have to be paused with it. */
async function signalWithChildren(server: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  server.kill(signal);
  const { stdout } = await runCommand("ps", ["-A", "-o", "pid=,ppid="]);
  for (const line of stdout.split("\n")) {
    const [pid, parent] = line.trim().split(/\s+/).map(Number);
    if (pid === undefined || parent !== server.pid) continue;
    try {
      process.kill(pid, signal);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error; // it has ended meanwhile
    }
  }
}

async function cleanUpAndExit(): Promise<never> {
  // Killing is right: the data goes away too. SIGKILL also ends a paused server.
  await Promise.all([...running.keys()].map((name) => end(name, 0)));
  rmSync(dataDir, { recursive: true, force: true, maxRetries: 5 });
  process.exit(0);
}
