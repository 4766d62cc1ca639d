import { type ChildProcess, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CaseContext } from "./case-context.ts";
import { killWhenThisProcessEnds } from "./frozen-guard.ts";
import { onLines } from "./on-lines.ts";

/** A line that a candidate told. */
export interface CandidateEvent {
  readonly event: string;
  readonly identity: string;
  /** By the machine's monotonic clock. */
  readonly atMs: number;
  readonly [more: string]: unknown;
}

/** How a process ended. */
export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

// Beside this file, compiled or not.
const PROGRAM = fileURLToPath(
  new URL(import.meta.url.endsWith(".ts") ? "./candidate.ts" : "./candidate.js", import.meta.url),
);

/** Starts a candidate on the case's record, which is killed when the case is over. */
export async function startCandidate(
  c: CaseContext,
  options: { readonly identity: string; readonly onEvent?: ((event: CandidateEvent) => void) | undefined },
): Promise<CandidateProcess> {
  const { module, options: lockOptions } = await c.candidate();
  const child = spawn(
    process.execPath,
    [
      PROGRAM,
      ...["--module", module, "--options", JSON.stringify(lockOptions ?? null)],
      ...["--name", c.name, "--identity", options.identity, "--timing", JSON.stringify(c.timing)],
    ],
    { stdio: ["pipe", "pipe", "pipe"] },
  );
  const candidate = new CandidateProcess(c, child, options.onEvent);
  c.after(async () => {
    candidate.kill("SIGKILL");
    await candidate.exited(5_000);
  });
  return candidate;
}

/** A candidate in another process, seen from the suite. */
export class CandidateProcess {
  readonly events: CandidateEvent[] = [];
  readonly #context: CaseContext;
  readonly #child: ChildProcess;
  #errors = "";
  #exit: Exit | undefined;
  #endGuard: (() => void) | undefined;

  constructor(
    context: CaseContext,
    child: ChildProcess,
    onEvent: ((event: CandidateEvent) => void) | undefined,
  ) {
    this.#context = context;
    this.#child = child;
    child.stderr?.setEncoding("utf8").on("data", (text: string) => {
      this.#errors += text;
    });
    // A command for a process that has just ended is lost, and that is all.
    child.stdin?.on("error", () => {});
    // It may not have been started at all; its end follows.
    child.on("error", (error) => {
      this.#errors += `${error.message}\n`;
    });
    // Not "exit": its last words may come after that.
    child.on("close", (code, signal) => {
      this.#exit = { code, signal };
      this.#endGuard?.();
    });
    if (child.stdout === null) return;
    onLines(child.stdout, (line) => {
      const event = parse(line);
      if (event === undefined) {
        // The backend's own words, on the wrong stream.
        this.#errors += `${line}\n`;
        return;
      }
      this.events.push(event);
      onEvent?.(event);
    });
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Gives it a command. */
  tell(command: string): void {
    this.#child.stdin?.write(`${command}\n`);
  }

  kill(signal: NodeJS.Signals): void {
    const { pid } = this.#child;
    if (signal === "SIGSTOP" && pid !== undefined && this.#exit === undefined) {
      this.#endGuard ??= killWhenThisProcessEnds(pid);
    }
    this.#child.kill(signal);
  }

  /** Waits for the first event of this name after those that were there before `from`. */
  async event(name: string, from = 0, timeoutMs?: number): Promise<CandidateEvent> {
    return await this.#context.until(
      () =>
        `"${name}" of a candidate, which told ${JSON.stringify(this.events.slice(from))}: ${this.#errors}`,
      () => {
        const found = this.events.slice(from).find(({ event }) => event === name);
        if (found === undefined && this.#exit !== undefined) {
          throw new Error(
            `The candidate ended (${this.#exit.code ?? this.#exit.signal}) before "${name}": ${this.#errors}`,
          );
        }
        return found;
      },
      timeoutMs ?? this.#context.ms(10_000) + 3 * this.#context.timing.leaseDurationMs,
    );
  }

  /** Waits for its end. */
  async exited(timeoutMs: number): Promise<Exit> {
    return await this.#context.until(
      () => `the end of a candidate; it wrote: ${this.#errors}`,
      () => this.#exit,
      timeoutMs,
    );
  }
}

function parse(line: string): CandidateEvent | undefined {
  try {
    const value: unknown = JSON.parse(line);
    // Our own program's lines have all its fields.
    return typeof value === "object" && value !== null && "event" in value
      ? (value as CandidateEvent)
      : undefined;
  } catch {
    return undefined;
  }
}
