import { startEtcdServers, startRedis } from "@tenure/testbed";
import { describeWith, describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll } from "vitest";
import type { Route } from "./group.fixture.ts";
import { testRunOn } from "./run-scenarios.fixture.ts";

describeWithServers("tenure run on a real apiserver", (testbed) => {
  testRunOn("apiserver", async () => {
    const namespace = await testbed.createNamespace("run");
    return {
      target: { host: "127.0.0.1", port: testbed.apiserverPort },
      via: ({ port }) => ({
        lock: `k8s://${namespace}/worker`,
        env: {
          KUBECONFIG: testbed.kubeconfigFor({
            server: `https://127.0.0.1:${port}`,
            token: testbed.adminToken,
            namespace,
          }),
        },
      }),
    };
  });
});

await describeWith("redis", "tenure run on a real Redis", () => {
  let server: Awaited<ReturnType<typeof startRedis>>;
  let count = 0;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  testRunOn("Redis", async (): Promise<Route> => {
    const name = `worker-${count++}`;
    return {
      target: { host: server.host, port: server.port },
      via: ({ port }) => ({ lock: `redis://127.0.0.1:${port}/${name}` }),
    };
  });
});

await describeWith("etcd-3.6", "tenure run on a real etcd", () => {
  let server: Awaited<ReturnType<typeof startEtcdServers>>;
  let count = 0;
  beforeAll(async () => {
    server = await startEtcdServers({ version: "3.6" });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());
  testRunOn("etcd", async (): Promise<Route> => {
    const name = `worker-${count++}`;
    return {
      target: { host: "127.0.0.1", port: Number(new URL(server.urls[0] ?? "").port) },
      via: ({ port }) => ({ lock: `etcd://127.0.0.1:${port}/${name}` }),
    };
  });
});
