import { CommanderError } from "commander";
import { EXIT } from "./exit-codes.ts";
import { describeFailure } from "./failure.ts";
import type { Io } from "./io.ts";
import { createProgram } from "./program.ts";

/**
 * Runs one command line. Resolves when the command has ended, with `io.exitCode` set; a failure is one line on stderr.
 */
export async function main(args: readonly string[], io: Io): Promise<void> {
  try {
    await createProgram(io).parseAsync(args, { from: "user" });
  } catch (error) {
    if (error instanceof CommanderError) {
      // Commander has printed what there is to say: help, the version, or what is wrong with the command line.
      io.exitCode = error.exitCode === 0 ? EXIT.ok : exitCodeFor(args, EXIT.usage);
      return;
    }
    const { line, exitCode } = describeFailure(error);
    io.stderr.write(`tenure: ${line}\n`);
    if (io.debug && error instanceof Error) io.stderr.write(`${error.stack}\n`);
    io.exitCode = exitCodeFor(args, exitCode);
  }
}

/** `tenure run` ends with its command's exit code: its own troubles must not look like one. */
function exitCodeFor([command]: readonly string[], exitCode: number): number {
  return command === "run" && exitCode < EXIT.lost ? EXIT.runFailed : exitCode;
}
