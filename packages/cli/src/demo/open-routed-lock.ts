import type { ResourceLock } from "@tenure/core";
import { etcdOptions } from "../etcd-options.ts";
import type { Io } from "../io.ts";
import { kubeAccess } from "../kube-access.ts";
import type { OpenLock } from "../open-lock.ts";
import { redisOptions } from "../redis-options.ts";
import type { RoutedLock } from "./replica-messages.ts";
import { routeEtcd, routeKubeConfig, routeRedis } from "./routes.ts";

/**
 * Opens a lock whose connections go through proxies on loopback. A server still has to prove, by TLS, to be the one that the URL
 * or the kubeconfig names.
 */
export async function openRoutedLock(
  { url, options, routes }: RoutedLock,
  env: Io["env"],
): Promise<Pick<OpenLock, "lock" | "close">> {
  switch (url.kind) {
    case "k8s":
    case "lease-server": {
      const [{ LeaseClient }, { kubeConfig, reload }] = await Promise.all([
        import("@tenure/lock-k8s-lease"),
        kubeAccess(url, options, env),
      ]);
      const client = new LeaseClient({
        kubeConfig: routeKubeConfig(kubeConfig, routes),
        reload: async () => routeKubeConfig(await reload(), routes),
      });
      const lock = client.lock({ namespace: url.namespace, name: url.name });
      return { lock, close: () => client.close() };
    }
    case "redis": {
      const [{ RedisLock }, redis] = await Promise.all([
        import("@tenure/lock-redis"),
        redisOptions(url, options, env),
      ]);
      return closing(new RedisLock({ redis: routeRedis(redis, routes), name: url.name, prefix: url.prefix }));
    }
    case "etcd": {
      const [{ EtcdLock }, etcd] = await Promise.all([
        import("@tenure/lock-etcd"),
        etcdOptions(url, options, env),
      ]);
      return closing(new EtcdLock({ etcd: routeEtcd(etcd, routes), name: url.name, prefix: url.prefix }));
    }
  }
}

function closing(lock: ResourceLock): Pick<OpenLock, "lock" | "close"> {
  return { lock, close: () => lock.close() };
}
