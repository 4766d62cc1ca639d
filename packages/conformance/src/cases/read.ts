import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertRecord, present, rejects } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

/** What reading promises. */
export const readCases: readonly ConformanceCase[] = [
  {
    id: "read/01",
    title: "a get sees every write that was acknowledged before it, one's own and others'",
    async run(c) {
      const [writer, reader] = [await c.lock(), await c.lock()];
      let current = await writer.create(record({ renewTime: renewTime(0) }), c.call);
      for (let i = 1; i <= 30; i++) {
        current = await writer.update(record({ renewTime: renewTime(i) }), current, c.call);
        const [own, others] = await Promise.all([writer.get(c.call), reader.get(c.call)]);
        assert.equal(present(own).version, current.version);
        assert.equal(present(others).version, current.version);
      }
      await c.stranger.remove(c.name);
      assert.equal(await reader.get(c.call), undefined);
    },
  },
  {
    id: "read/02",
    title:
      "something stored that is no record is ERR_LOCK_RECORD_INVALID: not absent, not a crash, not overwritten",
    needs: ["corrupt"],
    async run(c) {
      const lock = await c.lock();
      await c.stranger.corrupt?.(c.name);
      await rejects(() => lock.get(c.call), "ERR_LOCK_RECORD_INVALID", "not-applied");
      await rejects(() => lock.create(record(), c.call), ["ERR_LOCK_CONFLICT", "ERR_LOCK_RECORD_INVALID"]);
      await rejects(() => lock.get(c.call), "ERR_LOCK_RECORD_INVALID");
      await c.stranger.remove(c.name);
      await lock.create(record(), c.call);
    },
  },
  {
    id: "read/03",
    title: "what others added beside the record survives an update, and moves the version",
    needs: ["annotate"],
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      await c.stranger.annotate?.(c.name);
      const found = present(await lock.get(c.call));
      assertRecord(found.record, created.record);
      assert.notEqual(found.version, created.version);
      assert.equal(found.incarnation, created.incarnation);
      await rejects(() => lock.update(record(), created, c.call), "ERR_LOCK_CONFLICT", "not-applied");
      await lock.update(record({ renewTime: renewTime(1) }), found, c.call);
      assert.equal(await c.stranger.isAnnotated?.(c.name), true);
    },
  },
];

/** What is kept of a record. */
export const recordCases: readonly ConformanceCase[] = [
  {
    id: "rec/01",
    title: "an empty holder and missing times are stored and read as that: the lock is free",
    async run(c) {
      const lock = await c.lock();
      const { granularityMs } = c.capabilities;
      const free = record({
        holderIdentity: "",
        leaseDurationMs: Math.max(1000, granularityMs),
        acquireTime: undefined,
        renewTime: undefined,
      });
      const created = await lock.create(record(), c.call);
      const updated = await lock.update(free, created, c.call);
      assertRecord(updated.record, free);
      assertRecord(present(await lock.get(c.call)).record, free);
    },
  },
  {
    id: "rec/02",
    title:
      "a lease duration is stored exactly, or refused with a RangeError where it is finer than the lock's grain",
    async run(c) {
      const lock = await c.lock();
      const { granularityMs } = c.capabilities;
      let current = await lock.create(record({ leaseDurationMs: granularityMs * 100 }), c.call);
      for (const grains of [101, 1234, 86_400]) {
        const asked = record({ leaseDurationMs: granularityMs * grains, leaderTransitions: grains });
        current = await lock.update(asked, current, c.call);
        assert.equal(current.record.leaseDurationMs, asked.leaseDurationMs);
        assert.equal(present(await lock.get(c.call)).record.leaseDurationMs, asked.leaseDurationMs);
      }
      if (granularityMs === 1) return;
      const base = current;
      const finer = record({ leaseDurationMs: granularityMs * 100 + 1 });
      await assert.rejects(async () => lock.update(finer, base, c.call), RangeError);
      assert.equal(present(await lock.get(c.call)).version, base.version);
    },
  },
  {
    id: "rec/03",
    title: "strategy and preferredHolder are kept as found",
    async run(c) {
      const lock = await c.lock();
      const coordinated = record({ strategy: "OldestEmulationVersion", preferredHolder: "replica-2" });
      const created = await lock.create(coordinated, c.call);
      assertRecord(created.record, coordinated);
      const renewed = { ...created.record, renewTime: renewTime(1) };
      await lock.update(renewed, created, c.call);
      assertRecord(present(await lock.get(c.call)).record, renewed);
    },
  },
];
