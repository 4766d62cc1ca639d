import {
  LeaderElectionError,
  type LeaderElectionRecord,
  LeaderElector,
  type LockEvent,
  type Term,
} from "@tenure/core";
import { CellLock, FakeClock, fakeTerm, usurp } from "@tenure/core/testing";
import { describe, expect, it } from "vitest";
import { MemoryLock } from "./memory-lock.ts";

const CALL = { timeoutMs: 1_000 };

function record(holderIdentity: string): LeaderElectionRecord {
  return {
    holderIdentity,
    leaseDurationMs: 15_000,
    acquireTime: undefined,
    renewTime: "2026-01-01T00:00:00.000000Z",
    leaderTransitions: 0,
  };
}

/** Everything that is due, without letting time pass. */
const settle = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A watch as a list that grows, and how it ended. */
function follow(lock: MemoryLock, from?: Awaited<ReturnType<MemoryLock["get"]>>) {
  const controller = new AbortController();
  const events: LockEvent[] = [];
  const state: { ended: boolean; error: unknown } = { ended: false, error: undefined };
  const ended = (async () => {
    try {
      for await (const event of lock.watch({ signal: controller.signal, from })) events.push(event);
    } catch (error) {
      state.error = error;
    }
    state.ended = true;
  })();
  return { events, state, ended, abort: () => controller.abort() };
}

