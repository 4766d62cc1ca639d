import { cpSync, statSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { cacheRoot } from "../cache-folder.ts";
import type { FoundProgram } from "../obtain/program-version.ts";
import type { ServerUser } from "./server-user.ts";

/**
 * The program where `user` can run it. Root's cache is in root's home, which others may not enter: what is needed of it
 * is copied into the data folder.
 */
export function usableBy(user: ServerUser | undefined, program: FoundProgram, dataDir: string): FoundProgram {
  const inCache = relative(cacheRoot(), program.path);
  if (user === undefined || inCache.startsWith("..") || canEnter(cacheRoot())) return program;
  const [entry = ""] = inCache.split("/");
  const copy = join(dataDir, "postgres-program");
  cpSync(join(cacheRoot(), entry), copy, { recursive: true, verbatimSymlinks: true });
  const moved = (path: string) => path.replaceAll(join(cacheRoot(), entry), copy);
  const env = Object.fromEntries(Object.entries(program.env).map(([name, value]) => [name, moved(value)]));
  return { ...program, path: moved(program.path), env };
}

/** Whether everybody may go through to this folder. */
function canEnter(folder: string): boolean {
  if ((statSync(folder).mode & 0o001) === 0) return false;
  return dirname(folder) === folder || canEnter(dirname(folder));
}
