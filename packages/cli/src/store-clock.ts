import type { Io } from "./io.ts";
import { kubeAccess } from "./kube-access.ts";
import { KubeApi } from "./kube-api.ts";
import type { LeaseStore, LockUrl, RedisStore } from "./lock-url.ts";
import { withRedis } from "./redis-client.ts";
import type { StoreOptions } from "./store-options.ts";
import { type ClockOffset, clockOffset, offsetOfDate } from "./store-time.ts";

/**
 * Asks the store what time it is; `undefined` where it does not tell: etcd never does, Redis only whom it allows TIME. Nothing
 * but a footnote depends on it, so whatever goes wrong is no failure of the command.
 */
export async function storeClock(
  url: LockUrl,
  options: StoreOptions,
  env: Io["env"],
): Promise<ClockOffset | undefined> {
  if (url.kind === "etcd") return undefined;
  const asked = url.kind === "redis" ? redisClock(url, options, env) : kubeClock(url, options, env);
  return await asked.catch(() => undefined);
}

async function kubeClock(
  store: LeaseStore,
  options: StoreOptions,
  env: Io["env"],
): Promise<ClockOffset | undefined> {
  const { kubeConfig } = await kubeAccess(store, options, env);
  const answer = await new KubeApi(kubeConfig).request("GET", "/version", { timeoutMs: options.timeout });
  // Whatever its status is: a refusal has the time, too.
  return offsetOfDate(answer.headers.date, answer);
}

async function redisClock(store: RedisStore, options: StoreOptions, env: Io["env"]): Promise<ClockOffset> {
  return await withRedis(store, options, env, async (redis) => {
    const sentAtMs = Date.now();
    const [seconds, microseconds] = await redis.time();
    return clockOffset(Number(seconds) * 1_000 + Number(microseconds) / 1_000, {
      sentAtMs,
      receivedAtMs: Date.now(),
    });
  });
}
