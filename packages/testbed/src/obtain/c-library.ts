import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { cacheRoot, fillCacheFolder } from "../cache-folder.ts";
import { runCommand } from "../run-command.ts";
import type { ObtainedFolder } from "./obtained-folder.ts";

/** A library that the machine's C compiler makes from a file below `c/`. */
export function cLibrary(file: string): ObtainedFolder {
  const source = fileURLToPath(new URL(`../../c/${file}`, import.meta.url));
  const hash = createHash("sha256").update(readFileSync(source)).update(process.arch).digest("hex");
  const name = basename(file, ".c");
  const folder = join(cacheRoot(), `${name}-${hash.slice(0, 12)}`);
  const library = join(folder, `${name}.so`);
  const isFull = () => existsSync(library);
  return {
    program: () => library,
    env: () => ({}),
    isFull,
    howToGet: "Install a C compiler (Debian's gcc and libc6-dev) on Linux",
    obtain: async (say) => {
      if (process.platform !== "linux") throw new Error(`${name} is for Linux`);
      await fillCacheFolder({ folder, isFull, say }, async (unfinished) => {
        mkdirSync(unfinished, { recursive: true });
        const args = ["-shared", "-fPIC", "-O2", "-Wall", "-o", join(unfinished, `${name}.so`), source];
        const result = await runCommand("cc", args).catch((error: unknown) => {
          if ((error as NodeJS.ErrnoException).code === "ENOENT") throw new Error("this machine has no cc");
          throw error;
        });
        if (result.exitCode !== 0) throw new Error(`cc failed: ${result.stderr.slice(-1_000)}`);
      });
    },
  };
}
