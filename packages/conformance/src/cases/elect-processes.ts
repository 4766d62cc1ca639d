import assert from "node:assert/strict";
import type { CandidateProcess } from "../candidate-process.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { Contest } from "../contest.ts";

/** How much a busy machine may add to what the protocol allows. */
const SLACK_MS = 3_000;

/** When a candidate sent its last write that has surely been answered: it sends one at a time. */
function lastAnsweredWriteMs(candidate: CandidateProcess): number {
  const writes = candidate.events.filter(({ event, operation }) => event === "sends" && operation !== "get");
  const write = writes.at(-2) ?? writes[0];
  assert.ok(write, "Expected a leader to have written");
  return write.atMs;
}

/** Elections between processes, one of which dies or stands still. */
export const electionProcessCases: readonly ConformanceCase[] = [
  {
    id: "elect/02",
    title: "a killed leader's lock is taken when its lease has run out, not before and not much later",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 30_000,
    budgetLeases: 5,
    async run(c) {
      const contest = new Contest(c);
      const leader = await contest.joinFromElsewhere("leader");
      await leader.event("started");
      const others = [await contest.join("here"), await contest.joinFromElsewhere("elsewhere")] as const;
      await c.until("the rival here to know the leader", () => others[0].elector.leader === "leader");
      await others[1].event("leader");
      await contest.kill("leader", leader);
      const killedAtMs = contest.trace.terms[0]?.endMs ?? 0;
      const { startMs } = await contest.leads(undefined, 2);
      const { leaseDurationMs, retryPeriodMs, requestTimeoutMs } = c.timing;
      // Whoever takes over saw that write, after it was sent, and then waited.
      const waitedMs = startMs - lastAnsweredWriteMs(leader);
      assert.ok(waitedMs >= leaseDurationMs, `Expected ${leaseDurationMs} ms, waited ${waitedMs}`);
      const tookMs = startMs - killedAtMs;
      const mostMs = leaseDurationMs + 2 * (1.2 * retryPeriodMs + requestTimeoutMs) + c.ms(SLACK_MS);
      assert.ok(tookMs <= mostMs, `Expected within ${mostMs} ms, took ${tookMs}`);
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/07",
    title:
      "a leader whose event loop was blocked past its deadline stops first thing, and sends no renewal before",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 30_000,
    budgetLeases: 6,
    async run(c) {
      const contest = new Contest(c);
      const leader = await contest.joinFromElsewhere("leader");
      await leader.event("started");
      const rival = await contest.join("rival");
      await c.until("the rival to know the leader", () => rival.elector.leader === "leader");
      const from = leader.events.length;
      // The rival takes over while it lasts: after one lease and a try or two, and what a busy machine adds.
      leader.tell(`block ${Math.ceil(1.4 * c.timing.leaseDurationMs + c.ms(SLACK_MS))}`);
      const { startMs } = await contest.leads("rival");
      // The trace shows both at once: blocked, the old leader's work does not run either.
      const cancelled = await leader.event("cancelled", from);
      assert.ok(cancelled.atMs > startMs, `Expected the rival to lead meanwhile:\n${contest.trace}`);
      assert.equal(cancelled["isLeading"], false);
      const late = leader.events.slice(from).filter(({ atMs }) => atMs >= startMs);
      const first = late.find(({ event }) => event === "sends" || event === "cancelled");
      assert.equal(first?.event, "cancelled", "Expected no request before the work was told to stop");
      assert.deepEqual(
        late
          .filter(({ event }) => event === "resumed")
          .map(({ isLeading }) => isLeading)
          .filter(Boolean),
        [],
        "Expected isLeading() to be false in the first turn",
      );
    },
  },
  {
    id: "elect/12",
    title: "a frozen leader that wakes after another took over does not lead for an instant",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 30_000,
    budgetLeases: 6,
    async run(c) {
      const contest = new Contest(c);
      const leader = await contest.joinFromElsewhere("leader");
      await leader.event("started");
      const rival = await contest.join("rival");
      await c.until("the rival to know the leader", () => rival.elector.leader === "leader");
      contest.freeze("leader", leader);
      const second = await contest.leads("rival");
      const from = leader.events.length;
      leader.kill("SIGCONT");
      await leader.event("cancelled", from);
      const awake = leader.events.slice(from);
      for (const { event, isLeading } of awake) {
        if (event === "resumed" || event === "cancelled") assert.equal(isLeading, false, `In ${event}`);
      }
      const first = awake.find(({ event }) => event === "sends" || event === "cancelled");
      assert.equal(first?.event, "cancelled", "Expected no request before the work was told to stop");
      assert.ok(rival.elector.isLeading());
      assert.equal(contest.trace.terms.at(-1)?.startMs, second.startMs);
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/14",
    title:
      "candidates in three processes hand over and die in turn, one at a time, each term with a larger token",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 40_000,
    budgetLeases: 8,
    async run(c) {
      const contest = new Contest(c);
      const processes = new Map<string, CandidateProcess>();
      for (const id of ["a", "b", "c"]) processes.set(id, await contest.joinFromElsewhere(id));
      const first = await contest.leads(undefined, 1);
      processes.get(first.identity)?.tell("stepDown");
      const second = await contest.leads(undefined, 2);
      const dying = processes.get(second.identity);
      assert.ok(dying);
      await contest.kill(second.identity, dying);
      const third = await contest.leads(undefined, 3);
      assert.notEqual(third.identity, second.identity);
      processes.get(third.identity)?.tell("stop");
      await processes.get(third.identity)?.exited(c.ms(10_000));
      const fourth = await contest.leads(undefined, 4);
      assert.ok(fourth.identity !== second.identity && fourth.identity !== third.identity);
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/15",
    title:
      "a killed leader that is started again with its identity waits a whole lease, then leads with a larger token",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 30_000,
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      const firstLife = await contest.joinFromElsewhere("same");
      await firstLife.event("started");
      await contest.kill("same", firstLife);
      const killedAtMs = contest.trace.terms[0]?.endMs ?? 0;
      await contest.joinFromElsewhere("same");
      const { startMs } = await contest.leads("same", 2);
      const tookMs = startMs - killedAtMs;
      assert.ok(
        tookMs >= c.timing.leaseDurationMs,
        `Expected it to wait ${c.timing.leaseDurationMs} ms, it led after ${Math.round(tookMs)}`,
      );
      contest.trace.assertSafe();
    },
  },
];
