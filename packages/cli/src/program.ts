import { createRequire } from "node:module";
import tab from "@bomb.sh/tab/commander";
import { Command } from "commander";
import { checkCommand } from "./commands/check.ts";
import { demoCommand } from "./commands/demo.ts";
import { leaseServerCommand } from "./commands/lease-server.ts";
import { lsCommand } from "./commands/ls.ts";
import { manifestCommand } from "./commands/manifest.ts";
import { runCommand } from "./commands/run.ts";
import { statusCommand } from "./commands/status.ts";
import { stepDownCommand } from "./commands/step-down.ts";
import { watchCommand } from "./commands/watch.ts";
import type { Io } from "./io.ts";

/** Every command of `tenure`, in the order of its help. */
const COMMANDS: readonly ((io: Io) => Command)[] = [
  demoCommand,
  runCommand,
  statusCommand,
  watchCommand,
  lsCommand,
  stepDownCommand,
  checkCommand,
  manifestCommand,
  leaseServerCommand,
];

/** The whole command line. What is wrong with one throws commander's `CommanderError`, after it was said on stderr. */
export function createProgram(io: Io): Command {
  const program = new Command("tenure")
    .description("Leader election for any program: run it only while it leads, and look at elections.")
    .version(version(), "-V, --version")
    .exitOverride()
    .enablePositionalOptions()
    .showSuggestionAfterError()
    .configureOutput({
      writeOut: (text) => io.stdout.write(text),
      writeErr: (text) => io.stderr.write(text),
      getOutHelpWidth: () => io.stdout.columns ?? 100,
      getErrHelpWidth: () => io.stderr.columns ?? 100,
      outputError: (text, write) =>
        write(
          `tenure: ${text
            .replace(/^error: /, "")
            .trimEnd()
            .replaceAll("\n", " ")}\n`,
        ),
    })
    .addHelpText(
      "after",
      "\nExit codes: 0 yes or done, 1 no, 2 wrong command line, 3 store not reached, 4 not allowed, 5 anything else.",
    );
  for (const createCommand of COMMANDS) {
    const command = createCommand(io).copyInheritedSettings(program);
    command.option("--debug", "with the stack of a failure").on("option:debug", () => {
      io.debug = true;
    });
    program.addCommand(command);
  }
  // Last: it describes the commands that there are. Beside `completion SHELL` it adds the hidden command that shells then ask.
  tab(program, { completionCommandName: "completion" });
  return program;
}

/** This package's own: beside `src` in the workspace, beside `dist` where it is installed. */
function version(): string {
  const { version } = createRequire(import.meta.url)("../package.json") as { readonly version: string };
  return version;
}
