import assert from "node:assert/strict";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { Contest } from "../contest.ts";
import type { FaultProxyMode } from "../fault-proxy.ts";
import type { TracedOperation } from "../traced-lock.ts";
import type { Way } from "../way.ts";

/** The leader's way breaks, its rival's does not. */
async function partition(c: CaseContext, contest: Contest, mode: FaultProxyMode): Promise<void> {
  const way = await c.way();
  const leader = await contest.join("leader", { route: way.route });
  const term = await contest.leads("leader");
  const rival = await contest.join("rival");
  await c.until("the rival to know the leader", () => rival.elector.leader === "leader");
  await way.setMode(mode);
  await contest.leads("rival");
  const { endMs } = await contest.isOver(term);
  assert.ok(
    endMs <= (contest.trace.terms[1]?.startMs ?? 0),
    `Expected the old term to end before the next began:\n${contest.trace}`,
  );
  assert.equal(leader.elector.isLeading(), false);
  await way.heal();
  await c.until(
    "the former leader to see the new one",
    () => leader.elector.leader === "rival",
    c.ms(15_000) + 2 * c.timing.leaseDurationMs,
  );
  contest.trace.assertSafe();
  assert.equal(contest.trace.terms.length, 2, String(contest.trace));
}

/** Lets one request reach the store and its answer not come back: the connection is lost once the write has landed. */
class AnswerThief {
  isArmed = false;
  stolen = 0;
  readonly #context: CaseContext;
  readonly #way: Way;
  readonly #contest: Contest;
  readonly #operations: readonly TracedOperation[];

  constructor(c: CaseContext, way: Way, contest: Contest, operations: readonly TracedOperation[]) {
    this.#context = c;
    this.#way = way;
    this.#contest = contest;
    this.#operations = operations;
  }

  readonly before = async (operation: TracedOperation): Promise<void> => {
    if (!this.isArmed || !this.#operations.includes(operation)) return;
    this.isArmed = false;
    const direct = await this.#contest.lock();
    const before = await direct.get(this.#context.call);
    await this.#way.setMode("cut-responses");
    // Goes on beside the request that is now let go. Where it fails nothing was stolen, which the case waits for.
    this.#steal(async () => (await direct.get(this.#context.call))?.version !== before?.version).catch(
      () => {},
    );
  };

  async #steal(landed: () => Promise<boolean>): Promise<void> {
    try {
      await this.#context.until("the write to land", landed);
      this.stolen += 1;
    } finally {
      await this.#way.heal();
    }
  }
}

/** Elections over a way that breaks. */
export const electionFaultCases: readonly ConformanceCase[] = [
  {
    id: "elect/04",
    title:
      "a leader cut off (silence, answers cut, refused) is told to stop before another starts, and leads no more",
    claims: ["fencing"],
    needs: ["servers"],
    budgetMs: 30_000,
    budgetLeases: 8,
    async run(c) {
      const modes = ["silence", "cut-responses", "refuse"] as const;
      await Promise.all(modes.map((mode) => partition(c, new Contest(c, `-${mode}`), mode)));
    },
  },
  {
    id: "elect/05",
    title: "an acquire whose answer is lost ends in exactly one leader",
    claims: ["fencing"],
    needs: ["servers"],
    budgetMs: 30_000,
    budgetLeases: 5,
    async run(c) {
      const contest = new Contest(c);
      const way = await c.way();
      const thief = new AnswerThief(c, way, contest, ["create", "update"]);
      thief.isArmed = true;
      await contest.join("unlucky", { route: way.route, before: thief.before });
      await c.until("the answer to be lost", () => thief.stolen === 1, c.ms(10_000));
      way.assertUsed();
      await contest.join("rival");
      await contest.leads(undefined);
      await c.stays(() => contest.trace.assertSafe(), c.timing.leaseDurationMs);
      assert.equal(contest.trace.terms.length, 1, String(contest.trace));
    },
  },
  {
    id: "elect/06",
    title: "a renewal whose answer is lost costs nothing: the same term goes on",
    claims: ["fencing"],
    needs: ["servers"],
    budgetMs: 30_000,
    budgetLeases: 5,
    async run(c) {
      const contest = new Contest(c);
      const way = await c.way();
      const thief = new AnswerThief(c, way, contest, ["update"]);
      const leader = await contest.join("leader", { route: way.route, before: thief.before });
      await contest.leads("leader");
      way.assertUsed();
      await contest.join("rival");
      for (let times = 1; times <= 2; times++) {
        thief.isArmed = true;
        await c.until("the answer to be lost", () => thief.stolen === times, c.ms(10_000));
        // Past the deadline that the lost answer's request would have had.
        await c.stays(
          () => assert.equal(leader.elector.isLeading(), true, String(contest.trace)),
          c.timing.renewDeadlineMs + c.timing.retryPeriodMs,
        );
      }
      assert.equal(contest.trace.terms.length, 1, String(contest.trace));
    },
  },
];
