#!/usr/bin/env node
/** The command line: `npx -y pnpm@12.21.0 testbed --help`. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { findServers } from "./find-servers.ts";
import { buildGoPrograms, cacheFolder } from "./go-build.ts";
import { startTestbed } from "./testbed.ts";
import { TESTBED_COMMAND } from "./testbed-command.ts";

const HELP = `Real servers for the tests: kube-apiserver and etcd on loopback.

  ${TESTBED_COMMAND} run -- COMMAND…   starts both, runs COMMAND, ends both; exits with COMMAND's exit code
  ${TESTBED_COMMAND} build             builds what is needed into the cache, which takes minutes the first time
  ${TESTBED_COMMAND} path              prints where the executables are, without building

COMMAND gets KUBECONFIG (an administrator's), KUBE_APISERVER_URL, KUBE_ADMIN_TOKEN, TENURE_TESTBED_CA
(the CA's file), TENURE_TESTBED_KUBECTL and TENURE_TESTBED_CLIENT_GO.
`;

const SIGNALS = ["SIGINT", "SIGTERM", "SIGHUP"] as const;
type Signal = (typeof SIGNALS)[number];

// Until there is a command to forward it to, a signal ends us: a build is given up, the supervisor ends the servers.
let onSignal = (signal: Signal): void => process.exit(exitCodeOf(signal));
for (const signal of SIGNALS) process.on(signal, () => onSignal(signal));

try {
  process.exitCode = await main(withoutLeadingDashes(process.argv.slice(2)));
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}

async function main([subcommand, ...args]: readonly string[]): Promise<number> {
  switch (subcommand) {
    case "run":
      return await run(withoutLeadingDashes(args));
    case "build":
      say(`Everything is in ${await buildGoPrograms(say)}`);
      return 0;
    case "path":
      return await printPaths();
    case "--help":
    case "-h":
    case "help":
      process.stdout.write(HELP);
      return 0;
    default:
      process.stderr.write(subcommand === undefined ? HELP : `Unknown command: ${subcommand}\n\n${HELP}`);
      return 2;
  }
}

async function run([command, ...args]: readonly string[]): Promise<number> {
  if (command === undefined) {
    process.stderr.write(`Expected a command after "run --"\n\n${HELP}`);
    return 2;
  }
  await using testbed = await startTestbed({ say });
  say(`kube-apiserver ${testbed.versions.kubeApiserver} at ${testbed.apiserverUrl}`);
  const env = {
    ...process.env,
    KUBECONFIG: testbed.adminKubeconfigPath,
    KUBE_APISERVER_URL: testbed.apiserverUrl,
    KUBE_ADMIN_TOKEN: testbed.adminToken,
    TENURE_TESTBED_CA: testbed.caPath,
    TENURE_TESTBED_KUBECTL: testbed.kubectlPath,
    TENURE_TESTBED_CLIENT_GO: testbed.clientGoPath,
  };
  const child = spawn(command, args, { env, stdio: "inherit" });
  onSignal = (signal) => {
    // A terminal has sent Ctrl-C to the command already; a second SIGINT would tell many programs to give up at once.
    if (signal === "SIGINT" && process.stdin.isTTY) return;
    child.kill(signal);
  };
  return await new Promise((resolve) => {
    child.once("error", (error) => {
      say(`Cannot run ${command}: ${error.message}`);
      resolve(127);
    });
    child.once("exit", (code, signal) => resolve(signal === null ? (code ?? 1) : exitCodeOf(signal)));
  });
}

async function printPaths(): Promise<number> {
  const found = await findServers({ build: false, say });
  if (!found.available) {
    say(`${found.why}\nThe cache would be ${cacheFolder()}`);
    return 1;
  }
  for (const [name, executable] of Object.entries(found.executables)) {
    if (executable !== undefined) process.stdout.write(`${name} ${executable.version} ${executable.path}\n`);
  }
  return 0;
}

/** pnpm passes the "--" of `testbed run -- COMMAND` on. */
function withoutLeadingDashes(args: readonly string[]): readonly string[] {
  return args[0] === "--" ? args.slice(1) : args;
}

function exitCodeOf(signal: NodeJS.Signals): number {
  return 128 + constants.signals[signal];
}

function say(line: string): void {
  process.stderr.write(`testbed: ${line}\n`);
}
