import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";
import { EXIT } from "./exit-codes.ts";

/** A stream to write to, and what is known of it when it is a terminal. */
export type Output = Writable & {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
};

/** A stream to read from; with `setRawMode` where it is a terminal. */
type Input = Readable & {
  readonly isTTY?: boolean | undefined;
  setRawMode?(raw: boolean): unknown;
};

/** The world as a command sees it: everything that a test replaces. */
export interface Io {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdin: Input;
  readonly stdout: Output;
  readonly stderr: Output;
  /**
   * How the program ends when it has nothing left to do. Set it, close what is open and return: nothing exits in the
   * middle of its output. To end with a message, throw a `CliError` instead.
   */
  exitCode: number;
  /** Set by `--debug`: failures come with their stack. */
  debug: boolean;
  /**
   * Aborts at SIGINT or SIGTERM, or when nobody reads stdout any more (`tenure watch … | head -1`). The handlers are there
   * from the first call on; a command that needs signals for itself never calls it.
   */
  interruption(): AbortSignal;
}

/** Text styles, of `node:util`. */
export type Style = Parameters<typeof styleText>[0];

/** Colours and the like, on a terminal only; `NO_COLOR` and `FORCE_COLOR` have the last word. */
export function style(stream: Output, format: Style, text: string): string {
  return styleText(format, text, { stream, validateStream: true });
}

/** One line on stdout. */
export function print(io: Io, line: string): void {
  io.stdout.write(`${line}\n`);
}

/** One JSON document on stdout, on one line: a stream of them is JSON lines. Fencing tokens become strings. */
export function printJson(io: Io, document: unknown): void {
  print(
    io,
    JSON.stringify(document, (_key, value: unknown) => (typeof value === "bigint" ? String(value) : value)),
  );
}

/** The real one. */
export function processIo(): Io {
  const interrupted = new AbortController();
  let listening = false;
  // Who reads has gone: no failure of ours. Anything else (a full disk) is, where it takes what was asked for.
  process.stdout.on("error", ({ code }: NodeJS.ErrnoException) => {
    interrupted.abort();
    if (code === "EPIPE" || process.exitCode !== undefined) return;
    process.exitCode = EXIT.failed;
    process.stderr.write(`tenure: stdout cannot be written: ${code}\n`);
  });
  process.stderr.on("error", ({ code }: NodeJS.ErrnoException) => {
    if (code === "EPIPE") interrupted.abort();
  });
  return {
    env: process.env,
    stdin: process.stdin,
    stdout: process.stdout,
    stderr: process.stderr,
    exitCode: EXIT.ok,
    debug: false,
    interruption() {
      if (!listening) {
        listening = true;
        for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => interrupted.abort());
      }
      return interrupted.signal;
    },
  };
}
