import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { freePort } from "@tenure/testbed";
import { afterAll, beforeAll, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("../../..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "tenure-packed-"));
const tarballs = join(folder, "tarballs");
const app = join(folder, "app");

/** This Node, and npm as it comes with the machine: nothing of the workspace, nor of the pnpm that started the tests. */
const env = {
  ...Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !/^(npm_|pnpm_|NODE_OPTIONS|FORCE_COLOR)/i.test(name)),
  ),
  PATH: [
    dirname(process.execPath),
    ...(process.env["PATH"] ?? "").split(delimiter).filter((path) => !path.includes("node_modules")),
  ].join(delimiter),
};

interface Finished {
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

async function run(
  file: string,
  args: readonly string[],
  options: { readonly cwd: string; readonly env?: NodeJS.ProcessEnv },
): Promise<Finished> {
  const limits = { timeout: 240_000, killSignal: "SIGKILL", maxBuffer: 16 * 1024 * 1024 } as const;
  return await promisify(execFile)(file, args, { ...limits, ...options }).then(
    ({ stdout, stderr }) => ({ exit: 0, stdout, stderr }),
    // What `execFile` rejects with: a program's own failure, or that it could not be run.
    (error) => ({ exit: error.code ?? error.signal, stdout: error.stdout, stderr: error.stderr }),
  );
}

async function runWell(...[file, args, options]: Parameters<typeof run>): Promise<string> {
  const { exit, stdout, stderr } = await run(file, args, options);
  if (exit !== 0) throw new Error(`${file} ${args.join(" ")} ended with ${exit}:\n${stdout}\n${stderr}`);
  return stdout;
}

/** `npx tenure`, as who installed it types it. */
async function tenure(...args: readonly string[]): Promise<Finished> {
  return await run("npx", ["--no", "--", "tenure", ...args], { cwd: app, env });
}

beforeAll(async () => {
  mkdirSync(tarballs);
  mkdirSync(app);
  writeFileSync(join(app, "package.json"), JSON.stringify({ private: true }));
  await runWell("turbo", ["run", "build", "--filter=@tenure/cli"], { cwd: ROOT });
  const pack = ["--filter-prod", "@tenure/cli...", "pack", "--pack-destination", tarballs];
  await runWell("pnpm", pack, { cwd: ROOT });
  const packed = readdirSync(tarballs).map((name) => join(tarballs, name));
  await runWell("npm", ["install", "--no-audit", "--no-fund", ...packed], { cwd: app, env });
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true }));

it("is packed with what it depends on, and without tests", () => {
  expect(readdirSync(tarballs).map((name) => name.replace(/-\d.*/, ""))).toEqual([
    "tenure-cli",
    "tenure-conformance",
    "tenure-core",
    "tenure-lease-server",
    "tenure-lock-etcd",
    "tenure-lock-k8s-lease",
    "tenure-lock-redis",
  ]);
  const files = readdirSync(join(app, "node_modules/@tenure/cli"), { recursive: true, encoding: "utf8" });
  expect(files).toEqual(expect.arrayContaining(["dist/bin.js", "schemas/status.schema.json", "README.md"]));
  expect(files.filter((name) => /\.(test|fixture)\./.test(name))).toEqual([]);
});

it("shows, from an empty project, an election that survives a kill -9 and ends with 0", async () => {
  const { exit, stdout, stderr } = await tenure("demo", "--script", "kill, stop");
  expect({ exit, stderr }, stdout).toEqual({ exit: 0, stderr: "" });
  expect(stdout).toMatch(/^ +kill -9 +replica-\d -> replica-\d /m);
  expect(stdout).toMatch(/two tasks at once: never/);
});

it("says its version and has help", async () => {
  const { version } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  expect(await tenure("--version")).toEqual({ exit: 0, stdout: `${version}\n`, stderr: "" });
  expect((await tenure("run", "--help")).stdout).toMatch(/^Usage: tenure run /);
});

it("leads a command, and is seen to, with each backend's code in place", async () => {
  const port = await freePort();
  const server = `lease-server://127.0.0.1:${port}/default/app`;
  // One shell for both, so that nothing is left behind.
  const script = `
    tenure lease-server --port ${port} --write-kubeconfig kubeconfig >server.log & server=$!
    trap 'kill $server; wait $server' EXIT
    until grep -q Serving server.log; do kill -0 $server || exit 9; sleep 0.05; done
    tenure run --lock ${server} --once -- sh -c 'echo token $TENURE_FENCING_TOKEN; exit 7'; echo exit $?
    tenure status k8s://default/app --kubeconfig kubeconfig --json; echo exit $?`;
  const { exit, stdout, stderr } = await run("npx", ["--no", "-c", script], { cwd: app, env });
  expect({ exit, lines: stdout.split("\n") }, stderr).toEqual({
    exit: 0,
    lines: [
      expect.stringMatching(/^token \d+$/),
      "exit 7",
      expect.stringMatching(/^\{"lock":"lease default\/app","state":"free",/),
      "exit 1",
      "",
    ],
  });
  const nobody = await freePort();
  for (const url of [`redis://127.0.0.1:${nobody}/app`, `etcd://127.0.0.1:${nobody}/app`]) {
    const { exit, stderr } = await tenure("status", url);
    expect({ exit, stderr }).toEqual({ exit: 3, stderr: expect.stringMatching(/^tenure: .*\n$/) });
  }
});
