import type { RedisOptions } from "ioredis";
import type { Io } from "./io.ts";
import type { RedisStore } from "./lock-url.ts";
import { passwordOf, readTlsFiles, type StoreOptions } from "./store-options.ts";

/** The options of ioredis for a store that is no Cluster, or for each node of one. */
export async function redisOptions(
  store: RedisStore,
  options: StoreOptions,
  env: Io["env"],
): Promise<RedisOptions> {
  const [first = { host: "127.0.0.1", port: 6379 }] = store.addresses;
  const password = await passwordOf(store.password, options, env);
  const tls = store.tls ? present(await readTlsFiles(options)) : undefined;
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

function present<Value>(values: { readonly [name: string]: Value | undefined }): Record<string, Value> {
  return Object.fromEntries(
    Object.entries(values).filter((entry): entry is [string, Value] => entry[1] !== undefined),
  );
}
