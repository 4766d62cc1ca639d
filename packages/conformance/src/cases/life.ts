import assert from "node:assert/strict";
import { startCandidate } from "../candidate-process.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertSame, rejects, settle } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

/** How a lock ends. */
export const lifeCases: readonly ConformanceCase[] = [
  {
    id: "life/01",
    title:
      "close may be called twice and at once; calls after it, and those under way, end with ERR_LOCK_CLOSED or unknown",
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      const pending = [
        settle(() => lock.get(c.call)),
        settle(() => lock.update(record({ renewTime: renewTime(1) }), created, c.call)),
      ];
      await Promise.all([lock.close(), lock.close()]);
      await lock.close();
      for (const call of pending) {
        const outcome = await call;
        if (!("error" in outcome)) continue;
        await rejects(() => Promise.reject(outcome.error), ["ERR_LOCK_CLOSED", "ERR_LOCK_OUTCOME_UNKNOWN"]);
      }
      await rejects(() => lock.get(c.call), "ERR_LOCK_CLOSED", "not-applied");
      await rejects(() => lock.create(record(), c.call), "ERR_LOCK_CLOSED", "not-applied");
      await rejects(() => lock.update(record(), created, c.call), "ERR_LOCK_CLOSED", "not-applied");
    },
  },
  {
    id: "life/02",
    title: "close neither releases nor deletes",
    async run(c) {
      const [lock, reader] = [await c.lock(), await c.lock()];
      const created = await lock.create(record(), c.call);
      await lock.close();
      await c.stays(async () => assertSame(await reader.get(c.call), created));
    },
  },
  {
    id: "life/03",
    title: "200 calls at once share a bounded number of connections, and closing 30 locks ends all of theirs",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const lock = await c.lock({ route: way.route });
      await lock.create(record(), c.call);
      await Promise.all(Array.from({ length: 200 }, () => lock.get(c.call)));
      way.assertUsed();
      const perServer = way.acceptedCount / c.environment.servers.length;
      assert.ok(perServer <= 64, `Expected at most 64 connections to a server, got ${perServer}`);
      const locks = await Promise.all(Array.from({ length: 30 }, () => c.lock({ route: way.route })));
      await Promise.all(locks.map((each) => each.get(c.call)));
      await Promise.all([lock, ...locks].map((each) => each.close()));
      await c.until("all connections to end", () => way.connectionCount === 0);
    },
  },
  {
    id: "life/04",
    title: "closing with the way silent or refused ends at once, and so do the calls under way",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      for (const mode of ["silence", "refuse"] as const) {
        const way = await c.way();
        const lock = await c.lock({ route: way.route });
        await lock.get(c.call);
        await way.setMode(mode);
        const call = settle(() => lock.create(record(), c.longCall));
        const startedAtMs = performance.now();
        await lock.close();
        const outcome = await call;
        const tookMs = performance.now() - startedAtMs;
        assert.ok(
          tookMs < c.longCall.timeoutMs / 2,
          `Expected all to end at once, took ${Math.round(tookMs)} ms`,
        );
        assert.ok("error" in outcome);
        await rejects(
          () => Promise.reject(outcome.error),
          ["ERR_LOCK_CLOSED", "ERR_LOCK_OUTCOME_UNKNOWN", "ERR_LOCK_UNAVAILABLE"],
        );
        // In silence the proxy does not see the end of a connection.
        await way.setMode("pass");
        await c.until("all connections to end", () => way.connectionCount === 0);
      }
    },
  },
  {
    id: "life/05",
    title: "a process whose lock was used, watched and closed ends by itself",
    claims: ["fencing"],
    needs: ["candidate"],
    budgetMs: 30_000,
    async run(c) {
      const candidate = await startCandidate(c, { identity: "leaver" });
      await candidate.event("leader");
      candidate.tell("stop");
      await candidate.event("closed");
      const exit = await candidate.exited(c.ms(10_000));
      assert.deepEqual(exit, { code: 0, signal: null });
    },
  },
];
