import type { RequestOptions } from "node:https";
import type { RedisOptions } from "ioredis";
import { etcdOptions } from "../etcd-options.ts";
import { describeFailure } from "../failure.ts";
import type { Io } from "../io.ts";
import { kubeAccess } from "../kube-access.ts";
import type { EtcdStore, LeaseStore, LockUrl, RedisStore } from "../lock-url.ts";
import { openLock } from "../open-lock.ts";
import { redisOptions } from "../redis-options.ts";
import type { StoreOptions } from "../store-options.ts";
import { httpRequest } from "./http-request.ts";

type LeaseUrl = LeaseStore & { readonly namespace: string; readonly name: string };

/**
 * Deletes the record of a demo out of the user's own store. Never for a lock that somebody campaigns on.
 * @returns what is left behind and why; `undefined` when nothing is
 */
export async function removeRecord(
  url: LockUrl,
  options: StoreOptions,
  env: Io["env"],
): Promise<string | undefined> {
  const { description, close } = await openLock(url, options, env);
  await close();
  // "redis lease:{tenure-demo-1a2b3c4d}", "etcd key tenure/tenure-demo-1a2b3c4d": with the backend's own prefix.
  const key = description.replace(/^(?:redis|etcd key) /, "");
  try {
    if (url.kind === "redis") await removeFromRedis(url, key, options, env);
    else if (url.kind === "etcd") await removeFromEtcd(url, key, options, env);
    else await removeLease(url, options, env);
    return undefined;
  } catch (error) {
    return `${description} is left behind: ${describeFailure(error).line}`;
  }
}

async function removeFromRedis(
  url: RedisStore,
  key: string,
  options: StoreOptions,
  env: Io["env"],
): Promise<void> {
  const { Redis } = await import("ioredis");
  const once: RedisOptions = { lazyConnect: true, retryStrategy: null, maxRetriesPerRequest: 0 };
  const within: RedisOptions = { connectTimeout: options.timeout, commandTimeout: options.timeout };
  const given: RedisOptions = await redisOptions(url, options, env);
  const redis = new Redis({ ...given, ...once, ...within, replyMapping: "legacy" });
  // What fails is told by `connect` and `del`.
  redis.on("error", () => {});
  try {
    await redis.connect();
    await redis.del(key);
  } finally {
    redis.disconnect();
  }
}

/** By the JSON gateway of etcd: gRPC has nothing to offer for two requests. */
async function removeFromEtcd(
  url: EtcdStore,
  key: string,
  options: StoreOptions,
  env: Io["env"],
): Promise<void> {
  const { hosts, credentials, auth } = await etcdOptions(url, options, env);
  const [host] = typeof hosts === "string" ? [hosts] : hosts;
  const { rootCertificate, certChain, privateKey } = credentials ?? {};
  const call = async (path: string, body: object, token?: string): Promise<unknown> => {
    const request: RequestOptions = {
      method: "POST",
      headers: { "Content-Type": "application/json", ...(token !== undefined && { Authorization: token }) },
      ...{ ca: rootCertificate, cert: certChain, key: privateKey },
      agent: false,
      signal: AbortSignal.timeout(options.timeout),
    };
    const answer = await httpRequest(`${host}/v3/${path}`, request, JSON.stringify(body));
    if (answer.status !== 200) throw new Error(`etcd answered ${answer.status}`);
    return JSON.parse(answer.body);
  };
  let token: string | undefined;
  if (auth !== undefined) {
    const answer = await call("auth/authenticate", { name: auth.username, password: auth.password });
    token = (answer as { readonly token?: string }).token;
  }
  await call("kv/deleterange", { key: Buffer.from(key).toString("base64") }, token);
}

async function removeLease(url: LeaseUrl, options: StoreOptions, env: Io["env"]): Promise<void> {
  const { kubeConfig } = await kubeAccess(url, options, env);
  const server = kubeConfig.getCurrentCluster()?.server;
  if (server === undefined) throw new Error("the kubeconfig has no cluster");
  const path = `/apis/coordination.k8s.io/v1/namespaces/${url.namespace}/leases/${url.name}`;
  const signal = AbortSignal.timeout(options.timeout);
  const request: RequestOptions = { method: "DELETE", headers: {}, agent: false, signal };
  await kubeConfig.applyToHTTPSOptions(request);
  const { status } = await httpRequest(`${server.replace(/\/$/, "")}${path}`, request);
  if (status === 404 || (status >= 200 && status <= 299)) return;
  throw new Error(
    `the server answered ${status}; remove it with \`kubectl delete lease ${url.name} -n ${url.namespace}\``,
  );
}
