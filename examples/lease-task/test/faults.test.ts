/**
 * The leader is cut off or frozen in the ways that make client-go lead twice (5.1 s, 2.3 s and 10.0 s of overlap at 15/10/2).
 * Times are wall-clock milliseconds of the processes themselves, all on one machine. `TENURE_TEST_DURATIONS_MS=15000,10000,2000`
 * runs it at the original's durations.
 */
import { setTimeout as sleep } from "node:timers/promises";
import { pollUntil, startTcpProxy, type TcpProxy } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, expect, it } from "vitest";
import { durations, TenureParticipant } from "./tenure-participant.ts";

const TIMING = durations({ leaseDurationMs: 5_000, renewDeadlineMs: 3_000, retryPeriodMs: 1_000 });
/** The margin that these durations leave, less what shared cores may take. */
const MARGIN_MS = (TIMING.leaseDurationMs - TIMING.renewDeadlineMs) / 2;

describeWithServers("a leader cut off from a real apiserver", (testbed) => {
  const cleanUp: (() => Promise<void>)[] = [];

  afterEach(async () => {
    for (const step of cleanUp.splice(0).reverse()) await step();
  });

  /** Three participants, each behind a proxy of its own. */
  async function threeBehindProxies() {
    const namespace = await testbed.createNamespace();
    const participants: { candidate: TenureParticipant; proxy: TcpProxy }[] = [];
    for (const name of ["a", "b", "c"]) {
      const proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
      const kubeconfigPath = testbed.kubeconfigFor({
        server: `https://127.0.0.1:${proxy.port}`,
        token: testbed.adminToken,
        namespace,
      });
      const candidate = new TenureParticipant({
        ...TIMING,
        identity: name,
        lease: "faults",
        namespace,
        kubeconfigPath,
      });
      cleanUp.push(
        () => proxy.close(),
        () => candidate[Symbol.asyncDispose](),
      );
      participants.push({ candidate, proxy });
    }
    const leader = await pollUntil(
      () => participants.find(({ candidate }) => candidate.events.some(({ event }) => event === "started")),
      { what: "a leader", timeoutMs: 60_000 },
    );
    const standbys = participants.filter((participant) => participant !== leader);
    for (const { candidate } of standbys) await candidate.waitFor("newLeader");
    // Two renewals later its watch stands and it leads in earnest.
    await sleep(2 * TIMING.retryPeriodMs);
    return { leader, standbys };
  }

  async function successorOf(standbys: readonly { candidate: TenureParticipant }[]) {
    return await pollUntil(
      () => standbys.flatMap(({ candidate }) => candidate.events).find(({ event }) => event === "started"),
      { what: "a successor", timeoutMs: 4 * TIMING.leaseDurationMs + 20_000, intervalMs: 5 },
    );
  }

  it.each([
    ["silent: open, never answered", "silence"],
    ["cut in one direction: requests land, responses do not", "cut-responses"],
  ] as const)("is told to stop before another starts, when its connection is %s", async (_what, mode) => {
    const { leader, standbys } = await threeBehindProxies();
    await leader.proxy.setMode(mode);
    const successor = await successorOf(standbys);
    const cancelled = await leader.candidate.waitFor("cancelled", { timeoutMs: 1_000 });
    const marginMs = successor.atMs - cancelled.atMs;
    console.log(`${mode}: told to stop ${marginMs} ms before the other started (${cancelled.reason})`);
    expect(cancelled.isLeading).toBe(false);
    expect(marginMs).toBeGreaterThan(MARGIN_MS / 2);
    // Healed, it follows, and the same process can lead again.
    leader.proxy.reset();
    await leader.proxy.setMode("pass");
    await leader.candidate.waitFor(
      ({ event, leader: name }) => event === "newLeader" && name === successor.identity,
    );
  });

  it("frozen for longer than the lease: isLeading() is false at once, and it is told in the first turn after SIGCONT", async () => {
    const { leader, standbys } = await threeBehindProxies();
    leader.candidate.kill("SIGSTOP");
    const successor = await successorOf(standbys);
    await sleep(TIMING.leaseDurationMs / 2);
    const eventsBefore = leader.candidate.events.length;
    const continuedAtMs = Date.now();
    leader.candidate.kill("SIGCONT");
    const cancelled = await leader.candidate.waitFor("cancelled", { from: eventsBefore });
    const after = leader.candidate.events.slice(eventsBefore);
    console.log(
      `freeze: told to stop ${cancelled.atMs - continuedAtMs} ms after SIGCONT (${cancelled.reason})`,
    );
    expect(cancelled.reason).toBe("stalled");
    expect(cancelled.isLeading).toBe(false);
    // Whatever ran first after the freeze, a timer of the task's own or the elector's, saw no leader.
    for (const { event, isLeading } of after) if (event === "resumed") expect(isLeading).toBe(false);
    expect(after.filter(({ isLeading }) => isLeading === true)).toEqual([]);
    expect(successor.atMs).toBeLessThan(continuedAtMs);
    // One turn of the event loop, however busy the machine is: no renewal, no answer was waited for.
    expect(cancelled.atMs - continuedAtMs).toBeLessThan(TIMING.retryPeriodMs);
    await leader.candidate.waitFor(
      ({ event, leader: name }) => event === "newLeader" && name === successor.identity,
    );
  });
});
