/** What people do to a Lease by hand, and what an outage does: no crash, no second leader, a leader again afterwards. */
import { setTimeout as sleep } from "node:timers/promises";
import { pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { TenureParticipant } from "./tenure-participant.ts";

const TIMING = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 1_000 };

describeWithServers("strangers and outages on a real apiserver", (testbed) => {
  const participants: TenureParticipant[] = [];

  afterEach(async () => {
    for (const participant of participants.splice(0)) await participant[Symbol.asyncDispose]();
  });

  async function two() {
    const namespace = await testbed.createNamespace();
    const path = `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases/hand`;
    for (const identity of ["a", "b"]) {
      participants.push(
        new TenureParticipant({
          ...TIMING,
          identity,
          namespace,
          lease: "hand",
          kubeconfigPath: testbed.adminKubeconfigPath,
        }),
      );
    }
    const [one, other] = participants as [TenureParticipant, TenureParticipant]; // two were just made
    const leader = await pollUntil(() => participants.find(leads), { what: "a leader", timeoutMs: 60_000 });
    const standby = leader === one ? other : one;
    await standby.waitFor("newLeader");
    await sleep(TIMING.retryPeriodMs);
    return { leader, standby, path };
  }

  function leads({ events }: TenureParticipant): boolean {
    return events.findLast(({ event }) => event === "started" || event === "cancelled")?.event === "started";
  }

  /** Merge-patches the spec as somebody with an editor would. */
  async function edit(path: string, spec: object): Promise<number> {
    const { status } = await testbed.request(
      "PATCH",
      path,
      { spec },
      { contentType: "application/merge-patch+json" },
    );
    return status;
  }

  async function leaderAgain(): Promise<void> {
    await pollUntil(() => participants.some(leads), { what: "a leader again", timeoutMs: 60_000 });
    expect(await Promise.race([...participants.map(({ exited }) => exited), sleep(0)])).toBeUndefined();
    const tasks = participants
      .flatMap(({ events }) => events)
      .filter(({ event }) => event === "started" || event === "cancelled")
      .sort((a, b) => a.atMs - b.atMs);
    const order = tasks.map(({ event }) => event);
    expect(order, JSON.stringify(tasks)).toEqual(
      order.map((_, i) => (i % 2 === 0 ? "started" : "cancelled")),
    );
  }

  it("R2, R5: deleted by hand: the term ends at once, and nobody leads before a full lease has passed", async () => {
    const { leader, path } = await two();
    const deletedAtMs = Date.now(); // at the latest: nobody can have seen it gone before
    await testbed.requestOk("DELETE", path);
    const { reason } = await leader.waitFor("cancelled");
    expect(reason).toBe("deleted");
    await leaderAgain();
    const started = participants.flatMap(({ events }) => events).filter(({ event }) => event === "started");
    const again = started.toSorted((a, b) => a.atMs - b.atMs).at(-1);
    expect((again?.atMs ?? 0) - deletedAtMs).toBeGreaterThanOrEqual(TIMING.leaseDurationMs);
    const tokens = started.toSorted((a, b) => a.atMs - b.atMs).map(({ token }) => BigInt(token ?? 0));
    expect(tokens.every((token, i) => i === 0 || token > (tokens[i - 1] ?? 0n))).toBe(true);
  });

  it("R5: another holder by hand: the term ends at once; that holder expires like any other", async () => {
    const { leader, path } = await two();
    expect(await edit(path, { holderIdentity: "somebody" })).toBe(200);
    expect((await leader.waitFor("cancelled")).reason).toBe("taken-over");
    await leaderAgain();
  });

  it("R5: emptied by hand: the old task is told, and a leader comes again", async () => {
    const { leader, path } = await two();
    expect(await edit(path, { holderIdentity: "" })).toBe(200);
    expect((await leader.waitFor("cancelled")).reason).toBe("taken-over");
    await pollUntil(() => participants.some(leads), { what: "a leader again", timeoutMs: 60_000 });
  });

  it("null fields by hand: no crash, a leader again; a missing duration is one's own", async () => {
    for (const spec of [
      { leaseDurationSeconds: null },
      { acquireTime: null, leaseTransitions: null },
      { renewTime: null },
      { holderIdentity: null },
    ]) {
      const { path } = await two();
      expect(await edit(path, spec)).toBe(200);
      await sleep(TIMING.retryPeriodMs);
      await pollUntil(() => participants.some(leads), {
        what: `a leader after ${JSON.stringify(spec)}`,
        timeoutMs: 60_000,
      });
      for (const participant of participants.splice(0)) {
        await participant.stop();
        expect(await participant.exited).toBe(0);
      }
    }
  });

  it("a renew time in 2099 moves nobody: it is never compared with a clock", async () => {
    const { leader, path } = await two();
    expect(await edit(path, { renewTime: "2099-01-01T00:00:00.000000Z" })).toBe(200);
    // Our name, and not our write: somebody else might live under it.
    expect((await leader.waitFor("cancelled")).reason).toBe("identity-conflict");
    await leaderAgain();
  });

  it("what the API refuses it refuses: duration 0, transitions -1; transitions 2^31-1 are kept, where they stay", async () => {
    const { leader, path } = await two();
    expect(await edit(path, { leaseDurationSeconds: 0 })).toBe(422);
    expect(await edit(path, { leaseTransitions: -1 })).toBe(422);
    expect(await edit(path, { leaseTransitions: 2 ** 31 - 1 })).toBe(200);
    await sleep(2 * TIMING.retryPeriodMs);
    expect(leads(leader)).toBe(true); // edited around: no loss
    await leader.stop();
    await pollUntil(() => participants.some(leads), { what: "a leader again", timeoutMs: 60_000 });
    const { spec } = await testbed.requestOk<{ spec: { leaseTransitions: number } }>("GET", path);
    expect(spec.leaseTransitions).toBe(2 ** 31 - 1);
  });

  it("section 4: the apiserver is gone for longer than the lease: the task is told, and there is a leader again afterwards", async () => {
    const { leader } = await two();
    await testbed.apiserver.stop();
    const stoppedAtMs = Date.now();
    try {
      const { reason, atMs } = await leader.waitFor("cancelled");
      expect(reason).toBe("deadline");
      expect(atMs - stoppedAtMs).toBeLessThanOrEqual(TIMING.renewDeadlineMs + TIMING.retryPeriodMs);
      await sleep(Math.max(0, stoppedAtMs + TIMING.leaseDurationMs + TIMING.retryPeriodMs - Date.now()));
      expect(participants.some(leads)).toBe(false);
    } finally {
      await testbed.apiserver.start();
    }
    await leaderAgain();
  });
});
