import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, cacheRoot } from "@tenure/testbed";
import { runCommand } from "../../testbed/src/run-command.ts";
import type { Tool } from "./tool.ts";

const MODEL = fileURLToPath(new URL("../promela/tenure.pml", import.meta.url));

const HOW_TO_GET = "On Debian and Ubuntu: `apt-get install spin gcc libc6-dev`.";

/** The programs that check a model. */
export interface Spin {
  readonly spin: string;
  readonly cc: string;
}

/** What spin says about a model. */
export interface SpinVerdict {
  /** The first violation, e.g. `"assertion violated  !(e[x].leads)"`. */
  readonly violation: string | undefined;
  readonly states: number;
  /** Whether every reachable state was visited. */
  readonly isExhaustive: boolean;
  /** The places of statements that were never reached, e.g. `tenure.pml:410, state 2252, "-end-"`. */
  readonly unreached: readonly string[];
  /** All that was printed. */
  readonly output: string;
}

/**
 * Finds a C compiler, for what spin generates, and spin: on PATH, else in the testbed's cache, else by fetching Debian's
 * package into it, which needs neither root nor an installation.
 */
export async function findSpin(): Promise<Tool<Spin>> {
  const cc = (await runs("cc", ["--version"])) ? "cc" : "gcc";
  if (!(await runs(cc, ["--version"]))) return { why: `spin needs a C compiler. ${HOW_TO_GET}` };
  if (await runs("spin", ["-V"])) return { found: { spin: "spin", cc } };
  const cached = join(cacheRoot(), "spin", "usr", "bin", "spin");
  if (!(await runs(cached, ["-V"]))) {
    const whyNot = await fetchSpin();
    if (whyNot !== undefined) return { why: `spin is not on PATH, and ${whyNot}. ${HOW_TO_GET}` };
    if (!(await runs(cached, ["-V"]))) return { why: `Debian's spin does not run here. ${HOW_TO_GET}` };
  }
  return { found: { spin: cached, cc } };
}

/** Returns why it could not be fetched. */
async function fetchSpin(): Promise<string | undefined> {
  mkdirSync(cacheRoot(), { recursive: true });
  const folder = mkdtempSync(join(cacheRoot(), "spin-")); // beside its place, into which it is renamed
  try {
    let fetched = await tryToRun("apt-get", ["download", "spin"], folder);
    if (fetched?.exitCode !== 0) fetched = await downloadWithOwnLists(folder);
    if (fetched?.exitCode !== 0) return `\`apt-get download spin\` failed (${lastLine(fetched)})`;
    const file = readdirSync(folder).find((name) => name.endsWith(".deb")) ?? "";
    const unpacked = await tryToRun("dpkg", ["-x", file, "unpacked"], folder);
    if (unpacked?.exitCode !== 0) return `\`dpkg -x\` failed (${lastLine(unpacked)})`;
    const place = join(cacheRoot(), "spin");
    rmSync(place, { recursive: true, force: true }); // one that does not run
    renameSync(join(folder, "unpacked"), place);
    return undefined;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** For where the machine's lists of packages are missing or too old, and are not ours to renew. */
async function downloadWithOwnLists(folder: string): Promise<CommandResult | undefined> {
  for (const name of ["lists/partial", "archives/partial"]) {
    mkdirSync(join(folder, name), { recursive: true });
  }
  const ownLists = ["-o", `Dir::State::lists=${folder}/lists`, "-o", `Dir::Cache=${folder}`];
  await tryToRun("apt-get", [...ownLists, "update"], folder);
  return await tryToRun("apt-get", [...ownLists, "download", "spin"], folder);
}

/**
 * Checks the model with those switches, breadth first, so that a violation is a shortest one.
 * @throws Error when the model does not compile.
 */
export async function checkModel(
  { spin, cc }: Spin,
  { switches, optimize }: { readonly switches: readonly string[]; readonly optimize: boolean },
): Promise<SpinVerdict> {
  const folder = mkdtempSync(join(tmpdir(), "promela-"));
  try {
    await runOk(spin, ["-a", ...switches.map((name) => `-D${name}`), MODEL], folder);
    // -w: about what the generated code does not use
    const flags = [optimize ? "-O2" : "-O0", "-w", "-DSAFETY", "-DBFS", "-DNOREDUCE", "-DMEMLIM=2048"];
    await runOk(cc, [...flags, "-o", "pan", "pan.c"], folder);
    const options = { cwd: folder, timeoutMs: 240_000 };
    const { stdout, stderr, exitCode } = await runCommand(join(folder, "pan"), ["-w22"], options);
    const output = `${stdout}${stderr}`;
    return {
      violation: /^pan:\d+: (.+?) \(at depth \d+\)/m.exec(output)?.[1],
      states: Number(/^\s*(\d+) states, stored/m.exec(output)?.[1]),
      isExhaustive:
        exitCode === 0 &&
        /, errors: 0$/m.test(output) &&
        !/not completed|truncated|too small|out of memory|reached -DMEMLIM|aborted/i.test(output),
      unreached: [...output.matchAll(/^\t(?:.*\/)?(tenure\.pml:\d+, state \d+, .+)$/gm)].map(
        ([, place = ""]) => place,
      ),
      output,
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function runOk(path: string, args: readonly string[], cwd: string): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(path, args, { cwd, timeoutMs: 200_000 });
  if (exitCode !== 0) throw new Error(`${path} ${args.join(" ")} failed:\n${stdout}${stderr}`);
}

async function runs(path: string, args: readonly string[]): Promise<boolean> {
  return (await tryToRun(path, args))?.exitCode === 0;
}

/** `undefined` where there is no such program, or it hangs: the same to a search. */
async function tryToRun(
  path: string,
  args: readonly string[],
  cwd?: string,
): Promise<CommandResult | undefined> {
  try {
    return await runCommand(path, args, { cwd });
  } catch {
    return undefined;
  }
}

function lastLine(result: CommandResult | undefined): string {
  return result?.stderr.trim().split("\n").at(-1) ?? "no such program, or it hangs";
}
