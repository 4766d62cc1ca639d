import { describe, expect, it } from "vitest";
import type { LeaderElectionRecord, LockEvent, VersionedRecord, WatchOptions } from "../resource-lock.ts";
import { CellLock } from "./cell-lock.ts";

const CALL = { timeoutMs: 1_000 };
const conflict = { code: "ERR_LOCK_CONFLICT", outcome: "not-applied" };

function record(holderIdentity: string): LeaderElectionRecord {
  return {
    holderIdentity,
    leaseDurationMs: 15_000,
    acquireTime: undefined,
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaderTransitions: 0,
  };
}

/** A watch as a list that grows; `settle` lets it catch up. */
function watching(cell: CellLock, options: Partial<WatchOptions> = {}) {
  const controller = new AbortController();
  const events: LockEvent[] = [];
  const ended = (async () => {
    for await (const event of cell.changes({ signal: controller.signal, ...options })) events.push(event);
  })();
  return { events, ended, abort: () => controller.abort(), settle: () => new Promise(setImmediate) };
}

describe("CellLock", () => {
  it("states its facts, frozen", () => {
    expect(new CellLock().description).toBe("cell");
    const cell = new CellLock({ description: "cell 7", granularityMs: 1_000 });
    expect(cell.description).toBe("cell 7");
    expect(cell.capabilities).toEqual({
      fencing: "monotonic",
      watch: "none",
      granularityMs: 1_000,
      durability: "best-effort",
    });
    expect(Object.isFrozen(cell.capabilities)).toBe(true);
    expect(new CellLock().capabilities.granularityMs).toBe(1);
    expect("watch" in cell).toBe(false);
  });

  it("get: nothing before the first create, then what was written", async () => {
    const cell = new CellLock();
    expect(await cell.get(CALL)).toBeUndefined();
    const created = await cell.create(record("a"), CALL);
    expect(await cell.get(CALL)).toEqual(created);
    expect(created.record).toEqual(record("a"));
    expect(cell.current).toBe(created);
  });

  it("create: refused where there is a record, also a free one; nothing changes", async () => {
    const cell = new CellLock();
    const created = await cell.create(record(""), CALL);
    await expect(cell.create(record("b"), CALL)).rejects.toMatchObject(conflict);
    expect(cell.current).toBe(created);
  });

  it("update: replaces the version that was seen, once", async () => {
    const cell = new CellLock();
    const first = await cell.create(record("a"), CALL);
    const second = await cell.update(record("b"), first, CALL);
    expect(second).toMatchObject({ record: record("b"), incarnation: first.incarnation });
    await expect(cell.update(record("c"), first, CALL)).rejects.toMatchObject(conflict);
    expect(cell.current).toBe(second);
  });

  it("update: never creates", async () => {
    const cell = new CellLock();
    const first = await cell.create(record("a"), CALL);
    cell.delete();
    await expect(cell.update(record("a"), first, CALL)).rejects.toMatchObject(conflict);
    expect(cell.current).toBeUndefined();
  });

  it("of 64 concurrent creates one succeeds, and of 64 concurrent updates of its version one", async () => {
    const cell = new CellLock();
    const names = Array.from({ length: 64 }, (_, i) => `candidate ${i}`);
    const race = async (attempts: Promise<VersionedRecord>[]): Promise<VersionedRecord> => {
      const settled = await Promise.allSettled(attempts);
      const won = settled.filter((result) => result.status === "fulfilled");
      const lost = settled.filter((result) => result.status === "rejected");
      expect(won).toHaveLength(1);
      for (const { reason } of lost) expect(reason).toMatchObject(conflict);
      const [winner] = won;
      if (winner === undefined) throw new Error("nobody won");
      expect(cell.current).toBe(winner.value);
      return winner.value;
    };
    let current = await race(names.map((name) => cell.create(record(name), CALL)));
    for (let round = 0; round < 5; round += 1) {
      const expected = current;
      current = await race(names.map((name) => cell.update(record(name), expected, CALL)));
    }
  });

  it("versions and tokens never repeat, nor shrink, not even across deletes; an ABA is a conflict", async () => {
    const cell = new CellLock();
    const seen: VersionedRecord[] = [];
    for (let i = 0; i < 10; i += 1) {
      const created = await cell.create(record("a"), CALL);
      const updated = await cell.update(record("a"), created, CALL); // the same record: another version
      seen.push(created, updated);
      cell.delete();
    }
    const again = await cell.create(record("a"), CALL);
    seen.push(again);
    expect(new Set(seen.map(({ version }) => version)).size).toBe(21);
    expect(new Set(seen.map(({ incarnation }) => incarnation)).size).toBe(11);
    let highest = 0n;
    for (const { fencingToken } of seen) {
      expect(fencingToken).toBeGreaterThan(highest);
      highest = fencingToken ?? 0n;
    }
    for (const old of seen.slice(0, -1)) {
      await expect(cell.update(record("b"), old, CALL)).rejects.toMatchObject(conflict);
    }
    expect(cell.current).toBe(again);
  });

  it("keeps a copy: neither the writer nor a reader can change what is stored", async () => {
    const cell = new CellLock();
    const mine = { ...record("a") };
    const created = await cell.create(mine, CALL);
    Object.assign(mine, { holderIdentity: "b" });
    expect(created.record.holderIdentity).toBe("a");
    expect(() => Object.assign(created.record, { holderIdentity: "b" })).toThrow(TypeError);
  });

  it("an aborted call rejects with the signal's reason and writes nothing", async () => {
    const cell = new CellLock();
    const free = cell.overwrite({});
    const reason = new Error("changed my mind");
    const aborted = { ...CALL, signal: AbortSignal.abort(reason) };
    await expect(cell.get(aborted)).rejects.toBe(reason);
    await expect(cell.create(record("a"), aborted)).rejects.toBe(reason);
    await expect(cell.update(record("a"), free, aborted)).rejects.toBe(reason);
    expect(cell.current).toBe(free);
  });

  it("close ends nothing and may be called again", async () => {
    const cell = new CellLock();
    await cell.close();
    await cell.close();
    await expect(cell.create(record("a"), CALL)).resolves.toBeDefined();
  });
});

