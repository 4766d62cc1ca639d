import { once } from "node:events";
import { type FileHandle, open } from "node:fs/promises";
import type { LeaseServer, LeaseServerOptions } from "@tenure/lease-server";
import { Command, Option } from "commander";
import { EXIT } from "../exit-codes.ts";
import { CliError, usageError } from "../failure.ts";
import { type Io, print, printJson } from "../io.ts";
import { LEASE_SERVER_PORT } from "../lock-url.ts";
import { parsePort } from "../port.ts";
import { readOptionFile } from "../store-options.ts";

interface LeaseServerCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly data?: string;
  readonly tls?: true;
  readonly cert?: string;
  readonly key?: string;
  readonly ca?: string;
  readonly tokens?: string;
  readonly writeKubeconfig?: string;
  readonly strictNamespaces?: true;
  readonly log?: true;
  readonly json?: true;
}

/** `tenure lease-server`: the Lease part of the Kubernetes API, for development without a cluster. */
export function leaseServerCommand(io: Io): Command {
  return new Command("lease-server")
    .description(
      "Serve the Lease part of the Kubernetes API from this process, for development, tests and demos.",
    )
    .addOption(new Option("--port <port>", "0: any").argParser(parsePort).default(LEASE_SERVER_PORT))
    .option("--host <host>", "where to listen", "127.0.0.1")
    .option(
      "--data <file>",
      "keep leases in this file, synced before a write is answered (default: in memory)",
    )
    .option("--tls", "HTTPS with a certificate made at start; clients trust what --write-kubeconfig says")
    .option("--cert <file>", "HTTPS with this certificate, PEM")
    .option("--key <file>", "its key, PEM")
    .option("--ca <file>", "what clients are to trust, PEM, where they do not know it")
    .option(
      "--tokens <file>",
      "bearer tokens and their rules, YAML or JSON (default: everybody may do everything)",
    )
    .option("--write-kubeconfig <file>", "for kubectl, client-go, tenure --kubeconfig; with the first token")
    .option("--strict-namespaces", "refuse writes into namespaces that were not created")
    .option("--log", "a line on stderr for each request")
    .option("--json", "where it listens as one JSON document; with --log, the requests as JSON lines")
    .addHelpText(
      "after",
      `
Examples:
  tenure lease-server --write-kubeconfig kubeconfig
  tenure run --lock lease-server://127.0.0.1/default/worker -- ./worker.sh
  kubectl --kubeconfig kubeconfig get leases -w

Exit codes: 0 ended by SIGINT or SIGTERM, 2 wrong command line, 5 port taken, file not to be read or written.`,
    )
    .action(async (options: LeaseServerCommandOptions) => {
      const interruption = io.interruption();
      await using server = await start(await serverOptions(options, io));
      const { url } = server;
      if (options.writeKubeconfig !== undefined) await writeKubeconfig(options.writeKubeconfig, server);
      warnIfOpen(options, io);
      const kubeconfig = options.writeKubeconfig ?? null;
      if (options.json) printJson(io, { event: "listening", url, lock: lockUrl(url), kubeconfig });
      else print(io, `Serving leases at ${url} (locks: ${lockUrl(url)})`);
      if (!interruption.aborted) await once(interruption, "abort");
    });
}

async function serverOptions(options: LeaseServerCommandOptions, io: Io): Promise<LeaseServerOptions> {
  const { port, host, data, tokens, strictNamespaces, log, json } = options;
  const { readTokens } = await import("@tenure/lease-server");
  return {
    port,
    host,
    tls: await tlsOf(options),
    journalFile: data,
    strictNamespaces: strictNamespaces ?? false,
    ...(tokens !== undefined && (await readTokens(tokens))),
    ...(log && {
      onRequest: (request) => {
        if (json) printJson(io, { event: "request", ...request });
        else io.stderr.write(`${request.status} ${request.method} ${request.path} (${request.userAgent})\n`);
      },
    }),
  };
}

async function tlsOf({ tls, cert, key, ca }: LeaseServerCommandOptions): Promise<LeaseServerOptions["tls"]> {
  if ((cert === undefined) !== (key === undefined))
    throw usageError("Expected --cert and --key both, or neither");
  if (cert === undefined || key === undefined) {
    if (ca !== undefined) throw usageError("Expected --cert and --key beside --ca");
    return tls ?? false;
  }
  const text = async (option: string, file: string): Promise<string> =>
    (await readOptionFile(option, file)).toString("utf8");
  return {
    cert: await text("--cert", cert),
    key: await text("--key", key),
    ...(ca !== undefined && { ca: await text("--ca", ca) }),
  };
}

async function start(options: LeaseServerOptions): Promise<LeaseServer> {
  const { startLeaseServer } = await import("@tenure/lease-server");
  try {
    return await startLeaseServer(options);
  } catch (cause) {
    const { code, message } = cause as NodeJS.ErrnoException; // all that it throws are errors
    const at = `Port ${options.port} on ${options.host}`;
    if (code === "EADDRINUSE") throw new CliError(EXIT.failed, `${at} is taken`, { cause });
    if (/^E[A-Z]+$/.test(code ?? "")) {
      throw new CliError(EXIT.failed, `${at} cannot be listened on: ${code}`, { cause });
    }
    // What the files hold is wrong, not what was typed.
    throw new CliError(EXIT.failed, message, { cause });
  }
}

async function writeKubeconfig(file: string, server: LeaseServer): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    // It may hold a token. The mode of `open` is for a new file only.
    handle = await open(file, "w", 0o600);
    if ((await handle.stat()).isFile()) await handle.chmod(0o600);
    await handle.writeFile(server.kubeconfigText());
  } catch (cause) {
    const { code = "unknown error" } = cause as NodeJS.ErrnoException;
    throw new CliError(EXIT.failed, `The kubeconfig cannot be written: ${file}: ${code}`, { cause });
  } finally {
    await handle?.close();
  }
}

function warnIfOpen({ host, tokens }: LeaseServerCommandOptions, io: Io): void {
  if (tokens !== undefined || /^(localhost|127\.\d+\.\d+\.\d+|::1)$/.test(host)) return;
  io.stderr.write(`tenure: whoever reaches ${host} may do everything: give --tokens\n`);
}

/** `"lease-server://127.0.0.1:7410/NAMESPACE/NAME"` */
function lockUrl(url: string): string {
  return `${url.replace(/^http(s?):/, "lease-server$1:")}/NAMESPACE/NAME`;
}
