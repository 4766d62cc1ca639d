/** A user's own suite with a server in it: nothing else is started, and nothing is left behind. */
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { CoordinationV1Api, KubeConfig, V1MicroTime, Watch } from "@kubernetes/client-node";
import { LeaderElector } from "@tenure/core";
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";
import { LeaseClient } from "@tenure/lock-k8s-lease";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";

const TIMING = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 };
const PATIENT = { timeout: 30_000, interval: 5 };
const STARTS_AND_CLOSES = fileURLToPath(new URL("./starts-and-closes.fixture.ts", import.meta.url));

describe("a suite with a lease-server of its own", () => {
  let server: LeaseServer;
  let client: LeaseClient;

  beforeAll(async () => {
    server = await startLeaseServer({ port: 0 });
    client = new LeaseClient({ kubeConfig: server.kubeConfig });
  });

  afterAll(async () => {
    await client.close();
    await server.close();
  });

  it("elects, and hands over when the leader steps aside", async () => {
    const electors = ["a", "b"].map(
      (identity) => new LeaderElector({ lock: client.lock({ name: "scheduler" }), identity, ...TIMING }),
    );
    const terms: string[] = [];
    const tokens: bigint[] = [];
    const runs = electors.map((elector) =>
      elector.run(async (term) => {
        terms.push(term.identity);
        tokens.push(term.fencingToken);
        await new Promise((resolve) => term.signal.addEventListener("abort", resolve, { once: true }));
      }),
    );
    await vi.waitFor(() => expect(terms).toHaveLength(1), PATIENT);
    await electors.find((elector) => elector.isLeading())?.stop();
    await vi.waitFor(() => expect(terms).toHaveLength(2), PATIENT);
    await Promise.all(electors.map((elector) => elector.stop()));
    await Promise.all(runs);
    expect(terms.toSorted()).toEqual(["a", "b"]);
    expect(tokens[1]).toBeGreaterThan(tokens[0] ?? 0n);
  });

  it("serves @kubernetes/client-node as it is: objects, lists, watches", async () => {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromString(server.kubeconfigText());
    const api = kubeConfig.makeApiClient(CoordinationV1Api);
    const namespace = "made-on-demand";
    const lease = { metadata: { name: "a" }, spec: { holderIdentity: "x", renewTime: new V1MicroTime() } };
    const created = await api.createNamespacedLease({ namespace, body: lease });
    const events: string[] = [];
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases`;
    const watching = await new Watch(kubeConfig).watch(
      path,
      { resourceVersion: created.metadata?.resourceVersion },
      (type, object: { spec: { holderIdentity: string } }) => {
        events.push(`${type} ${object.spec.holderIdentity}`);
      },
      () => {},
    );
    const changed = { ...created, spec: { ...created.spec, holderIdentity: "y" } };
    await api.replaceNamespacedLease({ namespace, name: "a", body: changed });
    await expect(api.replaceNamespacedLease({ namespace, name: "a", body: changed })).rejects.toMatchObject({
      code: 409,
    });
    expect((await api.listNamespacedLease({ namespace })).items).toHaveLength(1);
    await api.deleteNamespacedLease({ namespace, name: "a" });
    await vi.waitFor(() => expect(events).toEqual(["MODIFIED y", "DELETED y"]), PATIENT);
    watching.abort();
  });

  it("does not share Leases with another server in the same process", async () => {
    await using other = await startLeaseServer({ port: 0 });
    expect(other.port).not.toBe(server.port);
    await using otherClient = new LeaseClient({ kubeConfig: other.kubeConfig });
    const call = { timeoutMs: 10_000 };
    const record = {
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      acquireTime: "2026-11-25T10:00:00.000000Z",
      renewTime: "2026-11-25T10:00:00.000000Z",
      leaderTransitions: 0,
    };
    await client.lock({ name: "mine" }).create(record, call);
    expect(await otherClient.lock({ name: "mine" }).get(call)).toBeUndefined();
  });

  it("says how long it takes to be ready", async () => {
    const times: number[] = [];
    for (let round = 0; round < 20; round++) {
      const startedAtMs = performance.now();
      const one = await startLeaseServer({ port: 0 });
      const answer = await fetch(`${one.url}/readyz`);
      times.push(performance.now() - startedAtMs);
      expect(await answer.text()).toBe("ok");
      await one.close();
    }
    const sorted = times.toSorted((a, b) => a - b).map((time) => time.toFixed(1));
    process.stdout.write(
      `\nlease-server: started and answered in ${sorted[9]} ms (p50), ${sorted[19]} ms (max)\n`,
    );
  });
});

describe("a process that closes its lease-server", () => {
  it.each(["http", "https", "journal"])(
    "ends by itself, though clients were in the middle of things (%s)",
    async (kind) => {
      const folder = mkdtempSync(join(tmpdir(), "tenure-users-suite-"));
      try {
        // Rejects when it does not end in time, or not with 0.
        const { stdout } = await promisify(execFile)(process.execPath, [STARTS_AND_CLOSES, kind, folder], {
          timeout: 30_000,
        });
        expect(JSON.parse(stdout)).toEqual({ watchEndedBy: "server", left: [] });
      } finally {
        rmSync(folder, { recursive: true, force: true });
      }
    },
  );
});
