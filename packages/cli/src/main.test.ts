import { WriteStream } from "node:tty";
import { expect, it, vi } from "vitest";
import { fakeIo } from "./io.fixture.ts";
import { type Output, style } from "./io.ts";
import { main } from "./main.ts";

const WRONG: readonly (readonly [string, readonly string[], RegExp])[] = [
  ["an unknown scheme", ["status", "zk://h/app"], /Unknown scheme zk:\/\/ .* k8s:\/\//],
  ["no scheme", ["status", "default/app"], /No scheme/],
  ["no lease name", ["status", "k8s://default"], /no lease name; expected k8s:\/\/NAMESPACE\/NAME/],
  ["no lease name after a database", ["status", "redis://:canary@h:1/3"], /no lease name; expected redis:/],
  [
    "a bad namespace",
    ["status", "k8s://Default/app"],
    /Expected the namespace as a DNS-1123 label .* "Default"/,
  ],
  ["a bad lease name", ["check", "k8s://default/My_App"], /Expected the lease name as .* "My_App"/],
  ["a slash in a password", ["status", "redis://u:can/ary@h/app"], /percent-encoded/],
  ["a misspelt parameter", ["status", "k8s://default/app?contxt=canary"], /Unknown parameter .* context/],
  ["two contexts", ["status", "k8s://d/app?context=a", "--context", "b"], /one context/],
  ["a bare number for a duration", ["status", "k8s://d/app", "--timeout", "5"], /Did you mean "5s" or "5ms"/],
  [
    "an unknown option",
    ["status", "k8s://d/app", "--jsn"],
    /unknown option '--jsn' \(Did you mean --json\?\)/,
  ],
  ["an unknown command", ["statsu", "k8s://d/app"], /unknown command 'statsu' \(Did you mean status\?\)/],
  ["several hosts without a word why", ["status", "redis://a,b/app"], /sentinel/],
  ["a list of Redis locks", ["ls", "redis://h"], /lists Leases only/],
  ["a list of a Redis lock", ["ls", "rediss://u:canary@h/2/app"], /lists Leases only .* `tenure status`/],
  ["a list of etcd locks", ["ls", "etcd://h:2379/app"], /lists Leases only .* `tenure status`/],
  ["a namespace and all of them", ["ls", "k8s://default", "--all"], /got both/],
  ["neither", ["ls", "k8s://"], /Expected a namespace/],
  ["an address that is no URL", ["step-down", "k8s://d/app", "--at", "pod-1"], /Expected --at http/],
  ["a manifest of a bad name", ["manifest", "--name", "A", "--namespace", "d"], /Expected --name/],
  ["a certificate without its key", ["lease-server", "--cert", "c.pem"], /--cert and --key both/],
  ["a port that is none", ["lease-server", "--port", "70000"], /from 0 to 65535/],
];

async function run(args: readonly string[], env: Record<string, string> = {}) {
  const io = fakeIo({ HOME: "/nonexistent", ...env });
  await main(args, io);
  return { exit: io.exitCode, ...io.written };
}

it.each(WRONG)("says in one line what is wrong, and ends with 2: %s", async (_what, args, says) => {
  const { exit, stdout, stderr } = await run(args);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: "" });
  expect(stderr).toMatch(/^tenure: [^\n]+\n$/);
  expect(stderr).toMatch(says);
  expect(stderr, "a secret").not.toContain("canary");
});

it("has help everywhere, with examples and exit codes", async () => {
  const commands = ["status", "watch", "ls", "step-down", "check", "manifest", "lease-server"];
  for (const command of commands) {
    const { exit, stdout, stderr } = await run([command, "--help"]);
    expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
    expect(stdout).toContain("Examples:\n");
    expect(stdout).toContain("Exit codes: 0 ");
    expect(stdout).toContain("--json");
  }
  expect((await run(["--help"])).stdout).toMatch(new RegExp(commands.join("[^]*")));
});

it("shows help where no command is given, which is a wrong command line", async () => {
  expect(await run([])).toMatchObject({
    exit: 2,
    stdout: "",
    stderr: expect.stringContaining("Usage: tenure"),
  });
});

it("shows the stack of a failure with --debug only", async () => {
  const args = ["status", "k8s://default/app"];
  const says = /^tenure: No Kubernetes configuration found\. Tried: [^\n]+\n$/;
  expect(await run(args)).toMatchObject({ exit: 3, stderr: expect.stringMatching(says) });
  expect((await run([...args, "--debug"])).stderr).toMatch(/^tenure: .*\n.*Error: .*\n {4}at /);
});

it("ends `tenure run` with 125 for its own troubles, which must not look like its command's", async () => {
  expect(await run(["run", "--lock", "zk://h/app", "--", "true"])).toMatchObject({ exit: 125 });
});

it("colours on a terminal only, unless the environment says so", () => {
  const terminal = Object.assign(fakeIo({}, { isTTY: true }).stdout, {
    getColorDepth: WriteStream.prototype.getColorDepth,
  });
  const pipe = fakeIo().stdout;
  const red = (variables: Record<string, string>, stream: Output): boolean => {
    const quiet = {
      CI: undefined,
      FORCE_COLOR: undefined,
      NODE_DISABLE_COLORS: undefined,
      NO_COLOR: undefined,
      TEAMCITY_VERSION: undefined,
    };
    const environment = { ...quiet, TERM: "xterm-256color", ...variables };
    for (const [name, value] of Object.entries(environment)) vi.stubEnv(name, value);
    const styled = style(stream, "red", "x");
    vi.unstubAllEnvs();
    return styled !== "x";
  };
  expect(red({}, terminal)).toBe(true);
  expect(red({}, pipe)).toBe(false);
  expect(red({ NO_COLOR: "1" }, terminal)).toBe(false);
  expect(red({ FORCE_COLOR: "1" }, pipe)).toBe(true);
});
