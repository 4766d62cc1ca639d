import assert from "node:assert/strict";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { Contest } from "../contest.ts";
import { present, rejects } from "../expectations.ts";
import type { ElectionTiming } from "../timing.ts";

function longLease(c: CaseContext): Pick<ElectionTiming, "leaseDurationMs" | "renewDeadlineMs"> {
  const leaseDurationMs = 10 * c.timing.leaseDurationMs;
  return { leaseDurationMs, renewDeadlineMs: leaseDurationMs / 2 };
}

/** Elections with everybody in one process and the way unbroken: every backend can run them. */
export const electionCases: readonly ConformanceCase[] = [
  {
    id: "elect/01",
    title: "of three candidates one leads at a time, over many hand-overs, each with a larger token",
    claims: ["fencing"],
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      const candidates = await Promise.all(["a", "b", "c"].map((identity) => contest.join(identity)));
      for (let term = 1; term <= 6; term++) {
        const { identity } = await contest.leads(undefined, term);
        const leading = candidates.filter(({ elector }) => elector.isLeading());
        assert.ok(leading.length <= 1, `Expected at most one leader, got ${leading.length}`);
        await candidates.find(({ elector }) => elector.identity === identity)?.elector.stepDown();
      }
      await contest.leads(undefined, 7);
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/03",
    title: "a released lock is taken at once, not when its lease would have run out",
    claims: ["fencing"],
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      // A long lease, looked at often: a busy machine does not take as long as waiting for its end would.
      const timing = { ...c.timing, ...longLease(c) };
      const leader = await contest.join("leader", { timing });
      await contest.leads("leader");
      const rival = await contest.join("rival", { timing });
      await c.until("the rival to know the leader", () => rival.elector.leader === "leader");
      await leader.elector.stop();
      const stored = present(await (await contest.lock()).get(c.call));
      assert.notEqual(stored.record.holderIdentity, "leader", "Expected the lock to be given back");
      const stoppedAtMs = contest.trace.terms[0]?.endMs ?? 0;
      const { startMs } = await contest.leads("rival");
      const boundMs = timing.leaseDurationMs / 2;
      assert.ok(
        startMs - stoppedAtMs < boundMs,
        `Expected within ${boundMs} ms, took ${startMs - stoppedAtMs}`,
      );
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/10",
    title: "a record deleted under a leader ends its term; the next one has a larger token",
    claims: ["fencing"],
    budgetLeases: 5,
    async run(c) {
      const contest = new Contest(c);
      await contest.join("leader");
      const term = await contest.leads("leader");
      const rival = await contest.join("rival");
      // Whoever never saw the record held may take an absent one at once: outside what an elector can promise.
      await c.until("the rival to know the leader", () => rival.elector.leader === "leader");
      await c.stranger.remove(contest.name);
      await contest.isOver(term);
      await contest.leads(undefined, 2);
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/11",
    title: "a task that throws gives the lock back; one that hangs is told to stop once, and another leads",
    claims: ["fencing"],
    budgetLeases: 5,
    async run(c) {
      const throwing = async (): Promise<void> => {
        const contest = new Contest(c, "-a");
        const broken = await contest.join("broken", {
          task: async () => {
            throw new Error("the task's own");
          },
        });
        assert.equal(((await broken.ended).error as Error).message, "the task's own");
        const freed = present(await (await contest.lock()).get(c.call));
        assert.equal(freed.record.holderIdentity, "", "Expected the lock to be given back");
        await contest.join("rival");
        await contest.leads("rival");
        contest.trace.assertSafe();
      };
      const hanging = async (): Promise<void> => {
        const contest = new Contest(c, "-b");
        let release = (): void => {};
        const hung = await contest.join("hung", {
          task: () =>
            new Promise<void>((resolve) => {
              release = resolve;
            }),
        });
        // However this ends: the elector waits for its task.
        c.after(() => release());
        await contest.leads("hung");
        const rival = await contest.join("rival");
        await c.until("the rival to know the leader", () => rival.elector.leader === "hung");
        // The record is taken away from a live leader: it must stop, but its task does not.
        await c.stranger.remove(contest.name);
        await contest.leads("rival");
        assert.equal(hung.elector.isLeading(), false);
        for (const told of ["cancelled", "stopped"]) {
          const times = contest.trace.entries.filter(
            ({ identity, event }) => identity === "hung" && event === told,
          );
          assert.equal(times.length, 1, `Expected "${told}" once:\n${contest.trace}`);
        }
        contest.trace.assertSafe();
      };
      await Promise.all([throwing(), hanging()]);
    },
  },
  {
    id: "watch/07",
    title: "without a watch an election is taken over by polling",
    claims: ["no watch", "fencing"],
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      const lock = await contest.lock();
      assert.equal(lock.watch, undefined);
      const leader = await contest.join("leader");
      await contest.leads("leader");
      await contest.join("rival");
      await leader.elector.stop();
      await contest.leads("rival");
      contest.trace.assertSafe();
    },
  },
  {
    id: "life/06",
    title: "an elector on a closed lock does not lead, and stops when it is told to",
    claims: ["fencing"],
    budgetLeases: 2,
    async run(c) {
      const contest = new Contest(c);
      const lock = await contest.lock();
      await lock.close();
      await rejects(() => lock.get(c.call), "ERR_LOCK_CLOSED");
      const { elector } = await contest.join("late", { lock });
      await c.stays(() => assert.equal(elector.isLeading(), false), c.timing.retryPeriodMs * 3);
      await elector.stop();
      assert.equal(contest.trace.terms.length, 0);
    },
  },
];
