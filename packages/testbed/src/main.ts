#!/usr/bin/env node
/** The command line: `npx -y pnpm@12.21.0 testbed --help`. */
import { spawn } from "node:child_process";
import { constants } from "node:os";
import { startEtcdServers } from "./etcd/start-etcd-servers.ts";
import { findServers } from "./find-servers.ts";
import { buildGoPrograms, cacheFolder } from "./go-build.ts";
import { findProgram } from "./obtain/find-program.ts";
import { SERVER_NAMES, type ServerName } from "./obtain/server-programs.ts";
import { startRedis } from "./redis/start-redis.ts";
import { areServersRequired } from "./servers-required.ts";
import { startTestbed } from "./testbed.ts";
import { TESTBED_COMMAND } from "./testbed-command.ts";

const HELP = `Real servers for the tests: kube-apiserver, etcd, Redis, PostgreSQL on loopback.

  ${TESTBED_COMMAND} run -- COMMAND…   starts kube-apiserver, Redis and etcd, runs COMMAND, ends all; exits with COMMAND's exit code
  ${TESTBED_COMMAND} build             gets all servers of all versions into the cache, which takes minutes the first time
  ${TESTBED_COMMAND} path              prints where the executables are, without getting any

COMMAND gets KUBECONFIG (an administrator's), KUBE_APISERVER_URL, KUBE_ADMIN_TOKEN, TENURE_TESTBED_CA
(the CA's file), TENURE_TESTBED_KUBECTL and TENURE_TESTBED_CLIENT_GO, REDIS_URL and ETCD_ENDPOINTS. The last is an etcd 3.6
of COMMAND's own, not the apiserver's. Where Redis cannot be had, REDIS_URL is not set.
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
      return await build();
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
  await using stores = await startStores();
  const env = {
    ...process.env,
    KUBECONFIG: testbed.adminKubeconfigPath,
    KUBE_APISERVER_URL: testbed.apiserverUrl,
    KUBE_ADMIN_TOKEN: testbed.adminToken,
    TENURE_TESTBED_CA: testbed.caPath,
    TENURE_TESTBED_KUBECTL: testbed.kubectlPath,
    TENURE_TESTBED_CLIENT_GO: testbed.clientGoPath,
    ...stores.env,
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

/** Redis and an etcd of the command's own, as far as they can be had. */
async function startStores(): Promise<AsyncDisposable & { readonly env: NodeJS.ProcessEnv }> {
  const started = new AsyncDisposableStack();
  try {
    const [redis, etcd] = await Promise.all([hasServer("redis"), hasServer("etcd-3.6")]);
    const redisServer = redis ? started.use(await startRedis()) : undefined;
    const etcdServers = etcd ? started.use(await startEtcdServers({ version: "3.6" })) : undefined;
    if (redisServer !== undefined) say(`Redis ${redisServer.version} at ${redisServer.url}`);
    if (etcdServers !== undefined) say(`etcd ${etcdServers.version} at ${etcdServers.urls.join(",")}`);
    // Set to nothing where there is none: a URL of the caller's environment would lead somewhere else.
    const env = { REDIS_URL: redisServer?.url, ETCD_ENDPOINTS: etcdServers?.urls.join(",") };
    return { env, [Symbol.asyncDispose]: () => started.disposeAsync() };
  } catch (error) {
    await started.disposeAsync();
    throw error;
  }
}

/** Whether a server is there; says so if not, and fails where servers are required. */
async function hasServer(name: ServerName): Promise<boolean> {
  const found = await findProgram(name, { say });
  if (found.available) return true;
  if (areServersRequired(process.env)) throw new Error(found.why);
  say(found.why);
  return false;
}

async function build(): Promise<number> {
  say(`kube-apiserver and its like are in ${await buildGoPrograms(say)}`);
  for (const name of SERVER_NAMES) {
    const found = await findProgram(name, { say });
    if (found.available) say(`${name} ${found.program.version} is ${found.program.path}`);
    else if (areServersRequired(process.env)) throw new Error(found.why);
    else say(found.why);
  }
  return 0;
}

async function printPaths(): Promise<number> {
  const found = await findServers({ build: false, say });
  for (const [name, executable] of Object.entries(found.available ? found.executables : {})) {
    if (executable !== undefined) process.stdout.write(`${name} ${executable.version} ${executable.path}\n`);
  }
  for (const name of SERVER_NAMES) {
    const search = await findProgram(name, { obtain: false });
    if (search.available) process.stdout.write(`${name} ${search.program.version} ${search.program.path}\n`);
    else say(search.why);
  }
  if (found.available) return 0;
  say(`${found.why}\nThe cache would be ${cacheFolder()}`);
  return 1;
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
