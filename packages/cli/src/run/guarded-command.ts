import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { fileURLToPath } from "node:url";
import type { GuardOrder, GuardReport } from "./guard-protocol.ts";
import { type KillDeadline, killAtMs, leadUntil, stopBy } from "./kill-deadline.ts";
import { machineNowMs } from "./machine-time.ts";
import { killTree, killTreeUntilGone } from "./process-tree.ts";

/** What to run, and how long it may take to end. */
export interface CommandSpec {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly leadsUntilMs: number;
  readonly killGraceMs: number;
}

/** How a command ended. Whichever it is, nothing of it is left. */
export type CommandEnd =
  | { readonly kind: "exited"; readonly code: number | null; readonly signal: NodeJS.Signals | null }
  | { readonly kind: "not-started"; readonly code: string | undefined }
  /** Its guard was killed, or could not be started; the command was killed then. */
  | { readonly kind: "guard-lost"; readonly message: string };

const GUARD = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./guard.ts" : "./guard.js", import.meta.url),
);
/** How long after SIGKILL the guard may take to say that nothing is left, before it counts as hung itself. */
const GUARD_PATIENCE_MS = 1_000;

/**
 * One command under one guard, seen from `tenure`. The guard's process starts with the constructor, ahead of the term, so that
 * the command itself then starts within milliseconds.
 *
 * `tenure` keeps the deadline as well, and kills at it itself: a frozen guard must not keep the command alive.
 */
export class GuardedCommand {
  /** Settles when the command and all that it left behind is gone; never rejects. */
  readonly ended: Promise<CommandEnd>;
  /** The guard has not ended. */
  alive = true;
  /** Nothing of the command is left. */
  #over = false;
  readonly #guard: ChildProcess;
  readonly #onStarted: (pid: number) => void;
  readonly #mark = randomUUID();
  #leader: number | undefined;
  #deadline: KillDeadline | undefined;
  #killTimer: NodeJS.Timeout | undefined;

  constructor(env: Readonly<Record<string, string | undefined>>, onStarted: (pid: number) => void) {
    this.#onStarted = onStarted;
    // Not NODE_OPTIONS: what is meant for the command (an inspector, a preload) would come up in the guard.
    const { NODE_OPTIONS: _, ...guardEnv } = env;
    this.#guard = spawn(process.execPath, [GUARD], {
      env: guardEnv,
      stdio: ["inherit", "inherit", "inherit", "ipc"],
      // A session of its own: Ctrl-C in a terminal is for `tenure`, which forwards it, and `kill -9 -PGID` leaves the guard.
      detached: true,
    });
    this.ended = this.#watch();
  }

  /** Starts the command, unless its term is over by the time the guard gets to it. */
  start({ file, args, env, leadsUntilMs, killGraceMs }: CommandSpec): void {
    // Within another `tenure run` the outer one must find this command, too.
    const mark = [env["TENURE_RUN"], this.#mark].filter(Boolean).join(",");
    this.#deadline = { leadsUntilMs, killGraceMs, stopByMs: Number.POSITIVE_INFINITY };
    this.#order({
      ...{ kind: "start", file, args, leadsUntilMs, killGraceMs },
      env: { ...env, TENURE_RUN: mark },
      mark: this.#mark,
    });
    this.#armKill();
  }

  /** The term was renewed until then, or ends then: SIGTERM when that passes, SIGKILL one grace later. */
  lead(untilMs: number): void {
    if (this.#deadline === undefined) return;
    this.#deadline = leadUntil(this.#deadline, untilMs, machineNowMs());
    this.#order({ kind: "lead", untilMs });
    this.#armKill();
  }

  /** Signals the group now and kills it then. */
  stop(signal: NodeJS.Signals, byMs: number): void {
    if (this.#deadline === undefined) return;
    this.#deadline = stopBy(this.#deadline, byMs);
    this.#order({ kind: "stop", signal, byMs });
    this.#armKill();
  }

  /** For how long the command should have been gone by now; 0 while it may run. */
  overdueMs(): number {
    if (this.#deadline === undefined || this.#over) return 0;
    return Math.max(0, machineNowMs() - killAtMs(this.#deadline));
  }

  /** Passes a signal on, to the command alone or to its group. Settles when the guard has been told. */
  async signal(signal: NodeJS.Signals, to: "command" | "group"): Promise<void> {
    await new Promise<void>((resolve) => this.#order({ kind: "signal", signal, to }, resolve));
  }

  /** Ends a guard that has nothing to guard; one with a command kills it. */
  dispose(): void {
    if (this.#guard.connected) this.#guard.disconnect();
  }

  #order(order: GuardOrder, sent?: () => void): void {
    // A guard that is gone is found out by its exit.
    if (this.#guard.connected) this.#guard.send(order, () => sent?.());
    else sent?.();
  }

  async #watch(): Promise<CommandEnd> {
    const end = await new Promise<CommandEnd>((resolve) => {
      const lost = (message: string): void => resolve({ kind: "guard-lost", message });
      this.#guard.once("error", (error) => lost(`The guard could not be started: ${error.message}`));
      this.#guard.once("exit", (code, signal) => {
        const tell = (): void => lost(`The guard ended unexpectedly (${signal ?? code})`);
        // Its last words may still be in the channel.
        if (this.#guard.connected) this.#guard.once("disconnect", tell);
        else tell();
      });
      // The other end of the channel is the guard, which sends nothing else.
      this.#guard.on("message", (message) => {
        const report = message as GuardReport;
        if (report.kind === "started") this.#started(report.pid);
        else if (report.kind === "failed") resolve({ kind: "not-started", code: report.code });
        else resolve({ kind: "exited", code: report.code, signal: report.signal });
      });
    });
    this.alive = false;
    clearTimeout(this.#killTimer);
    if (end.kind === "guard-lost" && this.#deadline !== undefined) {
      await killTreeUntilGone({ leader: this.#leader, mark: this.#mark });
    }
    this.#over = true;
    return end;
  }

  #started(pid: number): void {
    this.#leader = pid;
    this.#onStarted(pid);
  }

  /** The guard does this too, a moment before; unless it is frozen. */
  #armKill(): void {
    clearTimeout(this.#killTimer);
    if (this.#deadline === undefined || !this.alive) return;
    const waitMs = Math.ceil(killAtMs(this.#deadline) - machineNowMs());
    if (waitMs > 0) {
      this.#killTimer = setTimeout(() => this.#armKill(), Math.min(waitMs, 2 ** 31 - 1));
      return;
    }
    killTree({ leader: this.#leader, mark: this.#mark });
    this.#killTimer = setTimeout(() => {
      // Its exit is told as the loss of the guard, and what is left of the command is waited for.
      this.#guard.kill("SIGKILL");
    }, GUARD_PATIENCE_MS);
  }
}
