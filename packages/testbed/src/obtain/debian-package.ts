import { existsSync, globSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot, fillCacheFolder } from "../cache-folder.ts";
import { runCommand } from "../run-command.ts";
import type { ObtainedFolder } from "./obtained-folder.ts";

const TIMEOUT_MS = 300_000;

/**
 * A program out of a Debian package: apt downloads it and whatever it needs that this machine lacks, and dpkg unpacks all
 * that into the cache. Nothing is installed or started, and no root is needed.
 */
export function debianPackage(name: string, program: string, version: string): ObtainedFolder {
  const folder = join(cacheRoot(), `debian-${name}-${version}-${process.arch}`);
  const find = (): string | undefined =>
    ["usr/bin", "usr/lib/postgresql/*/bin", "usr/lib/*/faketime"]
      .flatMap((place) => globSync(join(folder, place, program)))
      .find((path) => existsSync(path)); // which a dangling link does not
  return {
    program: () => find() ?? join(folder, "usr/bin", program),
    env: () => {
      const libraries = globSync(join(folder, "{usr/,}lib/*-linux-*"));
      return libraries.length === 0 ? {} : { LD_LIBRARY_PATH: libraries.join(":") };
    },
    isFull: () => find() !== undefined,
    howToGet: `Install ${name} of Debian or Ubuntu`,
    obtain: async (say) => {
      await fillCacheFolder({ folder, isFull: () => find() !== undefined, say }, async (unfinished) => {
        say(`Downloading ${name} from Debian's mirror; nothing is installed.`);
        mkdirSync(join(unfinished, "lists/partial"), { recursive: true });
        await unpackInto(unfinished, name);
      });
    },
  };
}

async function unpackInto(folder: string, name: string): Promise<void> {
  // Lists of our own: the machine's may be missing, too old to download with, or not ours to update.
  const lists = ["-o", `Dir::State::lists=${join(folder, "lists")}`, "-o", `Dir::Cache=${folder}`];
  await run("apt-get", [...lists, "--quiet", "update"], folder);
  const plan = await run(
    "apt-get",
    [...lists, "--simulate", "--no-install-recommends", "install", name],
    folder,
  );
  const needed = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? "");
  await run("apt-get", [...lists, "--quiet", "download", ...new Set([name, ...needed])], folder);
  for (const file of readdirSync(folder)) {
    if (!file.endsWith(".deb")) continue;
    await run("dpkg-deb", ["--extract", file, folder], folder);
    rmSync(join(folder, file));
  }
  rmSync(join(folder, "lists"), { recursive: true });
  for (const name of ["pkgcache.bin", "srcpkgcache.bin"]) rmSync(join(folder, name), { force: true });
}

async function run(program: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, LC_ALL: "C" };
  const result = await runCommand(program, args, { cwd, env, timeoutMs: TIMEOUT_MS }).catch(
    (error: unknown) => {
      if ((error as NodeJS.ErrnoException).code === "ENOENT")
        throw new Error(`this machine has no ${program}`);
      throw error;
    },
  );
  if (result.exitCode !== 0) throw new Error(`${program} failed: ${result.stderr.trim().slice(-1_000)}`);
  return result.stdout;
}
