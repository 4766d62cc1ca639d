import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { LeaderElectionError } from "@tenure/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertSame, present, rejects, settle, show } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

/** What went wrong, told truthfully, where the way to the store is fine. */
export const errorCases: readonly ConformanceCase[] = [
  {
    id: "err/01",
    title: "a call whose signal aborted before rejects with the signal's reason, and writes nothing",
    async run(c) {
      const lock = await c.lock();
      const reason = new Error("stopped before it began");
      const options = { ...c.call, signal: AbortSignal.abort(reason) };
      assert.equal((await settle(() => lock.create(record(), options))).error, reason);
      assert.equal(await lock.get(c.call), undefined);
      const created = await lock.create(record(), c.call);
      assert.equal((await settle(() => lock.get(options))).error, reason);
      const next = record({ renewTime: renewTime(1) });
      assert.equal((await settle(() => lock.update(next, created, options))).error, reason);
      await c.stays(async () => assertSame(await lock.get(c.call), created), c.ms(100));
    },
  },
  {
    id: "err/02",
    title:
      "a write aborted at any moment tells the truth about whether it was applied, and leaves no listener",
    async run(c) {
      const lock = await c.lock();
      const reader = await c.lock();
      let current = await lock.create(record({ renewTime: renewTime(0) }), c.call);
      // On a signal that never aborts: one that does takes listeners away that wanted to hear it once.
      const { signal: quiet } = new AbortController();
      current = await lock.update(record({ renewTime: renewTime(500) }), current, {
        ...c.call,
        signal: quiet,
      });
      await lock.get({ ...c.call, signal: quiet });
      assert.equal(
        getEventListeners(quiet, "abort").length,
        0,
        "Expected no listener on a signal that is kept",
      );
      for (let i = 1; i <= 24; i++) {
        const controller = new AbortController();
        const { signal } = controller;
        const reason = new Error(`abort ${i}`);
        const base = current;
        const next = record({ renewTime: renewTime(i) });
        const call = settle(() => lock.update(next, base, { ...c.call, signal }));
        // From the very turn of the call to a few milliseconds later.
        if (i > 8) await sleep((i - 8) / 4);
        else for (let turn = 1; turn < i; turn++) await Promise.resolve();
        controller.abort(reason);
        const outcome = await call;
        assert.equal(getEventListeners(signal, "abort").length, 0, "Expected no listener to be left");
        if (!("error" in outcome)) {
          current = outcome.value;
          assertSame(await reader.get(c.call), current);
          continue;
        }
        const { error } = outcome;
        const certain =
          error === reason || (LeaderElectionError.is(error) && error.outcome === "not-applied");
        if (certain) {
          await c.stays(async () => assertSame(await reader.get(c.call), base), c.ms(50));
        } else {
          assert.ok(
            LeaderElectionError.is(error),
            `Expected the reason or a LeaderElectionError, got ${show(error)}`,
          );
          assert.equal(error.code, "ERR_LOCK_OUTCOME_UNKNOWN");
          assert.equal(error.cause, reason, "Expected the signal's reason as the cause");
          // It may still be on its way: another write at the same version, once it is through, ends that.
          const fresh = await settle(() =>
            reader.update(record({ renewTime: renewTime(1000 + i) }), base, c.call),
          );
          current = "error" in fresh ? present(await reader.get(c.call)) : fresh.value;
        }
      }
    },
  },
  {
    id: "err/08",
    title: "credentials that the store does not know are ERR_LOCK_UNAUTHENTICATED, nothing written",
    needs: ["unknown-credentials"],
    async run(c) {
      const owner = await c.lock();
      const created = await owner.create(record(), c.call);
      const stranger = await c.lock({ credentials: "unknown" });
      const next = record({ renewTime: renewTime(1) });
      await rejects(() => stranger.get(c.call), "ERR_LOCK_UNAUTHENTICATED", "not-applied");
      await rejects(() => stranger.create(next, c.call), "ERR_LOCK_UNAUTHENTICATED", "not-applied");
      await rejects(() => stranger.update(next, created, c.call), "ERR_LOCK_UNAUTHENTICATED", "not-applied");
      assertSame(await owner.get(c.call), created);
    },
  },
  {
    id: "err/11",
    title:
      "credentials that may not write are ERR_LOCK_FORBIDDEN, nothing written; what may not be read is not absent",
    needs: ["forbidden-credentials"],
    async run(c) {
      const owner = await c.lock();
      const intruder = await c.lock({ credentials: "forbidden" });
      await rejects(() => intruder.create(record(), c.call), "ERR_LOCK_FORBIDDEN", "not-applied");
      assert.equal(await owner.get(c.call), undefined);
      const created = await owner.create(record(), c.call);
      const next = record({ renewTime: renewTime(1) });
      await rejects(() => intruder.update(next, created, c.call), "ERR_LOCK_FORBIDDEN", "not-applied");
      const read = await settle(() => intruder.get(c.call));
      if ("error" in read) {
        await rejects(() => Promise.reject(read.error), "ERR_LOCK_FORBIDDEN", "not-applied");
      } else {
        assertSame(read.value, created);
      }
      assertSame(await owner.get(c.call), created);
    },
  },
  {
    id: "err/09",
    title: "a store that asks for fewer requests is ERR_LOCK_THROTTLED, with the time it asks for",
    needs: ["throttle"],
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      const absent = await c.lock({ name: `${c.name}-2` });
      assert.equal(await absent.get(c.call), undefined);
      const throttling = await c.environment.faults?.throttle?.();
      assert.ok(throttling);
      c.after(() => throttling.heal());
      const calls = [
        () => lock.get(c.call),
        () => absent.create(record(), c.call),
        () => lock.update(record({ renewTime: renewTime(1) }), created, c.call),
      ];
      for (const call of calls) {
        const error = await rejects(call, "ERR_LOCK_THROTTLED", "not-applied");
        assert.equal(
          error.retryAfterMs,
          throttling.retryAfterMs,
          "Expected the time that the store asks for",
        );
      }
      await throttling.heal();
      assertSame(await lock.get(c.call), created);
      assert.equal(await absent.get(c.call), undefined);
    },
  },
];
