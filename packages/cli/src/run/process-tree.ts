import { existsSync, readdirSync, readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";

/** A command and what it started. */
export interface ProcessTree {
  /** The command's pid, which is also its process group and session; `undefined` where it is not known. */
  readonly leader: number | undefined;
  /** A word in the environment of the command, which everything that it starts inherits. */
  readonly mark: string;
}

/** Linux; elsewhere a tree is its process group. */
const SEES_PROCESSES = existsSync("/proc/self/stat");

/** Signals the command's process group. Whoever is gone is no error. */
export function signalGroup(leader: number, signal: NodeJS.Signals): void {
  trySignal(-leader, signal);
}

/** SIGKILL to the whole tree, at once. Returns whether anything was left to kill. */
export function killTree({ leader, mark }: ProcessTree): boolean {
  if (!SEES_PROCESSES) return leader !== undefined && trySignal(-leader, "SIGKILL");
  // All at once first: a group that forks as fast as it is read would win otherwise.
  if (leader !== undefined) trySignal(-leader, "SIGKILL");
  const living = livingMembers(leader, mark);
  for (const pid of living) trySignal(pid, "SIGKILL");
  return living.length > 0;
}

/** Kills the tree and settles when nothing of it lives: a killed process goes on for a moment, longer in a system call. */
export async function killTreeUntilGone(tree: ProcessTree): Promise<void> {
  for (let pauseMs = 1; killTree(tree); pauseMs = Math.min(2 * pauseMs, 50)) await sleep(pauseMs);
}

/**
 * Who belongs to the tree and can still run: by group and session, and by the mark, which also finds what made itself a
 * session of its own (a daemon). Zombies are dead; whoever ought to reap them may never do so.
 */
function livingMembers(leader: number | undefined, mark: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((name) => {
      const status = parseStat(read(`/proc/${name}/stat`));
      if (status === undefined || /^[ZXx]/.test(status.state)) return false;
      if (leader !== undefined && (status.group === leader || status.session === leader)) return true;
      return read(`/proc/${name}/environ`).includes(mark);
    })
    .map(Number);
}

/** Reads `/proc/PID/stat`. The second field is the program's name, which may hold anything. */
export function parseStat(
  stat: string,
): { readonly state: string; readonly group: number; readonly session: number } | undefined {
  const [state, , group, session] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  if (state === undefined || group === undefined || session === undefined) return undefined;
  return { state, group: Number(group), session: Number(session) };
}

/** Empty for a process that is gone, or somebody else's. */
function read(path: string): string {
  try {
    return readFileSync(path, "latin1");
  } catch {
    return "";
  }
}

/** Whether there was anybody to signal. Not allowed counts as nobody: macOS says so of a group of zombies. */
function trySignal(pid: number, signal: NodeJS.Signals): boolean {
  try {
    return process.kill(pid, signal);
  } catch {
    return false;
  }
}