describe("MemoryLock", () => {
  it("states its facts, and asks nothing of anybody when it is made", () => {
    const lock = new MemoryLock();
    expect(lock.description).toBe("memory lock");
    expect(new MemoryLock({ name: "jobs" }).description).toBe("memory jobs");
    expect(lock.capabilities).toEqual({
      fencing: "monotonic",
      watch: "resumable",
      granularityMs: 1,
      durability: "best-effort",
    });
    expect(Object.isFrozen(lock.capabilities)).toBe(true);
    expect(new MemoryLock({ cell: new CellLock({ granularityMs: 1_000 }) }).capabilities.granularityMs).toBe(
      1_000,
    );
    const name = 7 as unknown as string; // what a user without types may pass
    expect(() => new MemoryLock({ name })).toThrow(new TypeError("Expected `name` to be a string, got 7"));
  });

  it("is one compare-and-swap cell", async () => {
    const lock = new MemoryLock();
    expect(await lock.get(CALL)).toBeUndefined();
    const first = await lock.create(record("a"), CALL);
    await expect(lock.create(record("b"), CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    const second = await lock.update(record("b"), first, CALL);
    await expect(lock.update(record("c"), first, CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    expect(await lock.get(CALL)).toEqual(second);
    expect(second.incarnation).toBe(first.incarnation);
    expect(second.fencingToken).toBeGreaterThan(first.fencingToken ?? 0n);
  });

  it("an aborted call rejects with the signal's reason and writes nothing", async () => {
    const lock = new MemoryLock();
    const reason = new Error("changed my mind");
    await expect(lock.create(record("a"), { ...CALL, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(await lock.get(CALL)).toBeUndefined();
  });

  it("locks with one cell compete, others do not", async () => {
    const cell = new CellLock();
    await new MemoryLock({ cell }).create(record("a"), CALL);
    await expect(new MemoryLock({ cell }).create(record("b"), CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_CONFLICT",
    });
    await expect(new MemoryLock().create(record("b"), CALL)).resolves.toBeDefined();
  });
});

describe("MemoryLock.watch", () => {
  it("goes on from a version that is known", async () => {
    const lock = new MemoryLock();
    const first = await lock.create(record("a"), CALL);
    const { events, abort, ended } = follow(lock, first);
    await settle();
    expect(events).toEqual([]);
    const second = await lock.update(record("b"), first, CALL);
    await settle();
    expect(events).toEqual([{ kind: "changed", current: second }]);
    abort();
    await ended;
  });

  it("tells at once what happened since that version", async () => {
    const cell = new CellLock();
    const lock = new MemoryLock({ cell });
    const first = await lock.create(record("a"), CALL);
    cell.delete();
    const { events, abort, ended } = follow(lock, first);
    await settle();
    expect(events).toEqual([{ kind: "deleted", fencingToken: 2n }]);
    abort();
    await ended;
  });

  it("without a version begins with resync, or with the current state", async () => {
    const lock = new MemoryLock();
    const empty = follow(lock);
    await settle();
    expect(empty.events).toEqual([{ kind: "resync" }]);
    const current = await lock.create(record("a"), CALL);
    const full = follow(lock);
    await settle();
    expect(full.events).toEqual([{ kind: "changed", current }]);
    empty.abort();
    full.abort();
    await Promise.all([empty.ended, full.ended]);
  });

  it("coalesces what a slow reader has not taken yet", async () => {
    const cell = new CellLock();
    const lock = new MemoryLock({ cell });
    const { events, abort, ended } = follow(lock, cell.overwrite({}));
    await settle();
    for (let i = 0; i < 100; i += 1) cell.overwrite({ leaderTransitions: i });
    await settle();
    expect(events).toEqual([{ kind: "changed", current: cell.current }]);
    abort();
    await ended;
  });

  it("ends promptly and quietly when its signal aborts", async () => {
    const lock = new MemoryLock();
    const { state, abort } = follow(lock, await lock.create(record("a"), CALL));
    await settle();
    expect(state.ended).toBe(false);
    abort();
    await settle();
    expect(state).toEqual({ ended: true, error: undefined });
  });

  it("ends with ERR_LOCK_CLOSED when the lock is closed", async () => {
    const lock = new MemoryLock();
    const { state } = follow(lock, await lock.create(record("a"), CALL));
    await settle();
    await lock.close();
    await settle();
    expect(state).toMatchObject({ ended: true, error: { code: "ERR_LOCK_CLOSED" } });
  });
});

describe("MemoryLock.close", () => {
  it("refuses what comes afterwards, is idempotent, and leaves the cell and its record", async () => {
    const cell = new CellLock();
    const lock = new MemoryLock({ cell });
    const first = await lock.create(record("a"), CALL);
    await lock.close();
    await lock.close();
    const closed = { code: "ERR_LOCK_CLOSED", outcome: "not-applied" };
    await expect(lock.get(CALL)).rejects.toMatchObject(closed);
    await expect(lock.create(record("b"), CALL)).rejects.toMatchObject(closed);
    await expect(lock.update(record("b"), first, CALL)).rejects.toMatchObject(closed);
    const watch = follow(lock);
    await watch.ended;
    expect(watch.state.error).toMatchObject(closed);
    expect(LeaderElectionError.is(watch.state.error)).toBe(true);
    expect(cell.current).toBe(first);
    expect(await new MemoryLock({ cell }).get(CALL)).toBe(first);
  });

  it("is what the end of its scope does", async () => {
    const lock = new MemoryLock();
    await lock[Symbol.asyncDispose]();
    await expect(lock.get(CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });
});

describe("electors on a MemoryLock", () => {
  async function threeReplicas() {
    const clock = new FakeClock();
    const cell = new CellLock();
    const started: string[] = [];
    const electors = ["a", "b", "c"].map((identity, i) => {
      const lock = new MemoryLock({ cell });
      const elector = new LeaderElector({ lock, identity, clock, random: () => i / 3 });
      elector.on("startedLeading", () => started.push(identity));
      return elector;
    });
    for (const elector of electors) void elector.run(untilAborted);
    await clock.advance(20_000);
    const leader = () => electors.find((elector) => elector.isLeading());
    expect(started).toEqual(["a"]);
    return { clock, cell, electors, started, leader };
  }

  const untilAborted = (term: Term): Promise<void> =>
    new Promise((resolve) => term.signal.addEventListener("abort", () => resolve(), { once: true }));

  it("hand over at once, not after a poll", async () => {
    const { clock, electors, started, leader } = await threeReplicas();
    for (const expected of ["a", "b", "c"]) {
      expect(leader()?.identity).toBe(expected);
      const stopped = leader()?.stop();
      await clock.advance(25);
      await stopped;
    }
    expect(started).toEqual(["a", "b", "c"]);
    expect(electors.some((elector) => elector.isLeading())).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("notice a usurper at once", async () => {
    const { clock, cell, leader } = await threeReplicas();
    await usurp(cell, "usurper");
    await clock.advance(0);
    await clock.flush();
    expect(leader()).toBeUndefined();
  });

  it("go on elsewhere when the leader's lock is closed under it", async () => {
    const clock = new FakeClock();
    const cell = new CellLock();
    const lock = new MemoryLock({ cell });
    const first = new LeaderElector({ lock, identity: "first", clock, random: () => 0.5 });
    const second = new LeaderElector({
      lock: new MemoryLock({ cell }),
      identity: "second",
      clock,
      random: () => 0.5,
    });
    void first.run(untilAborted);
    await clock.advance(1_000);
    void second.run(untilAborted);
    await clock.advance(1_000);
    await lock.close();
    await clock.advance(10_000);
    expect(first.isLeading()).toBe(false);
    await clock.advance(6_000);
    expect(second.isLeading()).toBe(true);
  });
});

/** The work of an application, as a user would write it. */
async function drainQueue(
  term: Term,
  queue: string[],
  write: (item: string, token: bigint) => Promise<void>,
) {
  while (!term.signal.aborted) {
    const item = queue.shift();
    if (item === undefined) return;
    term.assertLeading();
    await write(item, term.fencingToken);
  }
}

describe("a user's unit test of elected work", () => {
  it("with fakeTerm: the work stops when its term ends, and passes the token on", async () => {
    const fake = fakeTerm({ fencingToken: 7n });
    const written: [string, bigint][] = [];
    const queue = ["one", "two", "three"];
    await drainQueue(fake.term, queue, async (item, token) => {
      written.push([item, token]);
      if (item === "two") fake.end("taken-over");
    });
    expect(written).toEqual([
      ["one", 7n],
      ["two", 7n],
    ]);
    expect(queue).toEqual(["three"]);
  });

  it("with MemoryLock: two replicas share the work, each in its own term", async () => {
    await using lock = new MemoryLock();
    const clock = new FakeClock();
    const fence: bigint[] = [];
    const replica = (identity: string) =>
      new LeaderElector({ lock, identity, clock, random: () => 0.5 }).run((term) =>
        drainQueue(term, [`${identity} 1`, `${identity} 2`], async (_item, token) => {
          fence.push(token);
        }),
      );
    const both = Promise.all([replica("a"), replica("b")]);
    await clock.advance(100);
    await both;
    const [first, ...rest] = fence;
    expect(rest[0]).toBe(first);
    expect(rest[1]).toBeGreaterThan(first ?? 0n);
    expect(rest[2]).toBe(rest[1]);
    expect(fence).toHaveLength(4);
  });
});
