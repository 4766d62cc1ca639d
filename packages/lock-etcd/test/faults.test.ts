import { setTimeout as sleep } from "node:timers/promises";
import { type FaultProxy, startFaultProxy } from "@tenure/conformance";
import { LeaderElectionError } from "@tenure/core";
import { type EtcdServers, pollUntil, startEtcdServers } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { EtcdLock } from "../src/index.ts";
import { CALL, campaign, failure, present, record, SHORT, type Told } from "./world.fixture.ts";

await describeWith("etcd-3.6", "EtcdLock on etcd with a bad connection", () => {
  let servers: EtcdServers;
  let proxy: FaultProxy;
  let count = 0;
  let name: string;
  /** Straight to the server. */
  let near: EtcdLock;

  beforeAll(async () => {
    servers = await startEtcdServers({ version: "3.6" });
  });

  afterAll(async () => await servers[Symbol.asyncDispose]());

  beforeEach(async () => {
    count += 1;
    name = `app-${count}`;
    proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: present(servers.members[0]).port } });
    near = new EtcdLock({ etcd: { hosts: present(servers.endpoints[0]) }, name });
  });

  afterEach(async () => {
    await near.close();
    await proxy.close();
  });

  const far = () => new EtcdLock({ etcd: { hosts: `127.0.0.1:${proxy.port}` }, name });

  it("does not know what became of a write whose answer was eaten, and wrote it exactly once", async () => {
    await using lock = far();
    const created = await lock.create(record(), CALL);
    await proxy.setMode("cut-responses");
    const write = failure(lock.update(record({ leaderTransitions: 4 }), created, { timeoutMs: 500 }));
    expect(await write).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    proxy.reset();
    await proxy.setMode("pass");
    const found = present(await lock.get(CALL));
    expect(found.record.leaderTransitions).toBe(4);
    // Nothing else writes here: the next revision is the next write.
    expect(present(found.fencingToken)).toBe(present(created.fencingToken) + 1n);
    await sleep(1_000);
    expect(await lock.get(CALL)).toEqual(found);
  });

  it("keeps the term when the answer to a renewal was eaten", async () => {
    const trace: Told[] = [];
    const unknown: LeaderElectionError[] = [];
    campaign(far(), "leader", trace).on("error", (error) => {
      if (LeaderElectionError.is(error) && error.outcome === "unknown") unknown.push(error);
    });
    await pollUntil(() => trace.length === 1, { what: "a leader", timeoutMs: 10_000 });
    const before = present(await near.get(CALL));
    await proxy.setMode("cut-responses");
    // What it asks reaches the server, so the renewal was applied.
    await pollUntil(() => unknown.length > 0, { what: "a renewal without an answer", timeoutMs: 5_000 });
    proxy.reset();
    await proxy.setMode("pass");
    await sleep(SHORT.leaseDurationMs);
    expect(trace).toHaveLength(1);
    const after = present(await near.get(CALL));
    expect(after.record).toMatchObject({
      holderIdentity: "leader",
      leaderTransitions: before.record.leaderTransitions,
    });
  });

  it("stops a leader whose connection is silent before another starts", async () => {
    const trace: Told[] = [];
    campaign(far(), "cut-off", trace);
    await pollUntil(() => trace.length === 1, { what: "a leader", timeoutMs: 10_000 });
    campaign(new EtcdLock({ etcd: { hosts: present(servers.endpoints[0]) }, name }), "other", trace);
    await sleep(SHORT.retryPeriodMs * 2);
    await proxy.setMode("silence");
    await pollUntil(() => trace.length === 3, { what: "a hand-over", timeoutMs: 15_000 });
    expect(trace).toMatchObject([
      { event: "started", identity: "cut-off" },
      { event: "stopped", identity: "cut-off" },
      { event: "started", identity: "other" },
    ]);
    // SAFE leaves this much between the two, whatever the machine does.
    const [, stopped, started] = trace.map(({ atMs }) => atMs) as [number, number, number];
    expect(started - stopped).toBeGreaterThan(0);
    expect(present(trace[2]).token).toBeGreaterThan(present(trace[0]).token);
  });

  it("says resync after a compaction that went over a watch that was cut off, and goes on", async () => {
    await using lock = far();
    let last = await near.create(record(), CALL);
    const ending = new AbortController();
    const events = lock.watch({ signal: ending.signal, from: last })[Symbol.asyncIterator]();
    last = await near.update(record({ leaderTransitions: 4 }), last, CALL);
    expect(await events.next()).toMatchObject({ value: { current: { version: last.version } } });
    await proxy.setMode("refuse");
    for (let transitions = 5; transitions < 8; transitions += 1) {
      last = await near.update(record({ leaderTransitions: transitions }), last, CALL);
    }
    await servers.compact();
    await proxy.setMode("pass");
    expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
    expect(await lock.get(CALL)).toEqual(last);
    last = await near.update(record({ leaderTransitions: 9 }), last, CALL);
    expect(await events.next()).toMatchObject({
      value: { kind: "changed", current: { version: last.version } },
    });
    ending.abort();
  });

  it("goes on with a watch that stands while history before it is compacted", async () => {
    await using lock = far();
    let last = await near.create(record(), CALL);
    const ending = new AbortController();
    const events = lock.watch({ signal: ending.signal, from: last })[Symbol.asyncIterator]();
    for (let transitions = 4; transitions < 7; transitions += 1) {
      last = await near.update(record({ leaderTransitions: transitions }), last, CALL);
      expect(await events.next()).toMatchObject({ value: { current: { version: last.version } } });
      await servers.compact();
    }
    ending.abort();
  });

  it("notices a watch whose connection is half open, and misses nothing", { timeout: 60_000 }, async () => {
    await using lock = far();
    const created = await near.create(record(), CALL);
    const ending = new AbortController();
    const events = lock.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
    const first = await near.update(record({ leaderTransitions: 4 }), created, CALL);
    expect(await events.next()).toMatchObject({ value: { current: { version: first.version } } });
    await proxy.setMode("silence");
    const held = proxy.acceptedCount;
    const second = await near.update(record({ leaderTransitions: 5 }), first, CALL);
    const next = events.next();
    // It finds out by a ping that stays unanswered, and connects anew.
    await pollUntil(() => proxy.acceptedCount > held, { what: "a new connection", timeoutMs: 30_000 });
    proxy.reset();
    await proxy.setMode("pass");
    expect(await next).toMatchObject({ value: { kind: "changed", current: { version: second.version } } });
    ending.abort();
  });
});
