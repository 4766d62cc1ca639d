import type { Cluster, Redis } from "ioredis";
import { EXIT } from "./exit-codes.ts";
import { CliError } from "./failure.ts";
import type { Io } from "./io.ts";
import type { RedisStore } from "./lock-url.ts";
import { redisOptions } from "./redis-options.ts";
import type { StoreOptions } from "./store-options.ts";

/**
 * Runs `work` on a connection of its own, for what the lock itself does not ask of Redis. Nothing is retried.
 * @throws `CliError` with one line when Redis was not reached or refused
 */
export async function withRedis<Result>(
  store: RedisStore,
  options: StoreOptions,
  env: Io["env"],
  work: (redis: Redis | Cluster) => Promise<Result>,
): Promise<Result> {
  const common = { lazyConnect: true, enableReadyCheck: false } as const;
  const perNode = {
    ...(await redisOptions(store, options, env)),
    ...common,
    connectTimeout: options.timeout,
    commandTimeout: options.timeout,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
    sentinelRetryStrategy: () => null,
  };
  const { Cluster, Redis } = await import("ioredis");
  const redis = store.cluster
    ? new Cluster([...store.addresses], {
        ...common,
        redisOptions: perNode,
        clusterRetryStrategy: () => null,
      })
    : new Redis(perNode);
  let why: Error | undefined;
  // What is wrong with a connection is told here; the commands on it only say that it was closed.
  redis.on("error", (error: Error) => {
    why = error;
  });
  try {
    await redis.connect();
    return await work(redis);
  } catch (error) {
    throw redisFailure(why ?? error);
  } finally {
    redis.disconnect();
  }
}

function redisFailure(error: unknown): unknown {
  if (error instanceof CliError || !(error instanceof Error)) return error;
  const message = error.message.split("\n", 1)[0] ?? "";
  if (/^(NOAUTH|WRONGPASS|NOPERM)\b/.test(message)) {
    return new CliError(EXIT.forbidden, `Redis refused: ${message}`, { cause: error });
  }
  return new CliError(EXIT.unreachable, `Redis was not reached: ${message}`, { cause: error });
}
