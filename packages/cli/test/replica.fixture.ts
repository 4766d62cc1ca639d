import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { pollUntil } from "@tenure/testbed";
import type { RunEvent } from "../src/run/run-event.ts";
import { BIN, SHELL_ENV } from "./bin.fixture.ts";

/** An event of `tenure run --json`, and when it was written. */
export type TimedEvent = RunEvent & { readonly time: string };
type EventOf<Name extends RunEvent["event"]> = Extract<TimedEvent, { readonly event: Name }>;

/** How a {@link Replica} is started. */
export interface ReplicaOptions {
  readonly lock: string;
  readonly identity: string;
  readonly command: readonly string[];
  readonly options?: readonly string[] | undefined;
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** One `tenure run --json`. */
export class Replica {
  readonly identity: string;
  readonly process: ChildProcess;
  readonly events: TimedEvent[] = [];
  /** What stands on stderr that is no event: the command's own, and failures. */
  readonly stderr: string[] = [];
  readonly stdout: string[] = [];
  /** The exit code, or the signal's name. */
  readonly exited: Promise<number | string>;

  constructor({ lock, identity, command, options = [], env = {} }: ReplicaOptions) {
    this.identity = identity;
    const child = spawn(
      process.execPath,
      [BIN, "run", "--lock", lock, "--identity", identity, "--json", ...options, "--", ...command],
      { env: { ...SHELL_ENV, ...env }, stdio: ["pipe", "pipe", "pipe"] },
    );
    this.process = child;
    this.exited = once(child, "exit").then(([code, signal]): number | string => code ?? signal);
    createInterface({ input: child.stdout }).on("line", (line) => this.stdout.push(line));
    createInterface({ input: child.stderr }).on("line", (line) => {
      if (line.startsWith("{")) this.events.push(JSON.parse(line));
      else this.stderr.push(line);
    });
  }

  /** The first event of a kind that has not come before index `from`. */
  async waitFor<Name extends RunEvent["event"]>(
    name: Name,
    { from = 0, timeoutMs = 60_000 }: { readonly from?: number; readonly timeoutMs?: number } = {},
  ): Promise<EventOf<Name>> {
    return await pollUntil(
      () => this.events.slice(from).find((event): event is EventOf<Name> => event.event === name),
      {
        what: () =>
          `${name} of ${this.identity}; events: ${JSON.stringify(this.events)}; stderr: ${this.stderr.join("\n")}`,
        timeoutMs,
        intervalMs: 5,
      },
    );
  }

  count(name: RunEvent["event"]): number {
    return this.events.filter(({ event }) => event === name).length;
  }

  /** The pid of the command that was started last. */
  get commandPid(): number {
    return this.events.findLast((event) => event.event === "childStarted")?.pid ?? Number.NaN;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.kill(signal);
  }

  /** Ends it and its command, whatever state they are in. */
  async destroy(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }
}
