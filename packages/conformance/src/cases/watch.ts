import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";
import { present, rejects } from "../expectations.ts";
import { record, renewTime } from "../record.ts";
import { standing, Watching } from "../watching.ts";

/** The watch: a hint that may come twice and late, but never fails to come. */
export const watchCases: readonly ConformanceCase[] = [
  {
    id: "watch/01",
    title: "a watch tells what another client creates, updates and deletes",
    claims: ["a watch"],
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      const watching = new Watching(c, lock);
      await c.until("the watch to begin", () => watching.events.length > 0);
      const created = await writer.create(record(), c.call);
      await watching.learns(c, created.version);
      let start = watching.events.length;
      const updated = await writer.update(record({ renewTime: renewTime(1) }), created, c.call);
      await watching.learns(c, updated.version, start);
      start = watching.events.length;
      await c.stranger.remove(c.name);
      await c.until("the deletion", () =>
        watching.events.slice(start).some(({ kind }) => kind === "deleted" || kind === "resync"),
      );
      start = watching.events.length;
      const again = await writer.create(record(), c.call);
      await watching.learns(c, again.version, start);
    },
  },
  {
    id: "watch/02",
    title: "nothing is lost between a get and a watch from its version, while others write",
    claims: ["a watch"],
    budgetMs: 30_000,
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      let current = await writer.create(record({ renewTime: renewTime(0) }), c.call);
      for (let round = 1; round <= 8; round++) {
        const from = present(await lock.get(c.call));
        const write = (async () => {
          for (let i = 0; i < round % 4; i++) {
            current = await writer.update(record({ renewTime: renewTime(round * 10 + i) }), current, c.call);
          }
        })();
        // Before, while and after others write, as rounds go.
        if (round % 2 === 0) await write;
        const watching = new Watching(c, lock, from);
        await write;
        if (current.version !== from.version) await watching.learns(c, current.version);
        await watching.end();
      }
    },
  },
  {
    id: "watch/03",
    title:
      "after its connection was cut, refused or silent for a while, a watch tells what it missed or says resync",
    claims: ["a watch"],
    needs: ["servers"],
    budgetMs: 60_000,
    async run(c) {
      const way = await c.way();
      const writer = await c.lock();
      const lock = await c.lock({ route: way.route });
      let [watching, current] = await standing(c, lock, writer);
      way.assertUsed();
      for (const mode of ["refuse", "silence", "cut-responses"] as const) {
        const start = watching.events.length;
        await way.setMode(mode);
        current = await writer.update(record({ holderIdentity: mode }), current, c.call);
        await way.heal();
        await watching.learns(c, current.version, start);
        // And it is whole again: the next change comes as well.
        const next = watching.events.length;
        current = await writer.update(record({ holderIdentity: `after ${mode}` }), current, c.call);
        await watching.learns(c, current.version, next);
        assert.ok(!watching.isOver, "Expected the watch to go on");
      }
      const start = watching.events.length;
      await way.setMode("refuse");
      await c.stranger.remove(c.name);
      await way.heal();
      await c.until(
        "the deletion that was missed, or resync",
        () => watching.events.slice(start).some(({ kind }) => kind !== "changed"),
        c.ms(10_000),
      );
    },
  },
  {
    id: "watch/04",
    title:
      "a watch tells versions in the store's order, none twice after a newer one, and the last one always",
    claims: ["a watch", "fencing"],
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      let [watching, current] = await standing(c, lock, writer);
      for (let i = 2; i < 60; i++) {
        current = await writer.update(record({ renewTime: renewTime(i) }), current, c.call);
      }
      const last = current.version;
      await watching.learns(c, last);
      let newest = 0n;
      for (const event of watching.events) {
        if (event.kind !== "changed" || event.current?.fencingToken === undefined) continue;
        const { fencingToken } = event.current;
        assert.ok(fencingToken >= newest, `Expected versions in order, got ${fencingToken} after ${newest}`);
        newest = fencingToken;
      }
    },
  },
  {
    id: "watch/05",
    title:
      "a watch from a version that the store has forgotten says resync or the current state, and goes on",
    claims: ["a watch"],
    needs: ["compact"],
    budgetMs: 60_000,
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      const old = await writer.create(record({ renewTime: renewTime(0) }), c.call);
      let current = old;
      for (let i = 1; i <= 5; i++) {
        current = await writer.update(record({ renewTime: renewTime(i) }), current, c.call);
      }
      await c.environment.faults?.compact?.();
      const watching = new Watching(c, lock, old);
      await watching.learns(c, current.version);
      const start = watching.events.length;
      assert.ok(start < 20, `Expected one resync, got ${start} events`);
      current = await writer.update(record({ renewTime: renewTime(100) }), current, c.call);
      await watching.learns(c, current.version, start);
    },
  },
  {
    id: "watch/06",
    title:
      "aborting ends the iteration at once, also one that waits; one aborted before tells nothing; sockets are freed",
    claims: ["a watch"],
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      const [watching] = await standing(c, lock, writer);
      // Nothing is written meanwhile: it is the signal that ends it.
      await watching.end();
      assert.equal(await watching.ended, undefined, "Expected the iteration to end without an error");
      const before = lock.watch?.({ signal: AbortSignal.abort() })[Symbol.asyncIterator]();
      assert.equal(
        (await before?.next())?.done,
        true,
        "Expected nothing from a watch that was aborted before",
      );
      if (c.fixture.hooks.servers !== true) return;
      const way = await c.way();
      const routed = await c.lock({ route: way.route });
      await routed.get(c.call);
      way.assertUsed();
      for (let i = 0; i < 20; i++) {
        const controller = new AbortController();
        const events = routed.watch?.({ signal: controller.signal })[Symbol.asyncIterator]();
        await events?.next();
        controller.abort();
        assert.equal((await events?.next())?.done, true);
      }
      await c.until("all but a few connections to end", () => way.connectionCount <= 4);
      await routed.close();
      await c.until("all connections to end", () => way.connectionCount === 0);
    },
  },
  {
    id: "watch/08",
    title: "closing the lock ends its watches, and those begun later, with ERR_LOCK_CLOSED or quietly",
    claims: ["a watch"],
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      const [watching] = await standing(c, lock, writer);
      await lock.close();
      const late = new Watching(c, lock);
      for (const each of [watching, late]) {
        await c.until("the iteration to end", () => each.isOver);
        const error = await each.ended;
        if (error !== undefined) await rejects(() => Promise.reject(error), "ERR_LOCK_CLOSED");
      }
      assert.deepEqual(late.events, [], "Expected nothing from a lock that is closed");
    },
  },
  {
    id: "watch/09",
    title:
      "without a version to go on from a watch begins with the current state or resync, so that nothing before it is missed",
    claims: ["a watch"],
    async run(c) {
      const [lock, writer] = [await c.lock(), await c.lock()];
      const created = await writer.create(record(), c.call);
      await new Watching(c, lock).learns(c, created.version);
    },
  },
];
