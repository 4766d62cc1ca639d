import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { isExecutable } from "../is-executable.ts";
import { runCommand } from "../run-command.ts";
import type { ServerName } from "./server-programs.ts";
import { SERVER_PROGRAMS } from "./server-programs.ts";

/** A program that was found. */
export interface FoundProgram {
  readonly path: string;
  /** As it says itself, e.g. `"7.0.15"`. */
  readonly version: string;
  /** What it needs in its environment, e.g. where its libraries are. */
  readonly env: Readonly<Record<string, string>>;
}

/**
 * The program at `path` if it is a wanted version, else `undefined`. A library cannot be asked, and is our own.
 * @throws Error when it cannot be run.
 */
export async function programAt(
  path: string,
  name: ServerName,
  env: Readonly<Record<string, string>> = {},
): Promise<FoundProgram | undefined> {
  if (name === "faketime") return existsSync(path) ? { path, version: "1", env } : undefined;
  if (!isExecutable(path)) return undefined;
  // postgres is useless without its initdb beside it; a link from elsewhere is followed by the other folders.
  if (name === "postgres" && !isExecutable(join(dirname(path), "initdb"))) return undefined;
  const { versionFlag = "--version" } = SERVER_PROGRAMS[name];
  const { stdout, exitCode } = await runCommand(path, [versionFlag], { env: { ...process.env, ...env } });
  const version = /\b(?:v=|v)?(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
  return exitCode === 0 && version !== undefined && isWanted(version, name)
    ? { path, version, env }
    : undefined;
}

/** Whether a version is one that will do. */
function isWanted(version: string, name: ServerName): boolean {
  return SERVER_PROGRAMS[name].versions.some((wanted) => `${version}.`.startsWith(`${wanted}.`));
}
