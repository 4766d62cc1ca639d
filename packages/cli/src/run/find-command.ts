import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/** Where a command was found, or why not; `exitCode` as shells have it. */
export type FoundCommand =
  | { readonly found: true; readonly path: string }
  | { readonly found: false; readonly exitCode: 126 | 127; readonly why: string };

/** Looks a command up as `execvp` would, so that a misspelt one is told before a lock is taken for it. */
export function findCommand(command: string, path: string | undefined): FoundCommand {
  if (command === "") return { found: false, exitCode: 127, why: "The command is empty" };
  const candidates = command.includes("/")
    ? [command]
    : (path ?? "/usr/local/bin:/bin:/usr/bin").split(delimiter).map((folder) => join(folder || ".", command));
  let refused: string | undefined;
  for (const candidate of candidates) {
    const why = whyNotExecutable(candidate);
    if (why === undefined) return { found: true, path: candidate };
    if (why !== "missing") refused ??= `${candidate} ${why}`;
  }
  if (refused !== undefined) return { found: false, exitCode: 126, why: `Cannot execute ${refused}` };
  return { found: false, exitCode: 127, why: `Command not found: ${command}` };
}

function whyNotExecutable(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return "is a folder";
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // `fs` throws nothing else
    return code === "EACCES" ? "(permission denied)" : "missing";
  }
  try {
    accessSync(path, constants.X_OK);
    return undefined;
  } catch {
    return "(permission denied: not executable)";
  }
}
