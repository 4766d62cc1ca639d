import type { ResourceLock } from "@tenure/core";
import { etcdOptions } from "./etcd-options.ts";
import { checked } from "./failure.ts";
import type { Io } from "./io.ts";
import { kubeAccess } from "./kube-access.ts";
import type { EtcdStore, LeaseStore, LockUrl, RedisStore } from "./lock-url.ts";
import { redisOptions } from "./redis-options.ts";
import type { StoreOptions } from "./store-options.ts";

/** A lock, and the connections that were opened for it. */
export interface OpenLock extends AsyncDisposable {
  readonly lock: ResourceLock;
  /** Names the record, without credentials: `"lease default/scheduler"`. */
  readonly description: string;
  /** Ends calls, watches and connections. Releases and deletes nothing. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the lock that a URL names. Only its backend is imported. Files that options name are read; nothing is connected
 * until the first call.
 *
 * @throws `CliError` when an option is wrong or a file cannot be read, `LeaderElectionError` `ERR_LOCK_UNAVAILABLE` when there
 * is no Kubernetes configuration.
 */
export async function openLock(url: LockUrl, options: StoreOptions, env: Io["env"]): Promise<OpenLock> {
  switch (url.kind) {
    case "k8s":
    case "lease-server":
      return await openLease(url, options, env);
    case "redis":
      return await openRedis(url, options, env);
    case "etcd":
      return await openEtcd(url, options, env);
  }
}

async function openLease(
  url: LeaseStore & { readonly namespace: string; readonly name: string },
  options: StoreOptions,
  env: Io["env"],
): Promise<OpenLock> {
  const access = await kubeAccess(url, options, env);
  const { LeaseClient } = await import("@tenure/lock-k8s-lease");
  const client = checked(() => new LeaseClient(access));
  const lock = checked(() => client.lock({ namespace: url.namespace, name: url.name }));
  return opened(lock, () => client.close());
}

async function openRedis(
  url: RedisStore & { readonly name: string },
  options: StoreOptions,
  env: Io["env"],
): Promise<OpenLock> {
  const redis = await redisOptions(url, options, env);
  const [{ RedisLock }, { Cluster }] = await Promise.all([import("@tenure/lock-redis"), import("ioredis")]);
  // Never connected: the lock reads from it where the nodes are.
  const nodes = () => new Cluster([...url.addresses], { lazyConnect: true, redisOptions: redis });
  const lock = checked(
    () => new RedisLock({ redis: url.cluster ? nodes() : redis, name: url.name, prefix: url.prefix }),
  );
  return opened(lock);
}

async function openEtcd(
  url: EtcdStore & { readonly name: string },
  options: StoreOptions,
  env: Io["env"],
): Promise<OpenLock> {
  const etcd = await etcdOptions(url, options, env);
  const { EtcdLock } = await import("@tenure/lock-etcd");
  return opened(checked(() => new EtcdLock({ etcd, name: url.name, prefix: url.prefix })));
}

function opened(lock: ResourceLock, closeClient: () => Promise<void> = async () => {}): OpenLock {
  const close = async (): Promise<void> => {
    await lock.close();
    await closeClient();
  };
  return { lock, description: lock.description, close, [Symbol.asyncDispose]: close };
}
