import assert from "node:assert/strict";
import type { VersionedRecord } from "@tenure/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertSame, present, rejects, settle, show } from "../expectations.ts";
import { assertNeverApplied, inTime, next, READ_FAILED, worksAgain } from "../unsure-calls.ts";

/** What a lock says when a request reached the store and its answer did not come, or not whole. */
export const lostAnswerCases: readonly ConformanceCase[] = [
  {
    id: "err/03",
    title:
      "a write that was applied but not answered is ERR_LOCK_OUTCOME_UNKNOWN: not failed, not conflicting, not done",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      const options = c.shortCall;
      let known: VersionedRecord | undefined;
      for (const n of [1, 2]) {
        await way.setMode("cut-responses");
        const base = known;
        const call = settle(() =>
          inTime(c, options, () =>
            base === undefined ? lock.create(next(n), options) : lock.update(next(n), base, options),
          ),
        );
        const landed = await c.until("the write to land", async () => {
          const found = await direct.get(c.call);
          return found?.record.holderIdentity === `replica-${n}` ? found : undefined;
        });
        const outcome = await call;
        assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}`);
        await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
        await way.heal();
        assertSame(await worksAgain(c, lock), landed);
        known = landed;
      }
    },
  },
  {
    id: "err/04",
    title:
      "a connection lost after a write was applied: outcome unknown, applied exactly once, not sent again",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      let known: VersionedRecord | undefined;
      for (const n of [1, 2]) {
        await way.setMode("cut-responses");
        const base = known;
        const call = settle(() =>
          base === undefined ? lock.create(next(n), c.call) : lock.update(next(n), base, c.call),
        );
        const landed = await c.until("the write to land", async () => {
          const found = await direct.get(c.call);
          return found?.record.holderIdentity === `replica-${n}` ? found : undefined;
        });
        await way.heal();
        const outcome = await call;
        assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}: it was sent again`);
        await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
        assertSame(await worksAgain(c, lock), landed);
        await assertNeverApplied(c, direct, landed);
        known = landed;
      }
    },
  },
  {
    id: "err/12",
    title:
      "an answer cut in its middle, held or reset, is no answer: a write is done or unknown, a read is right or fails",
    needs: ["servers"],
    budgetMs: 60_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      let current = await lock.create(next(0), c.call);
      let n = 0;
      for (const responseBytes of [0, 1, 7, 40, 200]) {
        for (const after of ["reset", "hold"] as const) {
          // Each that is held takes a whole timeout.
          if (after === "hold" && responseBytes !== 1 && responseBytes !== 40) continue;
          n += 1;
          const options = c.shortCall;
          const base = current;
          await way.setMode({ responseBytes, after });
          const outcome = await settle(() => inTime(c, options, () => lock.update(next(n), base, options)));
          await way.heal();
          const stored = present(await direct.get(c.call));
          if (!("error" in outcome)) {
            assertSame(stored, outcome.value);
          } else {
            await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
            if (stored.version !== base.version) assert.equal(stored.record.holderIdentity, `replica-${n}`);
          }
          assertSame(await worksAgain(c, lock), stored);
          await way.setMode({ responseBytes, after });
          const read = await settle(() => inTime(c, options, () => lock.get(options)));
          await way.heal();
          if ("error" in read) await rejects(() => Promise.reject(read.error), READ_FAILED);
          else assertSame(read.value, stored);
          await worksAgain(c, lock);
          current = stored;
        }
      }
    },
  },
  {
    id: "err/14",
    title: "a write under way that is aborted settles at once, as unknown with the signal's reason as cause",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      const created = await lock.create(next(0), c.call);
      await way.setMode("cut-responses");
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      const options = { ...c.longCall, signal: controller.signal };
      const call = settle(() => lock.update(next(1), created, options));
      await c.until("the write to land", async () => {
        return (await direct.get(c.call))?.record.holderIdentity === "replica-1";
      });
      const abortedAtMs = performance.now();
      controller.abort(reason);
      const outcome = await call;
      const tookMs = performance.now() - abortedAtMs;
      assert.ok(
        tookMs < options.timeoutMs / 4,
        `Expected it to settle at once, took ${Math.round(tookMs)} ms`,
      );
      assert.ok("error" in outcome);
      const error = await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
      assert.equal(error.cause, reason);
    },
  },
];
