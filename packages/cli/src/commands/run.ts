import { Command } from "commander";
import { EXIT } from "../exit-codes.ts";
import { CliError, usageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { parseLockUrl } from "../lock-url.ts";
import { openLock } from "../open-lock.ts";
import { becomeInit } from "../run/become-init.ts";
import { CommandRun, type CommandRunOptions } from "../run/command-run.ts";
import { findCommand } from "../run/find-command.ts";
import { type HealthServer, startHealthServer } from "../run/health-server.ts";
import { obeySignals } from "../run/process-signals.ts";
import { reportTo } from "../run/run-event.ts";
import { addRunOptions, policyOf, type RunOptions, timingOf } from "../run/run-options.ts";
import { inOptionNames } from "../run/run-timing.ts";
import { readSecret } from "../store-options.ts";

/** `tenure run`: a command that runs only while this replica leads. */
export function runCommand(io: Io): Command {
  const command = new Command("run")
    .description(
      "Run a command only while this replica leads. When its term is lost the command is gone before another replica starts its own; when the command ends, the lock is given back at once.",
    )
    .usage("--lock URL [options] -- COMMAND [ARGUMENT...]")
    .argument("[command...]", "what to run; it gets TENURE_IDENTITY, TENURE_FENCING_TOKEN and TENURE_LOCK")
    .passThroughOptions()
    .addHelpText(
      "after",
      "\nExit codes: the command's own; 124 its term was lost, 125 tenure itself failed, 126 the command cannot be executed,\n127 it was not found, 128 + N it was ended by signal N. 0 for a standby that was told to stop.",
    );
  return addRunOptions(command).action(async (words: readonly string[], options: RunOptions) => {
    io.exitCode = await run(words, options, io);
  });
}

async function run([file, ...args]: readonly string[], options: RunOptions, io: Io): Promise<number> {
  if (file === undefined) throw usageError("Expected a command to run: tenure run --lock URL -- COMMAND");
  if (process.platform === "win32") {
    throw new CliError(
      EXIT.runFailed,
      "`tenure run` needs process groups and signals: on Windows, run it in WSL",
    );
  }
  if (options.lock === undefined) throw usageError("Expected --lock URL");
  const url = parseLockUrl(options.lock);
  const stepDownToken = await stepDownTokenOf(options);
  const found = findCommand(file, io.env["PATH"]);
  if (!found.found) throw new CliError(found.exitCode, found.why);
  // In a container's process 1 all this begins again after it, under an init.
  becomeInit();

  const report = reportTo(io.stderr, { json: options.json ?? false });
  await using opened = await openLock(url, options, io.env);
  const commandRun = createRun({
    lock: opened.lock,
    lockUrl: withoutCredentials(options.lock),
    identity: options.identity,
    timing: timingOf(options),
    policy: policyOf(options),
    command: [file, ...args],
    env: commandEnv(io.env),
    report,
  });
  using _signals = obeySignals(commandRun);
  await using server = await startHealth(commandRun, options, stepDownToken);
  if (server !== undefined) report({ event: "healthServer", url: server.url });
  return await commandRun.run();
}

async function stepDownTokenOf({ stepDownTokenFile, healthPort }: RunOptions): Promise<string | undefined> {
  if (stepDownTokenFile === undefined) return undefined;
  if (healthPort === undefined) throw usageError("Expected --health-port beside --step-down-token-file");
  return await readSecret("--step-down-token-file", stepDownTokenFile);
}

function createRun(options: CommandRunOptions): CommandRun {
  try {
    return new CommandRun(options);
  } catch (error) {
    if (error instanceof TypeError || error instanceof RangeError) {
      throw usageError(inOptionNames(error.message), { cause: error });
    }
    throw error;
  }
}

async function startHealth(
  run: CommandRun,
  { healthPort, healthHost }: RunOptions,
  stepDownToken: string | undefined,
): Promise<HealthServer | undefined> {
  if (healthPort === undefined) return undefined;
  try {
    return await startHealthServer(run, { host: healthHost, port: healthPort, stepDownToken });
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException; // `listen` rejects with nothing else
    const why = code === "EADDRINUSE" ? "is taken" : `cannot be listened on (${code})`;
    throw new CliError(EXIT.runFailed, `Port ${healthPort} on ${healthHost} ${why}`, { cause });
  }
}

/** What the command is told of its lock. The parser has made sure that the first "/" ends the host. */
function withoutCredentials(url: string): string {
  return url.replace(/^([^:]+:\/\/)[^/?#]*@/, "$1");
}

/** The environment, less what is for `tenure` alone. */
function commandEnv(env: Io["env"]): Record<string, string> {
  const { TENURE_TOKEN: _token, TENURE_PASSWORD: _password, ...rest } = env;
  // `process.env` has no undefined values; the type of one that a test gives may.
  return Object.fromEntries(
    Object.entries(rest).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}
