import { type RedisNode, startRedisCluster } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { Cluster } from "ioredis";
import { expect, it, onTestFinished } from "vitest";
import { RedisLock } from "../src/index.ts";

const CALL = { timeoutMs: 5_000 };
const KEY = "lease:{app}";
const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

await describeWith("redis", "a record that moves to another node of the cluster", () => {
  it("is read, written and watched before, on its way, and after", async () => {
    await using cluster = await startRedisCluster();
    const from = await cluster.nodeOf(KEY);
    const to = present(cluster.nodes.find((node) => node !== from));
    const nodes = cluster.nodes.map(({ port }) => ({ host: "127.0.0.1", port }));
    const redis = new Cluster(nodes, { lazyConnect: true });
    await using lock = new RedisLock({ redis, name: "app" });
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { kind: "resync" } });

    const slot = Number(await from.command("CLUSTER", "KEYSLOT", KEY));
    const [fromId, toId] = [await idOf(from), await idOf(to)];
    await to.command("CLUSTER", "SETSLOT", slot, "IMPORTING", fromId);
    await from.command("CLUSTER", "SETSLOT", slot, "MIGRATING", toId);
    // Not there yet: created where the slot is going to be, by ASK.
    let current = await lock.create(RECORD, CALL);
    expect(await events.next()).toMatchObject({ value: { kind: "changed", current } });
    expect(await to.command("CLUSTER", "COUNTKEYSINSLOT", slot)).toBe(1);
    expect(await lock.get(CALL)).toEqual(current);
    current = await lock.update({ ...RECORD, holderIdentity: "pod-2" }, current, CALL);
    expect(await events.next()).toMatchObject({ value: { kind: "changed", current } });

    for (const node of [to, from]) await node.command("CLUSTER", "SETSLOT", slot, "NODE", toId);
    // From now on by MOVED.
    expect(await lock.get(CALL)).toEqual(current);
    current = await lock.update({ ...RECORD, holderIdentity: "pod-3" }, current, CALL);
    expect(await events.next()).toMatchObject({ value: { kind: "changed", current } });
  });
});

async function idOf(node: RedisNode): Promise<string> {
  return String(await node.command("CLUSTER", "MYID"));
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error("Expected a value");
  return value;
}
