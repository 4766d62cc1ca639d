/**
 * The guard: a process beside `tenure run` that starts the command and outlives `tenure`, so that the command does not run on
 * unled when `tenure` is killed or frozen. It learns with every renewal until when the command is led. When that passes, or
 * the channel to `tenure` ends, it sends SIGTERM, and SIGKILL one grace later, which is before the lease could be another's.
 *
 * One guard serves one command. It imports nothing but Node's own: it should be small and start fast.
 */
import { type ChildProcess, spawn } from "node:child_process";
import type { GuardOrder, GuardReport, StartOrder } from "./guard-protocol.ts";
import { due, type KillDeadline, leadUntil, nextDueMs, stopBy } from "./kill-deadline.ts";
import { machineNowMs } from "./machine-time.ts";
import { killTree, killTreeUntilGone, type ProcessTree, signalGroup } from "./process-tree.ts";

/** Longer than any timer of Node may be. */
const LONGEST_WAIT_MS = 2 ** 31 - 1;

interface Guarded {
  readonly child: ChildProcess;
  readonly tree: ProcessTree;
  readonly leader: number;
  deadline: KillDeadline;
  /** SIGTERM was sent because the term was over. */
  told: boolean;
  ended: boolean;
}

let guarded: Guarded | undefined;
let timer: NodeJS.Timeout | undefined;

process.title = "tenure-guard";
// Whoever stops a whole container or cgroup signals the guard as well; it ends when its command has, never before.
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2"] as const) {
  process.on(signal, () => {});
}
// The other end of the channel is `tenure`, which sends nothing else.
process.on("message", (order) => obey(order as GuardOrder));
process.on("disconnect", () => {
  // `tenure` is gone: nobody renews any more, so the term is as good as over.
  if (guarded === undefined) process.exit();
  move(guarded, leadUntil(guarded.deadline, machineNowMs(), machineNowMs()));
});

function obey(order: GuardOrder): void {
  if (order.kind === "start") {
    start(order);
    return;
  }
  if (guarded === undefined || guarded.ended) return;
  switch (order.kind) {
    case "lead":
      move(guarded, leadUntil(guarded.deadline, order.untilMs, machineNowMs()));
      break;
    case "stop":
      tell(guarded, order.signal);
      move(guarded, stopBy(guarded.deadline, order.byMs));
      break;
    case "signal":
      if (order.to === "group") signalGroup(guarded.leader, order.signal);
      else guarded.child.kill(order.signal);
  }
}

function start({ file, args, env, mark, leadsUntilMs, killGraceMs }: StartOrder): void {
  if (machineNowMs() >= leadsUntilMs) {
    report({ kind: "failed", code: undefined });
    return;
  }
  const failed = ({ code = "EUNKNOWN" }: NodeJS.ErrnoException): void => report({ kind: "failed", code });
  let child: ChildProcess;
  try {
    // `detached` makes it the leader of a session, and so of a process group, of its own.
    child = spawn(file, args, { env, stdio: "inherit", detached: true });
  } catch (error) {
    // Node throws what is not among the usual five, e.g. ENOTDIR, ENOEXEC, ENOMEM.
    failed(error as NodeJS.ErrnoException);
    return;
  }
  if (child.pid === undefined) {
    child.once("error", failed);
    return;
  }
  // A signal that cannot be sent to it any more.
  child.on("error", () => {});
  report({ kind: "started", pid: child.pid });
  const deadline = { leadsUntilMs, killGraceMs, stopByMs: Number.POSITIVE_INFINITY };
  const tree = { leader: child.pid, mark };
  guarded = { child, tree, leader: child.pid, deadline, told: false, ended: false };
  child.once("exit", (code, signal) => void end(tree, code, signal));
  act(guarded);
}

function move(command: Guarded, deadline: KillDeadline): void {
  command.deadline = deadline;
  act(command);
}

/** Does what is due, and comes back when more is. */
function act(command: Guarded): void {
  clearTimeout(timer);
  if (command.ended) return;
  const nowMs = machineNowMs();
  const signal = due(command.deadline, nowMs);
  if (signal === "SIGKILL") {
    // What does not die of it (in a system call that cannot be interrupted) is waited for when the command has ended.
    killTree(command.tree);
    return;
  }
  if (signal === "SIGTERM" && !command.told) {
    command.told = true;
    tell(command, "SIGTERM");
  }
  const waitMs = Math.ceil(nextDueMs(command.deadline, nowMs) - nowMs);
  timer = setTimeout(() => act(command), Math.min(waitMs, LONGEST_WAIT_MS));
}

/** A stopped process hears nothing but SIGKILL until it is continued. */
function tell({ leader }: Guarded, signal: NodeJS.Signals): void {
  signalGroup(leader, signal);
  signalGroup(leader, "SIGCONT");
}

async function end(tree: ProcessTree, code: number | null, signal: NodeJS.Signals | null): Promise<void> {
  if (guarded !== undefined) guarded.ended = true;
  clearTimeout(timer);
  await killTreeUntilGone(tree);
  report({ kind: "ended", code, signal });
}

/** The last word closes the channel, which ends this process. */
function report(message: GuardReport): void {
  if (!process.connected) {
    // Not before the command has ended, even if `tenure` was gone when it started: that the channel ended stops it.
    if (message.kind !== "started") process.exit();
    return;
  }
  process.send?.(message, () => {
    if (message.kind !== "started") process.exit();
  });
}
