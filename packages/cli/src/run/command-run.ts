import { setTimeout as sleep } from "node:timers/promises";
import { LeaderElectionError, LeaderElector, type LeaderElectorOptions, type Term } from "@tenure/core";
import { EXIT } from "../exit-codes.ts";
import { exitCodeOf } from "./exit-code.ts";
import { type CommandEnd, GuardedCommand } from "./guarded-command.ts";
import { leadCommand, wasLost } from "./lead-command.ts";
import { LONG_LIFE_MS, restartDelayMs } from "./restart-delay.ts";
import type { Report } from "./run-event.ts";
import type { RunTiming } from "./run-timing.ts";

/** What follows when the command ended by itself, and when its term was lost. */
export interface RunPolicy {
  readonly afterExit: "exit" | "restart";
  readonly afterLoss: "exit" | "restart";
  /** Whether a step-down ends it, too. */
  readonly afterStepDown: "exit" | "restart";
}

/** Options of {@link CommandRun}. */
export interface CommandRunOptions {
  readonly lock: LeaderElectorOptions["lock"];
  /** The lock's URL without credentials. */
  readonly lockUrl: string;
  readonly identity: string | undefined;
  readonly timing: RunTiming;
  readonly policy: RunPolicy;
  readonly command: readonly [file: string, ...args: string[]];
  /** The command's environment, without what is said of its term. */
  readonly env: Readonly<Record<string, string>>;
  readonly report: Report;
}

/** What a health endpoint tells of a replica. */
export interface LeaderStatus {
  readonly identity: string;
  /** Whether to work now. False from the moment on that the command is told to stop. */
  readonly isLeader: boolean;
  /** The fencing token of the term; a string, because it may be larger than what JSON readers hold. */
  readonly token: string | null;
  readonly since: string | null;
  readonly lock: string;
  /** Who holds the lock, as last seen. */
  readonly leader: string | null;
}

/** How long a command may be overdue before something is wrong with it. */
const STUCK_MS = 5_000;
/** What the lock may take to be given back after the last SIGKILL. */
const RELEASE_MARGIN_MS = 2_000;

/** One replica: campaigns, and runs the command in each of its terms. */
export class CommandRun {
  readonly #options: CommandRunOptions;
  readonly #elector: LeaderElector;
  readonly #stopping = new AbortController();
  #stopSignal: NodeJS.Signals = "SIGTERM";
  /** A guard that waits for the next term, or the one with the command. */
  #command: GuardedCommand | undefined;
  #term: Term | undefined;
  #commandRuns = false;
  /** Settles when the newest command has ended. */
  #led: Promise<void> = Promise.resolve();
  #observes = false;
  #seenLock = false;
  #tokenRegressed = false;
  /** How it ends, once that is known. */
  #exitCode: number | undefined;
  #shortLives = 0;

