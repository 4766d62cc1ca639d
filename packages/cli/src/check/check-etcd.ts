import { etcdOptions } from "../etcd-options.ts";
import type { Io } from "../io.ts";
import type { EtcdStore } from "../lock-url.ts";
import type { StoreOptions } from "../store-options.ts";
import { type CheckReport, permission } from "./check-report.ts";

/** No key was ever created or changed at this revision, so what compares with it puts nothing. */
const NEVER = "9223372036854775807";
const PERMISSION_DENIED = 7;

/**
 * Reads the key, and sends a transaction whose condition never holds: etcd checks the permissions of both branches first, and
 * then puts nothing.
 */
export async function checkEtcd(
  store: EtcdStore & { readonly name: string },
  options: StoreOptions,
  env: Io["env"],
): Promise<CheckReport> {
  const { EtcdClient, EtcdFailure } = await import("@tenure/lock-etcd");
  const key = `${store.prefix ?? "/tenure/"}${store.name}`;
  await using client = new EtcdClient({ etcd: await etcdOptions(store, options, env) });
  const limits = { timeoutMs: options.timeout, closing: new AbortController().signal };
  const isAllowed = async (call: Promise<unknown>): Promise<boolean> => {
    try {
      await call;
      return true;
    } catch (error) {
      const failure = error instanceof EtcdFailure ? error.failure : undefined;
      if (failure?.kind === "status" && failure.code === PERMISSION_DENIED) return false;
      throw error;
    }
  };
  const compare = { createRevision: NEVER, modRevision: NEVER };
  const read = await isAllowed(client.range(key, limits));
  const write = await isAllowed(client.txn({ key, compare, value: Buffer.from("{}") }, limits));
  return {
    items: [
      permission("read", read, "read and watch the record"),
      permission("write", write, "lead: write the record"),
    ],
    fix: read && write ? undefined : grants(store.username ?? "USER", key, store.name),
  };
}

function grants(user: string, key: string, name: string): string {
  const role = `${name.replaceAll(/[^A-Za-z0-9_-]/g, "-")}-election`;
  return [
    `etcdctl role add ${role}`,
    `etcdctl role grant-permission ${role} readwrite ${quoted(key)}`,
    `etcdctl user grant-role ${quoted(user)} ${role}`,
  ].join("\n");
}

function quoted(word: string): string {
  return /^[\w./:@-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
