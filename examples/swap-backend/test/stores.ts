import type { Address } from "@tenure/conformance";
import { startEtcdServers, startRedis, startTcpProxy, type TestbedClient } from "@tenure/testbed";
import { Replica } from "./replica.ts";

/** A store with nothing in it, and the program that campaigns on it. */
export interface Store extends AsyncDisposable {
  readonly name: string;
  startReplica(): Promise<Replica>;
}

export async function kubernetes(testbed: TestbedClient): Promise<Store> {
  const namespace = await testbed.createNamespace("swap");
  const server = { host: "127.0.0.1", port: testbed.apiserverPort };
  return store("Kubernetes", "on-kubernetes.ts", server, ({ port }) => ({
    KUBECONFIG: testbed.kubeconfigFor({
      server: `https://127.0.0.1:${port}`,
      token: testbed.adminToken,
      namespace,
    }),
  }));
}

export async function redis(): Promise<Store> {
  const server = await startRedis();
  const routed = store("Redis", "on-redis.ts", server, ({ host, port }) => ({
    REDIS_URL: `redis://${host}:${port}`,
  }));
  return { ...routed, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

export async function etcd(): Promise<Store> {
  const server = await startEtcdServers({ version: "3.6" });
  const { hostname: host, port } = new URL(server.urls[0] ?? "");
  const routed = store("etcd", "on-etcd.ts", { host, port: Number(port) }, (proxy) => ({
    ETCD_ENDPOINTS: `http://${proxy.host}:${proxy.port}`,
  }));
  return { ...routed, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

function store(
  name: string,
  program: string,
  server: Address,
  environment: (proxy: Address) => Record<string, string>,
): Store {
  return {
    name,
    startReplica: async () => {
      const proxy = await startTcpProxy({ target: server });
      return new Replica(program, proxy, environment(proxy));
    },
    [Symbol.asyncDispose]: async () => {},
  };
}
