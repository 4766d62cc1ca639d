import { expect, it } from "vitest";
import { type ClientGoParticipant, startTcpProxy, type TestbedClient } from "../src/index.ts";
import { describeWithServers } from "../src/vitest.ts";

const FAST = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 300 };

describeWithServers("the client-go participant", (testbed) => {
  // Servers from KUBEBUILDER_ASSETS come without it; where they are required it is built, and nothing may be skipped.
  const itWithClientGo = it.skipIf(testbed.clientGoPath === undefined);

  itWithClientGo("leads alone, releases when it is cancelled, and another leads at once", async () => {
    const namespace = await testbed.createNamespace();
    await using a = start(testbed, namespace, "a");
    await a.waitFor("started");
    await using b = start(testbed, namespace, "b");
    await b.waitFor(({ event, leader }) => event === "newLeader" && leader === "a");
    expect(b.events.some(({ event }) => event === "started")).toBe(false);

    await a.stop();
    expect(eventNames(a)).toEqual(["campaigning", "newLeader", "started", "cancelled", "stopped"]);
    const { atMs } = await b.waitFor("started");
    expect(atMs).toBeGreaterThanOrEqual((await a.waitFor("cancelled")).atMs);
    expect(a.stderr).toBe("");
  });

  itWithClientGo("keeps labels on the Lease", async () => {
    const namespace = await testbed.createNamespace();
    await using a = start(testbed, namespace, "a", { labels: { app: "demo" } });
    await a.waitFor("started");
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/interop`;
    expect(await testbed.requestOk("GET", path)).toMatchObject({
      metadata: { labels: { app: "demo" } },
      spec: { holderIdentity: "a" },
    });
  });

  itWithClientGo("ends its task when its renewals hang, and campaigns again", async () => {
    const namespace = await testbed.createNamespace();
    await using proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
    await using a = start(testbed, namespace, "a", { server: `https://127.0.0.1:${proxy.port}` });
    await a.waitFor("started");
    await proxy.setMode("silence");
    await a.waitFor("cancelled");
    await a.waitFor("stopped");
    await proxy.setMode("pass");
    const from = a.events.length;
    await a.waitFor("started", { from });
  });

  itWithClientGo("says why it cannot run", async () => {
    const namespace = await testbed.createNamespace();
    await using a = start(testbed, namespace, "a", { leaseDurationMs: 1_000 });
    await expect(a.waitFor("started")).rejects.toThrow("leaseDuration must be greater than renewDeadline");
  });
});

function start(
  testbed: TestbedClient,
  namespace: string,
  identity: string,
  more: {
    readonly server?: string;
    readonly labels?: Record<string, string>;
    readonly leaseDurationMs?: number;
  } = {},
): ClientGoParticipant {
  const kubeconfigPath = testbed.adminKubeconfigPath;
  return testbed.startClientGo({
    kubeconfigPath,
    namespace,
    lease: "interop",
    identity,
    releaseOnCancel: true,
    ...FAST,
    ...more,
  });
}

/** newLeader is reported by a goroutine of client-go's own, before or after "started". */
function eventNames(participant: ClientGoParticipant): string[] {
  const names: string[] = participant.events.map(({ event }) => event);
  return [...names.slice(0, 1), ...names.slice(1, 3).sort(), ...names.slice(3)];
}
