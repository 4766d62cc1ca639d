import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

/** A line that a replica printed, and when it arrived (monotonic milliseconds of this process). */
export interface Line {
  readonly text: string;
  readonly atMs: number;
}

/** One process of this example. */
export interface Replica {
  readonly name: string;
  readonly process: ChildProcess;
  /** What it printed on stdout, so far. */
  readonly lines: readonly Line[];
  /** What it printed on stderr, so far. */
  readonly stderr: readonly Line[];
  /** Resolves with the exit code, or the signal's name. */
  readonly exited: Promise<number | string>;
}

/** Starts `main.ts` on the Node that runs this, as `POD_NAME` `name`. Its environment is `env` on top of this process's own. */
export function startReplica(
  name: string,
  env: Readonly<Record<string, string>>,
  onLine: (line: Line, replica: Replica) => void = () => {},
): Replica {
  const child = spawn(process.execPath, [fileURLToPath(new URL("main.ts", import.meta.url))], {
    env: { ...process.env, POD_NAME: name, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const lines: Line[] = [];
  const stderr: Line[] = [];
  const exited = once(child, "exit").then(([code, signal]): number | string => code ?? signal);
  const replica: Replica = { name, process: child, lines, stderr, exited };
  createInterface({ input: child.stdout }).on("line", (text) => {
    const line = { text, atMs: performance.now() };
    lines.push(line);
    onLine(line, replica);
  });
  createInterface({ input: child.stderr }).on("line", (text) =>
    stderr.push({ text, atMs: performance.now() }),
  );
  return replica;
}
