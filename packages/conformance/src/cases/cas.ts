import assert from "node:assert/strict";
import type { VersionedRecord } from "@tenure/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertRecord, assertSame, present, rejects, show } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

/** Compare and swap: what the election stands on. */
export const casCases: readonly ConformanceCase[] = [
  {
    id: "cas/01",
    title: "get of a lock that was never written answers undefined",
    async run(c) {
      assert.equal(await (await c.lock()).get(c.call), undefined);
    },
  },
  {
    id: "cas/02",
    title: "create then get gives back every field, whatever is in it",
    async run(c) {
      const lock = await c.lock();
      const written = record({
        holderIdentity: 'pod "ä😀/{x}:1 \\ \u2028',
        acquireTime: "2026-11-23T19:13:00.000001Z",
        renewTime: "2026-12-31T23:59:59.999999Z",
        leaderTransitions: 2 ** 31 - 1,
      });
      const created = await lock.create(written, c.call);
      assertRecord(created.record, written);
      assertRecord(present(await lock.get(c.call)).record, written);
    },
  },
  {
    id: "cas/03",
    title: "create where a record exists is a conflict and changes nothing",
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      await rejects(
        () => lock.create(record({ holderIdentity: "late" }), c.call),
        "ERR_LOCK_CONFLICT",
        "not-applied",
      );
      assertSame(await lock.get(c.call), created);
    },
  },
  {
    id: "cas/05",
    title: "update at the current version succeeds and answers another version of the same incarnation",
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      const next = record({ renewTime: renewTime(1), holderIdentity: "replica-2" });
      const updated = await lock.update(next, created, c.call);
      assertRecord(updated.record, next);
      assert.notEqual(updated.version, created.version);
      assert.equal(updated.incarnation, created.incarnation);
      assertSame(await lock.get(c.call), updated);
    },
  },
  {
    id: "cas/06",
    title: "update at an old version is a conflict and changes nothing",
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      const current = await lock.update(record({ renewTime: renewTime(1) }), created, c.call);
      await rejects(
        () => lock.update(record({ holderIdentity: "late" }), created, c.call),
        "ERR_LOCK_CONFLICT",
        "not-applied",
      );
      assertSame(await lock.get(c.call), current);
    },
  },
  {
    id: "cas/08",
    title: "update of a record that is gone is a conflict and does not create it",
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      await c.stranger.remove(c.name);
      await rejects(
        () => lock.update(record({ renewTime: renewTime(1) }), created, c.call),
        "ERR_LOCK_CONFLICT",
        "not-applied",
      );
      assert.equal(await lock.get(c.call), undefined);
    },
  },
  {
    id: "cas/10",
    title:
      "no version is ever repeated by a write that changes the record, also not where its content comes back",
    async run(c) {
      const lock = await c.lock();
      const seen = new Set<string>();
      let current = await lock.create(record({ renewTime: renewTime(0) }), c.call);
      seen.add(current.version);
      for (let i = 1; i <= 40; i++) {
        current = await lock.update(record({ renewTime: renewTime(i % 2) }), current, c.call);
        assert.ok(!seen.has(current.version), `Version ${show(current.version)} came twice`);
        seen.add(current.version);
      }
    },
  },
  {
    id: "cas/11",
    title: "what was read before a deletion never matches the record that was created after it",
    async run(c) {
      const lock = await c.lock();
      const old: VersionedRecord[] = [];
      // Also the same content written as often as before: a counter that begins anew comes to the same versions.
      for (let round = 0; round < 3; round++) {
        let current = await lock.create(record({ renewTime: renewTime(0) }), c.call);
        for (const before of old) {
          assert.notEqual(current.incarnation, before.incarnation, "Expected another incarnation");
          await rejects(
            () => lock.update(record({ holderIdentity: "from a former life" }), before, c.call),
            "ERR_LOCK_CONFLICT",
            "not-applied",
          );
        }
        old.push(current);
        current = await lock.update(record({ renewTime: renewTime(1) }), current, c.call);
        old.push(current);
        assertSame(await lock.get(c.call), current);
        await c.stranger.remove(c.name);
        assert.equal(await lock.get(c.call), undefined);
      }
      assert.equal(
        new Set(old.map(({ version, incarnation }) => `${incarnation} ${version}`)).size,
        old.length,
        "Expected no version of an incarnation twice",
      );
    },
  },
  {
    id: "cas/12",
    title:
      "an update with the old incarnation and the new version is a conflict: the incarnation is compared as well",
    async run(c) {
      const lock = await c.lock();
      const old = await lock.create(record(), c.call);
      await c.stranger.remove(c.name);
      const fresh = await lock.create(record({ holderIdentity: "other" }), c.call);
      const mixed = { ...old, version: fresh.version };
      await rejects(() => lock.update(record(), mixed, c.call), "ERR_LOCK_CONFLICT", "not-applied");
      assertSame(await lock.get(c.call), fresh);
    },
  },
  {
    id: "cas/13",
    title: "a write answers what the next get answers: record, version, incarnation and token",
    async run(c) {
      const [lock, other] = [await c.lock(), await c.lock()];
      const created = await lock.create(record(), c.call);
      const read = present(await other.get(c.call));
      assertSame(read, created);
      // One lock's answer is another lock's handle.
      const updated = await other.update(record({ renewTime: renewTime(1) }), read, c.call);
      assertSame(await lock.get(c.call), updated);
    },
  },
];
