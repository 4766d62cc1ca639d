import { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { usageError } from "../failure.ts";
import { type Io, print, printJson, style } from "../io.ts";
import { kubeAccess } from "../kube-access.ts";
import { KubeApi } from "../kube-api.ts";
import { type ListedLock, listLeases } from "../list-leases.ts";
import { parseStoreUrl, type StoreUrl } from "../lock-url.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import { offsetOfDate } from "../store-time.ts";
import { schemeOf } from "../url-parts.ts";
import { visible } from "../visible-text.ts";

interface LsOptions extends StoreOptions {
  readonly json?: true;
  readonly all?: true;
}

/** `tenure ls`: the locks of a namespace. */
export function lsCommand(io: Io): Command {
  const command = new Command("ls")
    .description("List the leases of a namespace: holder, age of the last renewal, expiry, transitions.")
    .argument("<url>", "k8s://NAMESPACE, or lease-server://HOST:PORT/NAMESPACE")
    .option("--all", "of all namespaces: k8s://, lease-server://HOST:PORT")
    .option("--json", "one JSON document")
    .addHelpText(
      "after",
      `
Redis and etcd are not listed: who may lead need not be allowed to look for keys.

Examples:
  tenure ls k8s://default
  tenure ls k8s:// --all --json | jq -r '.locks[] | select(.state == "expired") | .name'

Exit codes: 0 listed, also when there is none; 2 to 5 see \`tenure --help\`.`,
    );
  return addStoreOptions(command).action(async (text: string, options: LsOptions) => {
    const url = leaseStore(text);
    if (options.all && url.namespace !== undefined)
      throw usageError("Expected --all or a namespace, got both");
    if (!options.all && url.namespace === undefined) {
      throw usageError("Expected a namespace, k8s://NAMESPACE, or --all");
    }
    const api = new KubeApi((await kubeAccess(url, options, io.env)).kubeConfig);
    const { headers, ...exchanged } = await api.request("GET", "/version", { timeoutMs: options.timeout });
    const offsetMs = offsetOfDate(headers.date, exchanged)?.offsetMs ?? 0;
    const locks = await listLeases(api, url.namespace, {
      timeoutMs: options.timeout,
      nowMs: () => Date.now() + offsetMs,
    });
    if (options.json) printJson(io, { server: api.server, namespace: url.namespace ?? null, locks });
    else showTable(io, locks, options.all ?? false);
  });
}

/** Before its form is looked at: what is wrong with `redis://HOST/NAME` is not its name. */
function leaseStore(text: string): Extract<StoreUrl, { readonly namespace: string | undefined }> {
  const refused = usageError(
    "`tenure ls` lists Leases only (k8s://, lease-server://); use `tenure status` for one lock",
  );
  if (/^(redis|etcd)s?$/.test(schemeOf(text) ?? "")) throw refused;
  const url = parseStoreUrl(text);
  if (url.kind === "redis" || url.kind === "etcd") throw refused;
  return url;
}

function showTable(io: Io, locks: readonly ListedLock[], all: boolean): void {
  if (locks.length === 0) {
    io.stderr.write("No leases found.\n");
    return;
  }
  const rows = [
    [...(all ? ["NAMESPACE"] : []), "NAME", "HOLDER", "RENEWED", "EXPIRES", "TRANSITIONS"],
    ...locks.map((lock) => [
      ...(all ? [lock.namespace ?? ""] : []),
      lock.name,
      visible(lock.holder ?? "(free)"),
      lock.renewedAgoMs === null ? "-" : `${formatDuration(Math.max(0, lock.renewedAgoMs))} ago`,
      expires(lock),
      String(lock.transitions ?? "-"),
    ]),
  ];
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  rows.forEach((row, index) => {
    const line = row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
    const lock = locks[index - 1];
    print(io, index === 0 ? style(io.stdout, "bold", line) : colored(io, lock, line));
  });
}

function colored(io: Io, lock: ListedLock | undefined, line: string): string {
  if (lock?.state === "expired") return style(io.stdout, "red", line);
  return lock?.state === "free" ? style(io.stdout, "gray", line) : line;
}

function expires({ expiresInMs }: ListedLock): string {
  if (expiresInMs === null) return "-";
  return expiresInMs > 0
    ? `in ${formatDuration(expiresInMs)}`
    : `expired ${formatDuration(-expiresInMs)} ago`;
}