describe("the store's own side of CellLock", () => {
  it("overwrite: changes the fields named, whatever the version, or writes a record where there is none", () => {
    const cell = new CellLock();
    expect(cell.overwrite({ holderIdentity: "x" }).record).toEqual({
      holderIdentity: "x",
      leaseDurationMs: 0,
      acquireTime: undefined,
      renewTime: undefined,
      leaderTransitions: 0,
    });
    const before = cell.current;
    const after = cell.overwrite({ leaderTransitions: 7 });
    expect(after.record).toMatchObject({ holderIdentity: "x", leaderTransitions: 7 });
    expect(after.incarnation).toBe(before?.incarnation);
    expect(after.version).not.toBe(before?.version);
  });

  it("touch: moves the version and leaves the fields", () => {
    const cell = new CellLock();
    cell.touch();
    expect(cell.current).toBeUndefined();
    const before = cell.overwrite({ holderIdentity: "x" });
    cell.touch();
    expect(cell.current?.record).toEqual(before.record);
    expect(cell.current?.incarnation).toBe(before.incarnation);
    expect(cell.current?.version).not.toBe(before.version);
  });

  it("delete: tells the watch once, and nothing where there is no record", async () => {
    const cell = new CellLock();
    const { events, settle, abort, ended } = watching(cell, { from: cell.overwrite({}) });
    await settle();
    cell.delete();
    await settle();
    cell.delete();
    await settle();
    expect(events).toEqual([{ kind: "deleted", fencingToken: 2n }]);
    abort();
    await ended;
  });

  it("restore: an earlier state, and the counter with it: tokens come again", async () => {
    const cell = new CellLock();
    const backup = await cell.create(record("a"), CALL);
    const lost = await cell.update(record("b"), backup, CALL);
    cell.restore(backup);
    expect(cell.current).toBe(backup);
    expect(await cell.update(record("c"), backup, CALL)).toMatchObject({
      version: lost.version,
      fencingToken: lost.fencingToken,
    });
  });
});

describe("CellLock.changes", () => {
  it("goes on from a version: nothing is told of it, then every change", async () => {
    const cell = new CellLock();
    const first = cell.overwrite({ holderIdentity: "a" });
    const { events, settle, abort, ended } = watching(cell, { from: first });
    await settle();
    expect(events).toEqual([]);
    const second = cell.overwrite({ holderIdentity: "b" });
    await settle();
    cell.delete();
    await settle();
    expect(events).toEqual([
      { kind: "changed", current: second },
      { kind: "deleted", fencingToken: 3n },
    ]);
    abort();
    await ended;
  });

  it("tells at once what changed since that version, deletion included", async () => {
    const cell = new CellLock();
    const first = cell.overwrite({ holderIdentity: "a" });
    const second = cell.overwrite({ holderIdentity: "b" });
    const changed = watching(cell, { from: first });
    await changed.settle();
    expect(changed.events).toEqual([{ kind: "changed", current: second }]);
    cell.delete();
    const deleted = watching(cell, { from: first });
    await deleted.settle();
    expect(deleted.events).toEqual([{ kind: "deleted", fencingToken: 3n }]);
    changed.abort();
    deleted.abort();
    await Promise.all([changed.ended, deleted.ended]);
  });

  it("without a version begins with the current state, or resync where there is none", async () => {
    const cell = new CellLock();
    const empty = watching(cell);
    await empty.settle();
    expect(empty.events).toEqual([{ kind: "resync" }]);
    const current = cell.overwrite({ holderIdentity: "a" });
    const full = watching(cell);
    await full.settle();
    expect(full.events).toEqual([{ kind: "changed", current }]);
    expect(empty.events.at(-1)).toEqual({ kind: "changed", current });
    empty.abort();
    full.abort();
    await Promise.all([empty.ended, full.ended]);
  });

  it("a slow reader gets the latest of several changes", async () => {
    const cell = new CellLock();
    const { events, settle, abort, ended } = watching(cell, { from: cell.overwrite({}) });
    await settle();
    cell.overwrite({ holderIdentity: "a" });
    cell.delete();
    const last = cell.overwrite({ holderIdentity: "c" });
    await settle();
    expect(events).toEqual([{ kind: "changed", current: last }]);
    abort();
    await ended;
  });

  it("ends when its signal aborts, also one that has, and tells nothing afterwards", async () => {
    const cell = new CellLock();
    const { events, settle, abort, ended } = watching(cell, { from: cell.overwrite({}) });
    await settle();
    abort();
    await ended;
    cell.overwrite({ holderIdentity: "a" });
    await settle();
    expect(events).toEqual([]);
    const never = watching(cell, { signal: AbortSignal.abort() });
    await never.ended;
    expect(never.events).toEqual([]);
  });
});
