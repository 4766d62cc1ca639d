import { createHash } from "node:crypto";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type CommandResult, cacheRoot } from "@tenure/testbed";
import { whyGoCannotBuild } from "../../testbed/src/go-build.ts";
import { isExecutable } from "../../testbed/src/is-executable.ts";
import { runCommand } from "../../testbed/src/run-command.ts";
import type { RegisterHistory, RegisterVerdict } from "../src/register-history.ts";
import type { Tool } from "./tool.ts";

const MODULE_DIR = fileURLToPath(new URL("../porcupine/", import.meta.url));

/** The checker of histories. */
export interface Porcupine {
  readonly path: string;
}

/**
 * Finds the checker in the testbed's cache, or builds it into it. That takes seconds, so processes that do so at once all
 * build, and the last one's stays.
 * @throws Error with Go's output when the build fails.
 */
export async function findPorcupine(): Promise<Tool<Porcupine>> {
  const path = join(cacheRoot(), `porcupine-${sourceHash()}`);
  if (isExecutable(path)) return { found: { path } };
  const whyNot = await whyGoCannotBuild();
  if (whyNot !== undefined) return { why: `it is built with Go, and ${whyNot}.` };
  mkdirSync(cacheRoot(), { recursive: true });
  const folder = mkdtempSync(join(cacheRoot(), "porcupine-build-")); // beside its place, into which it is renamed
  try {
    const unfinished = join(folder, "porcupine");
    const built = await runGo(["build", "-trimpath", "-buildvcs=false", "-o", unfinished, "."]);
    if (built.exitCode !== 0) throw new Error(`go build failed:\n${built.stderr.slice(-2_000)}`);
    renameSync(unfinished, path);
    return { found: { path } };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Runs Go in the folder of the program. */
export function runGo(args: readonly string[]): Promise<CommandResult> {
  const go = { CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
  return runCommand("go", args, { cwd: MODULE_DIR, env: { ...process.env, ...go }, timeoutMs: 100_000 });
}

/**
 * The checker's verdicts, in the order of the histories, and its exit code.
 * @param timeout - For each history, as Go writes it. Whether one is illegal can take for ever to find out.
 * @throws Error when it cannot read a history.
 */
export async function judge(
  { path }: Porcupine,
  histories: readonly RegisterHistory[],
  timeout = "10s",
): Promise<{ readonly exitCode: number | null; readonly verdicts: readonly RegisterVerdict[] }> {
  const input = histories.map((history) => `${JSON.stringify(history)}\n`).join("");
  const { exitCode, stdout, stderr } = await runCommand(path, ["-timeout", timeout], {
    input,
    timeoutMs: 100_000,
  });
  if (exitCode !== 0 && exitCode !== 1) throw new Error(`porcupine exited with ${exitCode}: ${stderr}`);
  const lines = stdout.split("\n").filter((line) => line !== "");
  // The program's own tests keep the shape of its lines.
  return { exitCode, verdicts: lines.map((line) => JSON.parse(line) as RegisterVerdict) };
}

function sourceHash(): string {
  const hash = createHash("sha256").update(`${process.platform} ${process.arch}`);
  for (const name of readdirSync(MODULE_DIR).sort()) {
    if (!name.endsWith("_test.go")) hash.update(name).update(readFileSync(join(MODULE_DIR, name)));
  }
  return hash.digest("hex").slice(0, 12);
}
