import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { cacheRoot, fillCacheFolder } from "./cache-folder.ts";
import { isExecutable } from "./is-executable.ts";
import { runCommand } from "./run-command.ts";
import { GO_MODULE_DIR, pinnedVersions } from "./versions.ts";

/** Everything the Go module builds; each name is that of the executable. */
const GO_PROGRAMS = {
  "kube-apiserver": "k8s.io/kubernetes/cmd/kube-apiserver",
  kubectl: "k8s.io/kubernetes/cmd/kubectl",
  etcd: "./etcd",
  "client-go": "./interop/client-go",
} as const;

/** Name of an executable that the Go module builds. */
export type GoProgram = keyof typeof GO_PROGRAMS;

const SOURCES = ["go.mod", "go.sum", "etcd/main.go", "interop/client-go/main.go"];

/** Where the executables of this version of the Go module are, or will be once they are built. */
export function cacheFolder(): string {
  const { kubernetes, etcd } = pinnedVersions();
  const hash = createHash("sha256").update(JSON.stringify([process.platform, process.arch, buildFlags()]));
  for (const source of SOURCES) hash.update(readFileSync(join(GO_MODULE_DIR, source)));
  return join(cacheRoot(), `kubernetes-${kubernetes}-etcd-${etcd}-${hash.digest("hex").slice(0, 12)}`);
}

/** Whether all four executables are in `folder`; a folder with fewer is damaged, and {@link buildGoPrograms} replaces it. */
export function isBuilt(folder: string): boolean {
  return Object.keys(GO_PROGRAMS).every((program) => isExecutable(join(folder, program)));
}

/** Why Go cannot build here, or `undefined` when it can. */
export async function whyGoCannotBuild(): Promise<string | undefined> {
  const wanted = /^go (\d+)\.(\d+)/m.exec(readFileSync(join(GO_MODULE_DIR, "go.mod"), "utf8"));
  const wantedText = `Go ${wanted?.[1]}.${wanted?.[2]} or newer`;
  const version = await runCommand("go", ["env", "GOVERSION"], { env: goEnvironment() }).catch(
    () => undefined,
  );
  if (version === undefined || version.exitCode !== 0) return `${wantedText} is not installed`;
  const found = /^go(\d+)\.(\d+)/.exec(version.stdout);
  const isNewEnough =
    Number(found?.[1]) > Number(wanted?.[1]) ||
    (found?.[1] === wanted?.[1] && Number(found?.[2]) >= Number(wanted?.[2]));
  return isNewEnough ? undefined : `${wantedText} is needed, and this is ${version.stdout.trim()}`;
}

/**
 * Builds the four executables into {@link cacheFolder}, unless all are there, and returns that folder. Of
 * several processes one builds and the others wait for it.
 * @throws Error with the end of Go's output when the build fails.
 */
export async function buildGoPrograms(say: (line: string) => void): Promise<string> {
  const folder = cacheFolder();
  await fillCacheFolder({ folder, isFull: () => isBuilt(folder), say }, (unfinished) =>
    runGoBuild(unfinished, say),
  );
  return folder;
}

function buildFlags(): string[] {
  const { kubernetes } = pinnedVersions();
  const [major, minor] = kubernetes.split(".");
  // Without these, --version and /version say v0.0.0-master.
  const stamps = { gitVersion: `v${kubernetes}`, gitMajor: major, gitMinor: minor, gitTreeState: "clean" };
  const stampFlags = Object.entries(stamps).map(
    ([name, value]) => `-X k8s.io/component-base/version.${name}=${value}`,
  );
  return ["-trimpath", "-buildvcs=false", `-ldflags=${["-s", "-w", ...stampFlags].join(" ")}`];
}

/** The environment that every build of ours gets. */
export function goEnvironment(): NodeJS.ProcessEnv {
  return { ...process.env, CGO_ENABLED: "0", GOFLAGS: "-mod=readonly", GOTOOLCHAIN: "local", GOWORK: "off" };
}

async function runGoBuild(outputFolder: string, say: (line: string) => void): Promise<void> {
  const { kubernetes, etcd, clientGo } = pinnedVersions();
  say(
    `Building kube-apiserver and kubectl ${kubernetes}, etcd ${etcd} and a client-go ${clientGo} participant with Go.`,
  );
  say(
    "This happens once per version. It takes 4 to 10 minutes on 2 cores, half a minute when Go's build cache is warm.",
  );
  const packages = Object.values(GO_PROGRAMS);
  const startedAtMs = performance.now();
  const listed = await runCommand("go", ["list", "-deps", ...packages], {
    cwd: GO_MODULE_DIR,
    env: goEnvironment(),
    timeoutMs: 600_000,
  });
  if (listed.exitCode !== 0) throw new Error(`go list failed:\n${listed.stderr.slice(-2_000)}`);
  const total = listed.stdout.trim().split("\n").length;

  // All in one command, so that what they share is compiled once. -v names each package as it is compiled.
  const args = ["build", "-v", ...buildFlags(), "-o", `${outputFolder}/`, ...packages];
  const go = spawn("go", args, {
    cwd: GO_MODULE_DIR,
    env: goEnvironment(),
    stdio: ["ignore", "ignore", "pipe"],
  });
  const killGo = () => go.kill();
  process.once("exit", killGo);
  let compiled = 0;
  const lastLines: string[] = [];
  createInterface({ input: go.stderr }).on("line", (line) => {
    if (/^[\w./-]+$/.test(line)) compiled++;
    else lastLines.push(line);
    if (lastLines.length > 30) lastLines.shift();
  });
  const seconds = () => Math.round((performance.now() - startedAtMs) / 1_000);
  const progress = setInterval(() => {
    say(`  ${seconds()} s: compiled ${compiled} of at most ${total} packages, then linking`);
  }, 10_000);
  try {
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      go.once("error", reject);
      go.once("close", resolve);
    });
    if (exitCode !== 0) throw new Error(`go build failed:\n${lastLines.join("\n")}`);
    say(`Built in ${seconds()} s.`);
  } finally {
    clearInterval(progress);
    process.off("exit", killGo);
  }
}
