import { PassThrough } from "node:stream";
import { EXIT } from "./exit-codes.ts";
import type { Io } from "./io.ts";

/** An {@link Io} that keeps what was written. */
export interface FakeIo extends Io {
  readonly written: { readonly stdout: string; readonly stderr: string };
  /** What SIGINT does to the real one. */
  interrupt(): void;
}

/** An environment, and whether stdout is a terminal. */
export function fakeIo(env: Io["env"] = {}, { isTTY = false }: { readonly isTTY?: boolean } = {}): FakeIo {
  const interrupted = new AbortController();
  const written = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof written): PassThrough => {
    const kept = new PassThrough();
    kept.setEncoding("utf8").on("data", (text: string) => {
      written[name] += text;
    });
    return kept;
  };
  return {
    env,
    stdin: new PassThrough(),
    stdout: Object.assign(stream("stdout"), { isTTY, columns: 120 }),
    stderr: Object.assign(stream("stderr"), { isTTY, columns: 120 }),
    exitCode: EXIT.ok,
    debug: false,
    interruption: () => interrupted.signal,
    written,
    interrupt: () => interrupted.abort(),
  };
}
