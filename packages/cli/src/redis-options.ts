import type { RedisOptions } from "ioredis";
import { usageError } from "./failure.ts";
import type { Io } from "./io.ts";
import type { RedisStore } from "./lock-url.ts";
import { passwordOf, readTlsFiles, type StoreOptions } from "./store-options.ts";

/** Where Redis is and how to get in, as ioredis takes it. */
export type RedisAccess = Pick<
  RedisOptions,
  | "host"
  | "port"
  | "name"
  | "sentinels"
  | "username"
  | "password"
  | "db"
  | "tls"
  | "sentinelTLS"
  | "enableTLSForSentinelMode"
>;

/** The options of ioredis for a store that is no Cluster, or for each node of one. */
export async function redisOptions(
  store: RedisStore,
  options: StoreOptions,
  env: Io["env"],
): Promise<RedisAccess> {
  const [first = { host: "127.0.0.1", port: 6379 }] = store.addresses;
  const password = await passwordOf(store.password, options, env);
  const tls = await tlsOf(store, options);
  return {
    ...(store.sentinel === undefined
      ? { host: first.host, port: first.port }
      : { name: store.sentinel, sentinels: store.addresses.map((address) => ({ ...address })) }),
    ...(store.username !== undefined && { username: store.username }),
    ...(password !== undefined && { password }),
    db: store.database,
    ...(tls !== undefined && { tls }),
    ...(tls !== undefined &&
      store.sentinel !== undefined && { sentinelTLS: tls, enableTLSForSentinelMode: true }),
  };
}

async function tlsOf(
  { tls }: RedisStore,
  options: StoreOptions,
): Promise<NonNullable<RedisOptions["tls"]> | undefined> {
  const { ca, cert, key } = await readTlsFiles(options);
  if (!tls) {
    if ((ca ?? cert) === undefined) return undefined;
    throw usageError("Expected rediss:// beside --ca-file or --cert-file, got redis://");
  }
  return { ...(ca !== undefined && { ca }), ...(cert !== undefined && { cert, key }) };
}
