import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import { machineNowMs } from "../run/machine-time.ts";
import type { ReplicaOrder, ReplicaReport } from "./replica-messages.ts";
import { startThawGuard } from "./thaw-guard.ts";

const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./replica.ts" : "./replica.js", import.meta.url),
);
/** As much of what a replica wrote to stderr as says why it broke. */
const KEPT_STDERR = 4_000;

/** How a replica's process ended. */
export interface ReplicaEnd {
  /** `"SIGKILL"`, `"exit 0"` */
  readonly how: string;
  /** By the clock that all processes of a machine share. */
  readonly atMs: number;
  /** What it last wrote to stderr. */
  readonly stderr: string;
}

/** One run of a replica's program. */
export class ReplicaProcess {
  /** Settles when the process is gone; never rejects. */
  readonly ended: Promise<ReplicaEnd>;
  readonly #child: ChildProcess;
  #endThawGuard: (() => void) | undefined;

  constructor(onReport: (report: ReplicaReport) => void) {
    this.#child = fork(PROGRAM, [], {
      execArgv: [],
      stdio: ["ignore", "ignore", "pipe", "ipc"],
    });
    this.#child.on("message", (report: ReplicaReport) => onReport(report));
    this.ended = this.#watch();
  }

  /** Lost on a process that is gone: `ended` tells. */
  order(order: ReplicaOrder): void {
    this.#child.send(order, () => {});
  }

  kill(): void {
    this.#child.kill("SIGKILL");
    this.#endThawGuard?.();
  }

  /** SIGSTOP, which Windows does not have. */
  freeze(): void {
    const { pid } = this.#child;
    if (pid === undefined) return;
    this.#endThawGuard = startThawGuard(pid);
    this.#child.kill("SIGSTOP");
  }

  thaw(): void {
    this.#child.kill("SIGCONT");
    this.#endThawGuard?.();
    this.#endThawGuard = undefined;
  }

  #watch(): Promise<ReplicaEnd> {
    let stderr = "";
    this.#child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      stderr = (stderr + text).slice(-KEPT_STDERR);
    });
    return new Promise((resolve) => {
      this.#child.on("error", (error) => {
        // It could not be started; any other error says nothing about its end.
        if (this.#child.pid === undefined) {
          resolve({ how: "not started", atMs: machineNowMs(), stderr: error.message });
        }
      });
      let atMs = Number.NaN;
      this.#child.on("exit", () => {
        atMs = machineNowMs();
      });
      // `close` comes when its stderr was read as well.
      this.#child.on("close", (code, signal) => resolve({ how: signal ?? `exit ${code}`, atMs, stderr }));
    });
  }
}