  /** @throws TypeError, RangeError as `LeaderElector` does */
  constructor(options: CommandRunOptions) {
    const { lock, identity, timing } = options;
    this.#options = options;
    this.#elector = new LeaderElector({
      lock,
      identity,
      leaseDurationMs: timing.leaseDurationMs,
      renewDeadlineMs: timing.renewDeadlineMs,
      retryPeriodMs: timing.retryPeriodMs,
      abortGraceMs: timing.killGraceMs + timing.killMarginMs,
      drainTimeoutMs: timing.drainTimeoutMs + RELEASE_MARGIN_MS,
    });
    this.#listen();
  }

  /** What `/leader` answers. */
  get status(): LeaderStatus {
    // Not while the command is being stopped: whoever works by this answer is to stop as well, before the lock is given back.
    const isLeader = this.#elector.isLeading() && this.#term?.signal.aborted === false;
    return {
      identity: this.#elector.identity,
      isLeader,
      token: isLeader ? String(this.#term?.fencingToken) : null,
      since: isLeader ? (this.#term?.startedAt.toISOString() ?? null) : null,
      lock: this.#options.lockUrl,
      leader: (this.#observes ? this.#elector.leader : undefined) ?? null,
    };
  }

  /** Whether it can take part: the lock was seen, and it is not on its way out. */
  get ready(): boolean {
    return this.#seenLock && !this.#stopping.signal.aborted;
  }

  /** What is wrong with it that a restart may heal; `undefined` when nothing is. */
  get trouble(): string | undefined {
    if (this.#tokenRegressed) return "the store's fencing token went back: it cannot lead";
    return (this.#command?.overdueMs() ?? 0) > STUCK_MS ? "the command outlived SIGKILL" : undefined;
  }

  /**
   * Campaigns until there is an exit code. Settles when the command is gone and the lock given back.
   * @throws what `spawn` throws where there is no process to be had for a guard, e.g. `ENOMEM`
   */
  async run(): Promise<number> {
    const { report, lockUrl, timing } = this.#options;
    const { signal } = this.#stopping;
    report({ event: "campaigning", identity: this.#elector.identity, lock: lockUrl });
    try {
      this.#command = this.#newGuard();
      while (this.#goesOn) {
        this.#observes = true;
        await this.#elector.run((term) => this.#campaignWon(term), { signal });
        this.#observes = false;
        if (!this.#goesOn) break;
        const delayMs = restartDelayMs(timing.retryPeriodMs, this.#shortLives);
        report({ event: "restarting", delayMs });
        // Stopped meanwhile: the loop ends.
        await sleep(delayMs, undefined, { signal }).catch(() => {});
      }
      // A command that outlives SIGKILL outlives its term too, and the elector gives up on it; this process does not.
      await this.#led;
    } finally {
      this.#command?.dispose();
    }
    // A standby that was told to stop has done all that it was asked for.
    return this.#exitCode ?? EXIT.ok;
  }

  /** Stops the command with this signal, gives the lock back, and ends. Again: passes the signal on again. */
  stop(signal: NodeJS.Signals): void {
    if (this.#stopping.signal.aborted) {
      void this.signal(signal, "group");
      return;
    }
    this.#stopSignal = signal;
    this.#stopping.abort();
  }

  /** Passes a signal on; resolves with whether a command runs. */
  async signal(signal: NodeJS.Signals, to: "command" | "group"): Promise<boolean> {
    const command = this.#commandRuns ? this.#command : undefined;
    await command?.signal(signal, to);
    return command !== undefined;
  }

  /** Whether there is a term to give up. If so the command is stopped, and another replica leads. */
  stepDown(): boolean {
    if (!this.#elector.isLeading()) return false;
    void this.#elector.stepDown();
    return true;
  }

  /** The task of the elector; never rejects. */
  #campaignWon(term: Term): Promise<void> {
    this.#led = this.#lead(term);
    return this.#led;
  }

  async #lead(term: Term): Promise<void> {
    const { timing } = this.#options;
    // It may have been killed while it waited.
    const command = this.#command?.alive ? this.#command : this.#newGuard();
    this.#command = command;
    const [file, ...args] = this.#options.command;
    const spec = { file, args, env: this.#commandEnv(term) };
    const startedAtMs = performance.now();
    this.#commandRuns = true;
    const end = await leadCommand({
      ...{ term, command, spec, timing },
      stopSignal: () => this.#stopSignal,
    });
    this.#commandRuns = false;
    this.#tellEnd(end);
    this.#decide(term, end, performance.now() - startedAtMs);
    // After the lock was given back: starting a process takes milliseconds that another replica waits for.
    setImmediate(() => this.#prepareGuard());
  }

  #prepareGuard(): void {
    if (!this.#goesOn || this.#command?.alive) return;
    try {
      this.#command = this.#newGuard();
    } catch {
      // No process to be had right now: the next term tries again, and is given up if that fails, too.
    }
  }

  /** What the end of a command means for the replica. */
  #decide(term: Term, end: CommandEnd, livedMs: number): void {
    const { policy } = this.#options;
    const neverStarted = end.kind === "not-started" && end.code === undefined;
    if (this.#stopping.signal.aborted) {
      this.#exitCode = exitCodeOf(end);
    } else if (neverStarted || wasLost(term)) {
      if (policy.afterLoss === "exit") this.#endWith(EXIT.lost);
    } else if (term.signal.aborted) {
      if (policy.afterStepDown === "exit") this.#endWith(exitCodeOf(end));
    } else {
      this.#shortLives = livedMs < LONG_LIFE_MS ? this.#shortLives + 1 : 0;
      if (policy.afterExit === "exit") this.#exitCode = exitCodeOf(end);
    }
  }

  get #goesOn(): boolean {
    return this.#exitCode === undefined && !this.#stopping.signal.aborted;
  }

  /** A lost term alone does not end a campaign. */
  #endWith(exitCode: number): void {
    this.#exitCode = exitCode;
    void this.#elector.stop();
  }

  #newGuard(): GuardedCommand {
    return new GuardedCommand(this.#options.env, (pid) =>
      this.#options.report({ event: "childStarted", pid }),
    );
  }

  #commandEnv(term: Term): Readonly<Record<string, string>> {
    return {
      ...this.#options.env,
      TENURE_IDENTITY: term.identity,
      TENURE_FENCING_TOKEN: String(term.fencingToken),
      TENURE_LOCK: this.#options.lockUrl,
    };
  }

  #tellEnd(end: CommandEnd): void {
    const { report } = this.#options;
    if (end.kind === "exited") {
      report({ event: "childExited", code: end.code, signal: end.signal, exitCode: exitCodeOf(end) });
    } else if (end.kind === "guard-lost") {
      report({ event: "error", code: null, message: end.message });
    } else {
      const why =
        end.code === "ENOENT" ? "it or its interpreter is not there" : (end.code ?? "its term was over");
      report({ event: "error", code: null, message: `The command could not be started: ${why}` });
    }
  }

  #listen(): void {
    const { report } = this.#options;
    this.#elector
      .on("startedLeading", (term) => {
        this.#term = term;
        this.#tokenRegressed = false;
        report({ event: "startedLeading", identity: term.identity, token: String(term.fencingToken) });
      })
      .on("stoppedLeading", ({ term, reason }) =>
        report({ event: "stoppedLeading", token: String(term.fencingToken), reason }),
      )
      .on("newLeader", ({ identity }) => {
        this.#seenLock = true;
        report({ event: "newLeader", identity });
      })
      .on("anomaly", ({ kind, message }) => report({ event: "anomaly", kind, message }))
      .on("error", (error) => {
        const code = LeaderElectionError.is(error) ? error.code : null;
        if (code === "ERR_TOKEN_REGRESSION") this.#tokenRegressed = true;
        report({ event: "error", code, message: error.message });
      });
  }
}
