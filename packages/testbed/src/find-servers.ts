import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { buildGoPrograms, cacheFolder, type GoProgram, isBuilt, whyGoCannotBuild } from "./go-build.ts";
import { isExecutable } from "./is-executable.ts";
import { runCommand } from "./run-command.ts";
import { TESTBED_COMMAND } from "./testbed-command.ts";
import { minorOf, pinnedVersions, sameMinor } from "./versions.ts";

/** An executable and the version that it says it has. */
export interface Executable {
  readonly path: string;
  /** Without a leading "v", e.g. `"1.36.3"`. */
  readonly version: string;
}

/** The executables of a testbed. */
export interface ServerExecutables {
  readonly kubeApiserver: Executable;
  readonly etcd: Executable;
  readonly kubectl: Executable;
  /** The client-go participant. Only Go builds it: `undefined` where the others come from elsewhere and Go is missing. */
  readonly clientGo: Executable | undefined;
}

/** What {@link findServers} found. */
export type FoundServers =
  | { readonly available: true; readonly executables: ServerExecutables }
  /** `why` says what is missing and how to get it. */
  | { readonly available: false; readonly why: string };

/** How {@link findServers} searches. */
export interface FindServersOptions {
  /** Whether to build what is not in the cache, which takes minutes. @defaultValue true */
  readonly build?: boolean | undefined;
  /** Whether to build, where Go can, even if only the client-go participant is missing. @defaultValue false */
  readonly buildForClientGo?: boolean | undefined;
  /** Takes lines about a build. @defaultValue prints them to stderr */
  readonly say?: ((line: string) => void) | undefined;
}

/**
 * Finds kube-apiserver, etcd, kubectl and the client-go participant: in the folder `KUBEBUILDER_ASSETS` names, in the
 * cache, by building them with Go, and then on PATH; each must say that it has the wanted minor version. kubectl is
 * never taken from PATH. The client-go participant alone is not worth a build, unless
 * {@link FindServersOptions.buildForClientGo} says so, or it is missing from a cache folder that is there: such a folder
 * is damaged, and built anew.
 * @throws Error when `KUBEBUILDER_ASSETS` holds another version than the wanted one, and when a build fails.
 */
export async function findServers({
  build = true,
  buildForClientGo = false,
  say = printToStderr,
}: FindServersOptions = {}): Promise<FoundServers> {
  const assets = process.env["KUBEBUILDER_ASSETS"];
  const cache: SearchFolder = { path: cacheFolder(), name: "the cache" };
  const folders = assets ? [{ path: assets, name: "KUBEBUILDER_ASSETS" }, cache] : [cache];

  let found = await findAllIn(folders);
  let whyNotBuilt = "not in the cache";
  const buildsClientGo = found.clientGo === undefined && (buildForClientGo || existsSync(cache.path));
  if (build && (!isComplete(found) || buildsClientGo) && !isBuilt(cache.path)) {
    const whyNot = await whyGoCannotBuild();
    if (whyNot === undefined) await buildGoPrograms(say);
    else whyNotBuilt = whyNot;
    found = await findAllIn(folders);
  }
  found.kubeApiserver ??= await findOnPath("kube-apiserver");
  found.etcd ??= await findOnPath("etcd");

  if (isComplete(found)) return { available: true, executables: found };
  const { kubernetes, etcd } = pinnedVersions();
  const missing = [
    found.kubeApiserver === undefined ? `kube-apiserver ${minorOf(kubernetes)}` : "",
    found.etcd === undefined ? `etcd ${minorOf(etcd)}` : "",
    found.kubectl === undefined ? `kubectl ${minorOf(kubernetes)}` : "",
  ].filter((name) => name !== "");
  return { available: false, why: `${missing.join(", ")} missing (${whyNotBuilt}). ${HOW_TO_GET}` };
}

const HOW_TO_GET = `Install Go 1.26 or newer and run \`${TESTBED_COMMAND} build\`, or set KUBEBUILDER_ASSETS to a folder with kube-apiserver, etcd and kubectl.`;

type PartlyFound = { -readonly [Name in keyof ServerExecutables]: Executable | undefined };

function isComplete(found: PartlyFound): found is PartlyFound & ServerExecutables {
  return found.kubeApiserver !== undefined && found.etcd !== undefined && found.kubectl !== undefined;
}

async function findAllIn(folders: readonly SearchFolder[]): Promise<PartlyFound> {
  return {
    kubeApiserver: await findIn(folders, "kube-apiserver"),
    etcd: await findIn(folders, "etcd"),
    kubectl: await findIn(folders, "kubectl"),
    clientGo: await findIn(folders, "client-go"),
  };
}

interface SearchFolder {
  readonly path: string;
  /** How messages call it. */
  readonly name: string;
}

async function findIn(folders: readonly SearchFolder[], program: GoProgram): Promise<Executable | undefined> {
  for (const folder of folders) {
    const path = join(folder.path, program);
    if (!isExecutable(path)) continue;
    const version = await versionOf(path, program);
    const wanted = wantedVersion(program);
    if (sameMinor(version, wanted)) return { path, version };
    throw new Error(`Expected ${program} ${minorOf(wanted)}.x in ${folder.name}, got ${version}`);
  }
  return undefined;
}

/** The first on PATH if it is the wanted version; another version there says nothing about us and is passed over. */
async function findOnPath(program: GoProgram): Promise<Executable | undefined> {
  for (const folder of (process.env["PATH"] ?? "").split(delimiter)) {
    const path = join(folder, program);
    if (folder === "" || !isExecutable(path)) continue;
    const version = await versionOf(path, program).catch(() => "unknown");
    if (sameMinor(version, wantedVersion(program))) return { path, version };
  }
  return undefined;
}

function wantedVersion(program: GoProgram): string {
  const { kubernetes, etcd, clientGo } = pinnedVersions();
  return program === "etcd" ? etcd : program === "client-go" ? clientGo : kubernetes;
}

async function versionOf(path: string, program: GoProgram): Promise<string> {
  const args = program === "kubectl" ? ["version", "--client"] : ["--version"];
  // kubectl would otherwise look for a kubeconfig.
  const { stdout, stderr, exitCode } = await runCommand(path, args, { env: { KUBECONFIG: "", HOME: "" } });
  const version = /\bv?(\d+\.\d+\.\d+\S*)/.exec(stdout)?.[1];
  if (exitCode !== 0 || version === undefined) {
    throw new Error(`Expected ${path} ${args.join(" ")} to print a version, got ${stdout}${stderr}`);
  }
  return version;
}

function printToStderr(line: string): void {
  process.stderr.write(`testbed: ${line}\n`);
}
