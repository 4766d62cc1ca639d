import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "./duration.ts";
import { EXIT } from "./exit-codes.ts";
import { CliError, usageError } from "./failure.ts";
import type { Io } from "./io.ts";

/** How to get into a store: what {@link addStoreOptions} makes of the command line. */
export interface StoreOptions {
  readonly kubeconfig?: string | undefined;
  readonly context?: string | undefined;
  readonly tokenFile?: string | undefined;
  readonly passwordFile?: string | undefined;
  readonly caFile?: string | undefined;
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
  /** Milliseconds that one request may take. */
  readonly timeout: number;
}

/** The options of every command that talks to a store; one that does so for ever has durations of its own, and no `--timeout`. */
export function addStoreOptions(
  command: Command,
  {
    tokenFlag = "--token-file",
    timeout = true,
  }: {
    readonly tokenFlag?: "--token-file" | "--store-token-file";
    readonly timeout?: boolean;
  } = {},
): Command {
  const add = (flags: string, description: string): void => {
    command.addOption(new Option(flags, description).helpGroup("Options of the store:"));
  };
  add("--kubeconfig <file>", "k8s: this kubeconfig, whatever the environment says");
  add("--context <name>", "k8s: this context of the kubeconfig");
  add(`${tokenFlag} <file>`, "lease-server: file that holds the bearer token (else TENURE_TOKEN)");
  add("--password-file <file>", "redis, etcd: file that holds the user's password (else TENURE_PASSWORD)");
  add("--ca-file <file>", "TLS: who signs the server's certificate, PEM (k8s: the kubeconfig has it)");
  add("--cert-file <file>", "TLS: client certificate, PEM (redis, etcd)");
  add("--key-file <file>", "TLS: its key, PEM");
  if (!timeout) return command;
  command.addOption(
    new Option("--timeout <duration>", "how long one request may take")
      .argParser(parseTimeout)
      .default(5_000, "5s")
      .helpGroup("Options of the store:"),
  );
  return command;
}

/** The bearer token for a lease-server: of the file, else `TENURE_TOKEN`. */
export async function tokenOf({ tokenFile }: StoreOptions, env: Io["env"]): Promise<string | undefined> {
  if (tokenFile === undefined) return env["TENURE_TOKEN"] || undefined;
  return await readSecret("--token-file", tokenFile);
}

/** The password of a user of Redis or etcd: the URL's, else of the file, else `TENURE_PASSWORD`. */
export async function passwordOf(
  inUrl: string | undefined,
  { passwordFile }: StoreOptions,
  env: Io["env"],
): Promise<string | undefined> {
  if (inUrl !== undefined && inUrl !== "") return inUrl;
  if (passwordFile === undefined) return env["TENURE_PASSWORD"] || undefined;
  return await readSecret("--password-file", passwordFile);
}

/** A secret out of a file, without the line end that editors leave. */
export async function readSecret(option: string, file: string): Promise<string> {
  const secret = (await readOptionFile(option, file)).toString("utf8").replace(/\r?\n$/, "");
  if (secret === "") throw new CliError(EXIT.failed, `The file of ${option} is empty: ${file}`);
  return secret;
}

/** What the files of the TLS options hold. */
export interface TlsFiles {
  readonly ca: Buffer | undefined;
  readonly cert: Buffer | undefined;
  readonly key: Buffer | undefined;
}

/**
 * The certificates of `--ca-file`. One that holds none would be taken for no file at all, and every server be refused.
 */
export async function readAuthority({ caFile }: Pick<StoreOptions, "caFile">): Promise<Buffer | undefined> {
  if (caFile === undefined) return undefined;
  const pem = await readOptionFile("--ca-file", caFile);
  try {
    new X509Certificate(pem);
  } catch (cause) {
    throw new CliError(EXIT.failed, `The file of --ca-file holds no certificate: ${caFile}`, { cause });
  }
  return pem;
}

/** Reads the files of the TLS options. */
export async function readTlsFiles({ caFile, certFile, keyFile }: StoreOptions): Promise<TlsFiles> {
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw usageError("Expected --cert-file and --key-file both, or neither");
  }
  return {
    ca: await readAuthority({ caFile }),
    cert: certFile === undefined ? undefined : await readOptionFile("--cert-file", certFile),
    key: keyFile === undefined ? undefined : await readOptionFile("--key-file", keyFile),
  };
}

/** The bytes of a file that an option names. */
export async function readOptionFile(option: string, file: string): Promise<Buffer> {
  try {
    return await readFile(file);
  } catch (cause) {
    const { code = "unknown error" } = cause as NodeJS.ErrnoException;
    throw new CliError(EXIT.failed, `The file of ${option} cannot be read: ${file}: ${code}`, { cause });
  }
}

function parseTimeout(text: string): number {
  const ms = parseDuration(text);
  if (ms === 0) throw new InvalidArgumentError("Expected more than 0.");
  return ms;
}
