import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { pollUntil } from "@tenure/testbed";

const TENURE = fileURLToPath(import.meta.resolve("@tenure/cli/package.json")).replace(
  /package\.json$/,
  "src/bin.ts",
);

/** A process and what it prints. */
export class Program {
  readonly process: ChildProcess;
  /** stdout and stderr, as lines. */
  readonly lines: string[] = [];
  readonly exited: Promise<number | string>;

  constructor(file: string, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
    const child = spawn(file, args, { env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
    this.process = child;
    this.exited = once(child, "exit").then(([code, signal]): number | string => code ?? signal);
    for (const input of [child.stdout, child.stderr]) {
      createInterface({ input }).on("line", (line) => this.lines.push(line));
    }
  }

  /** The first line after index `from` that matches. */
  async says(what: RegExp, from = 0): Promise<string> {
    return await pollUntil(() => this.lines.slice(from).find((line) => what.test(line)), {
      what: () => `${what} in ${JSON.stringify(this.lines)}`,
      timeoutMs: 60_000,
      intervalMs: 5,
    });
  }
}

/** `tenure run`, with a lease short enough for a test. */
export function startReplica(
  identity: string,
  {
    lock,
    command,
    options = [],
    env,
  }: {
    readonly lock: string;
    readonly command: readonly string[];
    readonly options?: readonly string[];
    readonly env: Readonly<Record<string, string>>;
  },
): Program {
  const timing = ["--lease-duration", "4s", "--renew-deadline", "2500ms", "--retry-period", "1s"];
  const args = ["run", "--lock", lock, "--identity", identity, ...timing, ...options, "--", ...command];
  return new Program(process.execPath, [TENURE, ...args], env);
}
