import { createHash } from "node:crypto";
import { mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { cacheRoot, fillCacheFolder } from "../cache-folder.ts";
import { goEnvironment, whyGoCannotBuild } from "../go-build.ts";
import { isExecutable } from "../is-executable.ts";
import { runCommand } from "../run-command.ts";
import { GO_MODULE_DIR, pinnedIn } from "../versions.ts";
import type { ObtainedFolder } from "./obtained-folder.ts";
import type { ProgramSource } from "./server-programs.ts";

// But for the apiserver's version stamps those of the big build: what both need is compiled once.
const FLAGS = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w"];
const BUILD_TIMEOUT_MS = 900_000;

/** An etcd that Go builds, from the Go module proxy. */
export function goProgram(
  { module, package: goPackage, pins }: Extract<ProgramSource, { readonly kind: "go" }>,
  minor: string,
): ObtainedFolder {
  const moduleDir = join(GO_MODULE_DIR, module);
  const sources = ["go.mod", "go.sum", join(goPackage, "main.go")].map((name) => join(moduleDir, name));
  const version = pinnedIn(join(moduleDir, "go.mod"), pins);
  // `go mod tidy` takes another version without a word when a dependency asks for it.
  if (!version.startsWith(`${minor}.`))
    throw new Error(`Expected ${moduleDir} to pin ${pins} ${minor}, got ${version}`);
  const hash = createHash("sha256").update(JSON.stringify([process.platform, process.arch, FLAGS]));
  for (const source of sources) hash.update(readFileSync(source));
  const folder = join(cacheRoot(), `etcd-${version}-${hash.digest("hex").slice(0, 12)}`);
  const program = () => join(folder, "etcd");
  const isFull = () => isExecutable(program());
  return {
    program,
    env: () => ({}),
    isFull,
    howToGet: "Install Go 1.26 or newer",
    obtain: async (say) => {
      const whyNot = await whyGoCannotBuild();
      if (whyNot !== undefined) throw new Error(whyNot);
      await fillCacheFolder({ folder, isFull, say }, async (unfinished) => {
        say(`Building etcd ${version} with Go, once: about a minute, less when Go's build cache is warm.`);
        mkdirSync(unfinished, { recursive: true });
        const args = ["build", ...FLAGS, "-o", join(unfinished, "etcd"), goPackage];
        const result = await runCommand("go", args, {
          cwd: moduleDir,
          env: goEnvironment(),
          timeoutMs: BUILD_TIMEOUT_MS,
        });
        if (result.exitCode !== 0) throw new Error(`go build failed:\n${result.stderr.slice(-2_000)}`);
      });
    },
  };
}
