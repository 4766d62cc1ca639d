import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync, readFileSync } from "node:fs";
import { pollUntil } from "@tenure/testbed";
import { BIN, SHELL_ENV } from "./bin.fixture.ts";
import { isRunning } from "./processes.fixture.ts";

/** One `tenure demo` without a terminal. */
export class DemoProcess implements AsyncDisposable {
  readonly process: ChildProcess;
  stdout = "";
  stderr = "";
  /** The exit code, or the signal's name. */
  readonly exited: Promise<number | string>;

  /** With `ownGroup` it is a process group, as the job of a shell is. */
  constructor(
    args: readonly string[],
    {
      env = {},
      ownGroup = false,
    }: { readonly env?: Readonly<Record<string, string>>; readonly ownGroup?: boolean } = {},
  ) {
    const child = spawn(process.execPath, [BIN, "demo", ...args], {
      env: { ...SHELL_ENV, NO_COLOR: "1", FORCE_COLOR: undefined, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: ownGroup,
    });
    this.process = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.exited = once(child, "close").then(([code, signal]): number | string => code ?? signal);
  }

  get pid(): number {
    return this.process.pid ?? Number.NaN;
  }

  /** The JSON lines of `--json` so far. */
  get events(): readonly Record<string, unknown>[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  async waitFor(text: string | RegExp): Promise<void> {
    await pollUntil(() => this.stdout.match(text) ?? undefined, {
      what: () => `${text} in what the demo printed:\n${this.stdout}${this.stderr}`,
      timeoutMs: 60_000,
    });
  }

  /** How it ended, which it has to do in this time. */
  async end(timeoutMs = 100_000): Promise<number | string> {
    let timer: NodeJS.Timeout | undefined;
    const tooLate = new Promise<never>((_, reject) => {
      const children = (): string => childrenOf(this.pid).join(", ") || "none";
      timer = setTimeout(
        () =>
          reject(
            new Error(
              `Waited in vain for the demo's end; children: ${children()}\n${this.stdout}${this.stderr}`,
            ),
          ),
        timeoutMs,
      );
    });
    try {
      return await Promise.race([this.exited, tooLate]);
    } finally {
      clearTimeout(timer);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.exited;
  }
}

/** The processes that a process started, and that are still its children. */
export function childrenOf(pid: number): readonly number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((candidate) => {
      try {
        const stat = readFileSync(`/proc/${candidate}/stat`, "latin1");
        // After the name, which may hold anything: the state, then the parent.
        return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]) === pid;
      } catch {
        return false; // it has ended meanwhile
      }
    });
}

/** Waits until none of these processes can do anything any more. */
export async function waitUntilGone(pids: readonly number[]): Promise<void> {
  await pollUntil(() => (pids.some(isRunning) ? undefined : true), {
    what: () => `processes ${pids.filter(isRunning)} to be gone`,
    timeoutMs: 10_000,
  });
}
