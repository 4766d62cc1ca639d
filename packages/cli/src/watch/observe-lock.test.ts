import type { LockEvent, ResourceLock, VersionedRecord, WatchOptions } from "@tenure/core";
import { LeaderElectionError } from "@tenure/core";
import { CellLock } from "@tenure/core/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { observeLock } from "./observe-lock.ts";

const CALL = { timeoutMs: 1_000 };
const RECORD = {
  holderIdentity: "a",
  leaseDurationMs: 4_000,
  acquireTime: "t1",
  renewTime: "t1",
  leaderTransitions: 0,
};

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Follows a lock, and keeps what was told. */
function observe(lock: ResourceLock) {
  const told: string[] = [];
  const ending = new AbortController();
  const ended = observeLock(
    lock,
    {
      onChange: (kind, found) => told.push(found === undefined ? kind : `${kind} ${found.record.renewTime}`),
      onTrouble: (line) => told.push(`trouble: ${line}`),
    },
    { signal: ending.signal, timeoutMs: 1_000 },
  );
  const end = async () => {
    ending.abort();
    await ended;
  };
  return { told, ended, end };
}

/** A lock with a watch that the test feeds. */
function watched(cell: CellLock) {
  const queue: (LockEvent | Error)[] = [];
  let wake = (): void => {};
  async function* watch({ signal }: WatchOptions): AsyncGenerator<LockEvent> {
    signal.addEventListener("abort", () => wake());
    while (!signal.aborted) {
      const next = queue.shift();
      if (next instanceof Error) throw next;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  const lock: ResourceLock = {
    description: cell.description,
    capabilities: cell.capabilities,
    get: (options) => cell.get(options),
    create: (record, options) => cell.create(record, options),
    update: (record, expected, options) => cell.update(record, expected, options),
    close: () => cell.close(),
    watch,
  };
  const feed = async (event: LockEvent | Error): Promise<void> => {
    queue.push(event);
    wake();
    await vi.advanceTimersByTimeAsync(0);
  };
  return { lock, feed };
}

const renewed = (cell: CellLock, from: VersionedRecord, renewTime: string) =>
  cell.update({ ...RECORD, renewTime }, from, CALL);

it("tells each change once, whether an event or a read brings it, and none that came late", async () => {
  const cell = new CellLock();
  const first = await cell.create(RECORD, CALL);
  const { lock, feed } = watched(cell);
  const { told, end } = observe(lock);
  await vi.advanceTimersByTimeAsync(0);
  const second = await renewed(cell, first, "t2");
  await feed({ kind: "changed", current: second });
  await feed({ kind: "changed", current: first });
  await renewed(cell, second, "t3");
  await feed({ kind: "resync" });
  expect(told).toEqual(["seen t1", "renewed t2", "renewed t3"]);
  await end();
  expect(vi.getTimerCount()).toBe(0);
});

it("says that it expired after a whole lease without a change, not before, and again after a renewal", async () => {
  const cell = new CellLock();
  let last = await cell.create(RECORD, CALL);
  const { lock, feed } = watched(cell);
  const { told, end } = observe(lock);
  await vi.advanceTimersByTimeAsync(3_000);
  last = await renewed(cell, last, "t2");
  await feed({ kind: "changed", current: last });
  await vi.advanceTimersByTimeAsync(3_999);
  expect(told).toEqual(["seen t1", "renewed t2"]);
  await vi.advanceTimersByTimeAsync(1);
  expect(told.at(-1)).toBe("expired t2");
  await vi.advanceTimersByTimeAsync(60_000);
  expect(told).toHaveLength(3);
  await end();
});

it("finds by a read what no event told", async () => {
  const cell = new CellLock();
  const first = await cell.create(RECORD, CALL);
  const { lock } = watched(cell);
  const { told, end } = observe(lock);
  await vi.advanceTimersByTimeAsync(1_000);
  await renewed(cell, first, "t2");
  await vi.advanceTimersByTimeAsync(5_000);
  expect(told).toContain("renewed t2");
  await end();
});

it("reads on where it may not watch, and says trouble once until the store answers again", async () => {
  const cell = new CellLock();
  const { lock, feed } = watched(cell);
  const { told, end } = observe(lock);
  await vi.advanceTimersByTimeAsync(0);
  await feed(new LeaderElectionError("ERR_LOCK_FORBIDDEN", "no"));
  expect(told).toEqual([
    "seen",
    "trouble: no watch, reading instead: no (`tenure check` prints what to allow)",
  ]);
  const get = vi.spyOn(cell, "get");
  const gone = new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "gone");
  get.mockRejectedValue(gone);
  await vi.advanceTimersByTimeAsync(9_000);
  expect(told.slice(2)).toEqual(["trouble: gone"]);
  get.mockRestore();
  await cell.create(RECORD, CALL);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.at(-1)).toBe("acquired t1");
  vi.spyOn(cell, "get").mockRejectedValue(gone);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(told.at(-1)).toBe("trouble: gone");
  await end();
});

it("fails where the first read does", async () => {
  const cell = new CellLock();
  vi.spyOn(cell, "get").mockRejectedValue(new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "gone"));
  await expect(observe(cell).ended).rejects.toThrow("gone");
});
