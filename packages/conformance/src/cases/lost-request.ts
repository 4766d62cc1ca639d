import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertSame, present, rejects, settle, show } from "../expectations.ts";
import { assertNeverApplied, inTime, next, READ_FAILED, worksAgain } from "../unsure-calls.ts";

/** What a lock says and does when its requests do not reach the store. */
export const lostRequestCases: readonly ConformanceCase[] = [
  {
    id: "err/05",
    title:
      "on a connection that swallows everything each call settles within its timeout, and a write told as not applied never is",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const options = c.shortCall;
      // A record for each: what the first one sent may come through as late as during the second one's turn.
      for (const [name, isConnected] of [
        [c.name, true],
        [`${c.name}-2`, false],
      ] as const) {
        const direct = await c.lock({ name });
        const created = await direct.create(next(0), c.call);
        const connected = isConnected ? await c.lock({ name, route: way.route }) : undefined;
        if (connected !== undefined) assertSame(await connected.get(c.call), created);
        await way.setMode("silence");
        const lock = connected ?? (await c.lock({ name, route: way.route }));
        const error = await inTime(c, options, () =>
          rejects(() => lock.update(next(1), created, options), READ_FAILED),
        );
        await inTime(c, options, () => rejects(() => lock.get(options), READ_FAILED));
        await inTime(c, options, () => rejects(() => lock.create(next(2), options), READ_FAILED));
        // What was swallowed comes through late, as after a long dropout.
        await way.setMode("pass");
        await worksAgain(c, lock);
        if (error.outcome === "not-applied") await assertNeverApplied(c, direct, created);
        present(await direct.get(c.call));
      }
    },
  },
  {
    id: "err/06",
    title:
      "a store that refuses connections is ERR_LOCK_UNAVAILABLE, nothing written; afterwards the lock works, nothing is replayed",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      await way.setMode("refuse");
      const options = c.shortCall;
      // Until the lock has noticed, a write may leave on the dead connection.
      await rejects(() => lock.get(options), READ_FAILED);
      await rejects(() => lock.get(options), READ_FAILED);
      await inTime(c, options, () =>
        rejects(() => lock.create(next(1), options), "ERR_LOCK_UNAVAILABLE", "not-applied"),
      );
      const fresh = await c.lock({ route: way.route });
      await inTime(c, options, () =>
        rejects(() => fresh.create(next(2), options), "ERR_LOCK_UNAVAILABLE", "not-applied"),
      );
      await way.setMode("pass");
      assert.equal(await worksAgain(c, lock), undefined);
      assert.equal(await worksAgain(c, fresh), undefined);
      await assertNeverApplied(c, direct, undefined);
      await lock.create(next(3), c.call);
    },
  },
  {
    id: "err/07",
    title:
      "a write that timed out before it reached the store is not applied later, when the connection comes back",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const created = await direct.create(next(0), c.call);
      const connected = await c.lock({ route: way.route });
      assertSame(await connected.get(c.call), created);
      for (const mode of ["silence", "refuse"] as const) {
        await way.setMode(mode);
        const connecting = await c.lock({ route: way.route });
        const options = c.shortCall;
        await Promise.all(
          [connected, connecting].map((lock, i) =>
            rejects(() => lock.update(next(i + 1), created, options), READ_FAILED),
          ),
        );
        // What the network still holds is dropped: only the client could bring it back now.
        await way.heal();
        assertSame(await worksAgain(c, connected), created);
        assertSame(await worksAgain(c, connecting), created);
        // A lock of its own looks, in case the other ones only hide it.
        await assertNeverApplied(c, direct, created);
      }
    },
  },
  {
    id: "err/10",
    title: "200 calls to a store that is gone leave no sockets, timers or listeners behind",
    needs: ["servers"],
    budgetMs: 40_000,
    async run(c) {
      const way = await c.way();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      const { signal } = new AbortController();
      for (const mode of ["refuse", "silence"] as const) {
        await way.setMode(mode);
        const options = { timeoutMs: c.ms(100), signal };
        const batch = async (): Promise<void> => {
          await Promise.all(
            Array.from({ length: 25 }, (_, i) =>
              rejects(() => (i % 2 ? lock.get(options) : lock.create(next(i), options)), READ_FAILED),
            ),
          );
          await sleep(20);
        };
        await batch();
        await batch();
        // The proxy's own sockets are in this process, too: those that it may not read do not see their end.
        way.reset();
        await sleep(50);
        const before = resources();
        for (let i = 0; i < 8; i++) await batch();
        way.reset();
        await c.until(`no more resources than ${before} at ${mode}`, () => resources() <= before + 20);
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }
      await way.heal();
      await lock.close();
      await c.until("the connections to end", () => way.connectionCount === 0);
    },
  },
  {
    id: "err/13",
    title:
      "a write whose connection is reset before it reached the store is unknown or not applied, and not sent again",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      await way.setMode("silence");
      const call = settle(() => lock.create(next(1), c.call));
      // Long enough for the bytes to leave; they are held on the way, and dropped with it.
      await sleep(c.ms(100));
      await way.heal();
      const outcome = await call;
      assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}: it was sent again`);
      await rejects(() => Promise.reject(outcome.error), READ_FAILED);
      assert.equal(await worksAgain(c, lock), undefined);
      await assertNeverApplied(c, direct, undefined);
    },
  },
];

/** What keeps this process alive: sockets, timers, requests. */
function resources(): number {
  return process.getActiveResourcesInfo().length;
}
