import { setTimeout as sleep } from "node:timers/promises";
import { type EtcdServers, pollUntil, startEtcdServers } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from "vitest";
import { EtcdLock } from "../src/index.ts";
import { CALL, campaign, failure, present, record, type Told } from "./world.fixture.ts";

/** An election among members may take two seconds, and the renewals before and after it must fit into the deadline. */
const TIMING = { leaseDurationMs: 12_000, renewDeadlineMs: 9_000, retryPeriodMs: 500 } as const;

await describeWith("etcd-3.6", "EtcdLock on three members", () => {
  let servers: EtcdServers;
  let count = 0;
  let name: string;

  beforeAll(async () => {
    servers = await startEtcdServers({ version: "3.6", members: 3 });
  });

  afterAll(async () => await servers[Symbol.asyncDispose]());

  beforeEach(() => {
    count += 1;
    name = `app-${count}`;
  });

  afterEach(async () => {
    await Promise.all(servers.members.map((member) => member.resume().catch(() => {})));
    await Promise.all(
      servers.members.map((member) => (member.pid === undefined ? member.start() : Promise.resolve())),
    );
  });

  /** With the first member first. */
  const everywhere = () => new EtcdLock({ etcd: { hosts: servers.urls }, name, random: () => 0 });
  const at = (member: number) => new EtcdLock({ etcd: { hosts: present(servers.urls[member]) }, name });
  const renewals = async (lock: EtcdLock, wanted: number): Promise<void> => {
    const seen = new Set<string>();
    await pollUntil(
      async () => {
        const found = await lock.get({ timeoutMs: 2_000 }).catch(() => undefined);
        if (found !== undefined) seen.add(found.version);
        return seen.size > wanted;
      },
      { what: `${wanted} renewals`, timeoutMs: 20_000 },
    );
  };

  it.each(["kill", "pause"] as const)(
    "keeps the term when the member that it talks to is lost: %s",
    async (how) => {
      const trace: Told[] = [];
      campaign(everywhere(), "leader", trace, TIMING);
      await pollUntil(() => trace.length === 1, { what: "a leader", timeoutMs: 10_000 });
      await present(servers.members[0])[how]();
      await using other = at(1);
      await renewals(other, 4);
      // Its deadline is over since: it lives on what the others confirmed.
      await sleep(TIMING.renewDeadlineMs);
      expect(trace).toHaveLength(1);
      expect((await other.get(CALL))?.record.holderIdentity).toBe("leader");
    },
  );

  it("stops the leader when two are lost, and leads anew when one is back", { timeout: 90_000 }, async () => {
    const trace: Told[] = [];
    campaign(everywhere(), "leader", trace, TIMING);
    await pollUntil(() => trace.length === 1, { what: "a leader", timeoutMs: 10_000 });
    await Promise.all(servers.members.slice(1).map((member) => member.kill()));
    const lostAtMs = performance.now();
    await pollUntil(() => trace.length === 2, { what: "its end", timeoutMs: 20_000 });
    expect(trace[1]).toMatchObject({ event: "stopped", reason: "deadline" });
    expect(present(trace[1]).atMs - lostAtMs).toBeLessThan(TIMING.renewDeadlineMs + 1_000);

    // What the last member says: nothing is kept waiting, and nothing was written.
    await using alone = at(0);
    await pollUntil(
      async () => (await failure(alone.create(record(), CALL))).message.includes("etcdserver: no leader"),
      { what: "a member without a leader", timeoutMs: 20_000 },
    );
    expect(await failure(alone.create(record(), CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
    expect(await failure(alone.get(CALL))).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });

    await present(servers.members[1]).start();
    await pollUntil(() => trace.length === 3, { what: "a new term", timeoutMs: 40_000 });
    expect(trace[2]).toMatchObject({ event: "started", identity: "leader" });
    expect(present(trace[2]).token).toBeGreaterThan(present(trace[0]).token);
  });

  it("does not leave a watch silent on a member that is cut off from the others", {
    timeout: 90_000,
  }, async () => {
    await using cutOff = at(0);
    await using lock = at(1);
    const created = await lock.create(record(), CALL);
    const ending = new AbortController();
    const events = cutOff.watch({ signal: ending.signal, from: created })[Symbol.asyncIterator]();
    let last = await lock.update(record({ leaderTransitions: 4 }), created, CALL);
    expect(await events.next()).toMatchObject({ value: { current: { version: last.version } } });
    const next = events.next();
    await Promise.all(servers.members.slice(1).map((member) => member.pause()));
    // Longer than three elections: the member ends the watch then, and refuses the next one.
    await sleep(8_000);
    await Promise.all(servers.members.slice(1).map((member) => member.resume()));
    last = await pollUntil(
      () => lock.update(record({ leaderTransitions: 5 }), last, CALL).catch(() => undefined),
      { what: "a write", timeoutMs: 20_000 },
    );
    const told = (await next).value;
    // Its failures may have made it forget where it was.
    if (told?.kind === "resync") expect(await cutOff.get(CALL)).toEqual(last);
    else expect(told).toMatchObject({ kind: "changed", current: { version: last.version } });
    ending.abort();
  });
});
