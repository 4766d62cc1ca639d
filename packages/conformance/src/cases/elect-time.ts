import assert from "node:assert/strict";
import { type Clock, systemClock } from "@tenure/core";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { Contest } from "../contest.ts";
import { record } from "../record.ts";

/** How much an answer of a busy machine may add to what the protocol allows. */
const SLACK_MS = 3_000;

/** The system's clock, whose wall time can be made to jump. */
function jumpyClock(): { readonly clock: Clock; jump(ms: number): void } {
  let offsetMs = 0;
  return {
    clock: { ...systemClock, wallTime: () => systemClock.wallTime() + offsetMs },
    jump: (ms) => {
      offsetMs += ms;
    },
  };
}

const HOUR_MS = 3_600_000;

async function assertJumpsChangeNothing(c: CaseContext, contest: Contest): Promise<void> {
  const [leaderClock, rivalClock] = [jumpyClock(), jumpyClock()];
  await contest.join("leader", { clock: leaderClock.clock });
  const term = await contest.leads("leader");
  await contest.join("rival", { clock: rivalClock.clock });
  const jumps = [
    () => rivalClock.jump(HOUR_MS),
    () => rivalClock.jump(-2 * HOUR_MS),
    () => leaderClock.jump(-HOUR_MS),
  ];
  for (const jump of jumps) {
    jump();
    await c.stays(
      () => assert.equal(contest.trace.terms.length, 1, String(contest.trace)),
      c.timing.leaseDurationMs / 2,
    );
  }
  assert.equal(contest.trace.terms[0]?.token, term.token);
  contest.trace.assertSafe();
}

async function assertForwardJumpEndsTerm(contest: Contest): Promise<void> {
  const leaderClock = jumpyClock();
  const leader = await contest.join("leader", { clock: leaderClock.clock });
  const term = await contest.leads("leader");
  await contest.join("rival");
  leaderClock.jump(HOUR_MS);
  assert.equal(leader.elector.isLeading(), false, "Expected the leader not to believe over a forward jump");
  await contest.isOver(term);
  await contest.leads(undefined, 2);
  contest.trace.assertSafe();
}

/** Elections and time: leases that run out, wall clocks that jump. */
export const electionTimeCases: readonly ConformanceCase[] = [
  {
    id: "elect/08",
    title: "wall clocks that jump an hour change nothing, but that a leader's forward jump ends its term",
    claims: ["fencing"],
    budgetLeases: 6,
    async run(c) {
      await Promise.all([
        assertJumpsChangeNothing(c, new Contest(c, "-a")),
        assertForwardJumpEndsTerm(new Contest(c, "-b")),
      ]);
    },
  },
  {
    id: "elect/09",
    title:
      "a restarted process with the same identity waits like a stranger, and leads on a write of its own",
    claims: ["fencing"],
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      const formerLife = await contest.lock();
      const left = await formerLife.create(
        record({ holderIdentity: "same", leaseDurationMs: c.timing.leaseDurationMs }),
        c.call,
      );
      const beganAtMs = performance.now();
      const { elector } = await contest.join("same");
      await contest.leads("same");
      const waitedMs = performance.now() - beganAtMs;
      assert.ok(elector.isLeading());
      assert.ok(
        waitedMs >= c.timing.leaseDurationMs,
        `Expected it to wait ${c.timing.leaseDurationMs} ms, it led after ${Math.round(waitedMs)}`,
      );
      const [term] = contest.trace.terms;
      assert.ok(term?.token !== undefined && term.token > (left.fencingToken ?? 0n));
      contest.trace.assertSafe();
    },
  },
  {
    id: "elect/13",
    title: "a silent holder's lock is taken after its whole lease, and not before",
    claims: ["fencing"],
    budgetLeases: 4,
    async run(c) {
      const contest = new Contest(c);
      const { leaseDurationMs } = c.timing;
      await (await contest.lock()).create(record({ holderIdentity: "silent", leaseDurationMs }), c.call);
      const beganAtMs = performance.now();
      await contest.join("rival");
      await contest.leads("rival");
      const waitedMs = performance.now() - beganAtMs;
      assert.ok(
        waitedMs >= leaseDurationMs,
        `Expected ${leaseDurationMs} ms, waited ${Math.round(waitedMs)}`,
      );
      const boundMs =
        leaseDurationMs + 2 * (1.2 * c.timing.retryPeriodMs + c.timing.requestTimeoutMs) + c.ms(SLACK_MS);
      assert.ok(waitedMs <= boundMs, `Expected within ${boundMs} ms, took ${Math.round(waitedMs)}`);
    },
  },
];
