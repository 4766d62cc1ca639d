import { describe, expect, it } from "vitest";
import { LeaderElectionError } from "../errors.ts";
import type { LeaderElectionRecord, LockEvent, ResourceLock, VersionedRecord } from "../resource-lock.ts";
import { CellLock } from "./cell-lock.ts";
import { FakeClock } from "./fake-clock.ts";
import { type FaultyLock, type Operation, withFaults } from "./faults.ts";

const TIMEOUT_MS = 1_000;
const record: LeaderElectionRecord = {
  holderIdentity: "a",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: "2026-01-01T00:00:00.000000Z",
  leaderTransitions: 0,
};
const OPERATIONS = ["get", "create", "update"] as const;
const unknown = { code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" };

/** A cell behind a faulty lock, with what `operation` needs to succeed. */
function faulty(operation: Operation = "update") {
  const clock = new FakeClock();
  const cell = new CellLock();
  const expected = operation === "create" ? undefined : cell.overwrite({ holderIdentity: "" });
  const lock = withFaults(cell, { clock });
  const call = (signal?: AbortSignal) => ask(lock, operation, expected, signal);
  return { clock, cell, lock, call, written: () => cell.current?.record.holderIdentity === "a" };
}

function ask(
  lock: ResourceLock,
  operation: Operation,
  expected: VersionedRecord | undefined,
  signal?: AbortSignal,
) {
  const options = { timeoutMs: TIMEOUT_MS, signal };
  if (operation === "get") return lock.get(options);
  if (expected === undefined) return lock.create(record, options);
  return lock.update(record, expected, options);
}

/** How a promise stands, without waiting for it. */
function follow(promise: Promise<unknown>) {
  const state: { settled: boolean; value: unknown; error: unknown } = {
    settled: false,
    value: undefined,
    error: undefined,
  };
  promise.then(
    (value) => Object.assign(state, { settled: true, value }),
    (error: unknown) => Object.assign(state, { settled: true, error }),
  );
  return state;
}

describe("without a fault", () => {
  it("is the lock itself, and records what was asked", async () => {
    const { clock, cell, lock } = faulty();
    const expected = await lock.get({ timeoutMs: TIMEOUT_MS });
    await clock.advance(5);
    if (expected === undefined) throw new Error("nothing stored");
    await lock.update(record, expected, { timeoutMs: TIMEOUT_MS });
    expect(cell.current?.record).toEqual(record);
    expect(lock.calls).toEqual([
      { operation: "get", atMs: clock.now() - 5, record: undefined, expected: undefined },
      { operation: "update", atMs: clock.now(), record, expected },
    ]);
    expect(lock).toMatchObject({ description: cell.description, capabilities: cell.capabilities });
    expect(lock.watch).toBeUndefined();
    expect(clock.pendingTimers).toBe(0);
  });

  it("closing it closes nothing", async () => {
    const lock: ResourceLock = Object.assign(new CellLock(), { close: () => expect.unreachable() });
    await withFaults(lock, { clock: new FakeClock() }).close();
  });

  it("a call that was aborted before it was sent is none", async () => {
    const { lock, call } = faulty();
    const reason = new Error("changed my mind");
    lock.hang("update", { times: 1 });
    await expect(call(AbortSignal.abort(reason))).rejects.toBe(reason);
    expect(lock.calls).toEqual([]);
    const hanging = follow(call()); // the fault was not used up
    await new Promise(setImmediate);
    expect(hanging.settled).toBe(false);
  });
});

describe.each(OPERATIONS)("%s", (operation) => {
  it("hang: not applied, unknown at the deadline", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.hang(operation);
    const answer = follow(call());
    await clock.advance(TIMEOUT_MS - 1);
    expect(answer.settled).toBe(false);
    await clock.advance(1);
    expect(answer.error).toMatchObject(unknown);
    expect(written()).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("hang: an abort is heard, unless it is deaf", async () => {
    const { clock, lock, call } = faulty(operation);
    const reason = new Error("enough");
    lock.hang(operation, { times: 1 });
    const controller = new AbortController();
    const heard = follow(call(controller.signal));
    controller.abort(reason);
    await clock.flush();
    expect(heard.error).toMatchObject({ ...unknown, cause: reason });
    expect(clock.pendingTimers).toBe(0);

    lock.hang(operation, { times: 1, deaf: true });
    const other = new AbortController();
    const deaf = follow(call(other.signal));
    other.abort(reason);
    await clock.advance(10 * TIMEOUT_MS);
    expect(deaf.settled).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("loseAnswer: applied at once, unknown at the deadline", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.loseAnswer(operation);
    const answer = follow(call());
    await clock.flush();
    expect(written()).toBe(operation !== "get");
    await clock.advance(TIMEOUT_MS - 1);
    expect(answer.settled).toBe(false);
    await clock.advance(1);
    expect(answer.error).toMatchObject(unknown);
    expect(clock.pendingTimers).toBe(0);
  });

  it("conflict: not applied, and said so at once", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.conflict(operation);
    await expect(call()).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT", outcome: "not-applied" });
    expect(written()).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("refuse: not applied, with the error that the test wants", async () => {
    const { lock, call, written } = faulty(operation);
    lock.refuse(operation);
    await expect(call()).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
    const error = new LeaderElectionError("ERR_LOCK_FORBIDDEN", "no");
    lock.refuse(operation, error);
    await expect(call()).rejects.toBe(error);
    expect(written()).toBe(false);
  });

  it("delayRequest: lands later and answers then", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.delayRequest(operation, 400);
    const answer = follow(call());
    await clock.advance(399);
    expect(written()).toBe(false);
    await clock.advance(1);
    expect(written()).toBe(operation !== "get");
    expect(answer).toMatchObject({ settled: true, error: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it("delayRequest: lands also when the caller has given up: a late write", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.delayRequest(operation, 5_000);
    const answer = follow(call());
    await clock.advance(TIMEOUT_MS);
    expect(answer.error).toMatchObject(unknown);
    await clock.advance(3_999);
    expect(written()).toBe(false);
    lock.heal(); // what is on its way stays on its way
    await clock.advance(1);
    expect(written()).toBe(operation !== "get");
    expect(clock.pendingTimers).toBe(0);
  });

  it("delayAnswer: applied at once, told later", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.delayAnswer(operation, 400);
    const answer = follow(call());
    await clock.advance(399);
    expect(written()).toBe(operation !== "get");
    expect(answer.settled).toBe(false);
    await clock.advance(1);
    expect(answer).toMatchObject({ settled: true, error: undefined, value: expect.anything() });
    expect(clock.pendingTimers).toBe(0);
  });

  it("delayAnswer: longer than the caller waits is unknown", async () => {
    const { clock, lock, call, written } = faulty(operation);
    lock.delayAnswer(operation, 5_000);
    const answer = follow(call());
    await clock.advance(TIMEOUT_MS);
    expect(answer.error).toMatchObject(unknown);
    expect(written()).toBe(operation !== "get");
    await clock.advance(4_000);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe("faults", () => {
  it("last as many calls as they are told, else until they heal", async () => {
    const { lock, call } = faulty("get");
    lock.refuse("get", undefined, 2);
    await expect(call()).rejects.toThrow("refuses");
    await expect(call()).rejects.toThrow("refuses");
    await expect(call()).resolves.toBeDefined();
    lock.refuse("get");
    for (let i = 0; i < 10; i += 1) await expect(call()).rejects.toThrow("refuses");
    lock.heal();
    await expect(call()).resolves.toBeDefined();
  });

  it("heal for one operation alone, the newest replaces the one before", async () => {
    const { lock, cell } = faulty();
    const ask = { timeoutMs: TIMEOUT_MS };
    const expected = cell.overwrite({});
    lock.refuse("get");
    lock.refuse("update");
    lock.heal("get");
    await expect(lock.get(ask)).resolves.toBeDefined();
    await expect(lock.update(record, expected, ask)).rejects.toThrow("refuses");
    lock.conflict("update");
    await expect(lock.update(record, expected, ask)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    await expect(lock.create(record, ask)).rejects.toThrow("already has a record"); // the cell's own
  });

  it("lose and delay refusals like any other answer, and leave no rejection behind", async () => {
    const { clock, cell, lock } = faulty();
    const stale = cell.overwrite({ holderIdentity: "x" });
    cell.touch();
    for (const [fault, expected] of [
      [() => lock.loseAnswer("update"), unknown],
      [() => lock.delayAnswer("update", 400), { code: "ERR_LOCK_CONFLICT" }],
      [() => lock.delayAnswer("update", 5_000), unknown],
      [() => lock.delayRequest("update", 400), { code: "ERR_LOCK_CONFLICT" }],
      [() => lock.delayRequest("update", 5_000), unknown],
    ] as const) {
      fault();
      const answer = follow(lock.update(record, stale, { timeoutMs: TIMEOUT_MS }));
      await clock.flush();
      expect(answer.settled).toBe(false);
      await clock.advance(10_000);
      expect(answer.error).toMatchObject(expected);
    }
    expect(cell.current?.record.holderIdentity).toBe("x");
    expect(clock.pendingTimers).toBe(0);
  });

  it("settle within the deadline also where the lock behind them does not", async () => {
    const clock = new FakeClock();
    const slow = Object.assign(new CellLock(), { get: () => new Promise<never>(() => {}) });
    const lock = withFaults(slow, { clock });
    for (const fault of [
      () => lock.loseAnswer("get"),
      () => lock.delayAnswer("get", 5),
      () => lock.delayRequest("get", 5),
    ]) {
      fault();
      const answer = follow(lock.get({ timeoutMs: TIMEOUT_MS }));
      await clock.advance(TIMEOUT_MS);
      expect(answer.error).toMatchObject(unknown);
    }
  });
});

describe("the watch", () => {
  function watched() {
    const cell = new CellLock();
    const inner: ResourceLock = Object.assign(new CellLock(), {
      watch: (options: Parameters<CellLock["changes"]>[0]) => cell.changes(options),
    });
    const lock = withFaults(inner, { clock: new FakeClock() });
    return { cell, lock };
  }

  function watch(lock: FaultyLock, from?: VersionedRecord, signal?: AbortSignal) {
    const controller = new AbortController();
    const events: LockEvent[] = [];
    const ended = follow(
      (async () => {
        for await (const event of lock.watch?.({ signal: signal ?? controller.signal, from }) ?? [])
          events.push(event);
      })(),
    );
    return { events, ended, abort: () => controller.abort(), settle: () => new Promise(setImmediate) };
  }

  it("passes everything on, and ends with its signal", async () => {
    const { cell, lock } = watched();
    const { events, ended, abort, settle } = watch(lock, cell.overwrite({}));
    await settle();
    const current = cell.overwrite({ holderIdentity: "b" });
    await settle();
    expect(events).toEqual([{ kind: "changed", current }]);
    abort();
    await settle();
    expect(ended).toEqual({ settled: true, value: undefined });
  });

  it("ends at once when its signal has aborted before", async () => {
    const { lock } = watched();
    const { ended, events, settle } = watch(lock, undefined, AbortSignal.abort());
    await settle();
    expect(ended.settled).toBe(true);
    expect(events).toEqual([]);
  });

  it("muteWatch: tells nothing and does not end, until it heals", async () => {
    const { cell, lock } = watched();
    const { events, ended, abort, settle } = watch(lock, cell.overwrite({}));
    await settle();
    lock.muteWatch();
    cell.overwrite({ holderIdentity: "b" });
    await settle();
    expect(events).toEqual([]);
    expect(ended.settled).toBe(false);
    lock.heal();
    const current = cell.overwrite({ holderIdentity: "c" });
    await settle();
    expect(events).toEqual([{ kind: "changed", current }]); // what was missed stays missed
    abort();
  });

  it("heal of one operation does not give the watch its voice back", async () => {
    const { cell, lock } = watched();
    const { events, abort, settle } = watch(lock, cell.overwrite({}));
    await settle();
    lock.muteWatch();
    lock.heal("get");
    cell.overwrite({ holderIdentity: "b" });
    await settle();
    expect(events).toEqual([]);
    abort();
  });

  it("cutWatch: those that stand end, new ones work", async () => {
    const { cell, lock } = watched();
    const from = cell.overwrite({});
    const [one, two] = [watch(lock, from), watch(lock, from)];
    await one.settle();
    lock.cutWatch();
    await one.settle();
    expect(one.ended).toEqual({ settled: true, value: undefined });
    expect(two.ended).toEqual({ settled: true, value: undefined });
    const current = cell.overwrite({ holderIdentity: "b" });
    const next = watch(lock, from);
    await next.settle();
    expect(next.events).toEqual([{ kind: "changed", current }]);
    next.abort();
  });

  it("cutWatch with an error: those that stand end with it, new ones too, until it heals", async () => {
    const { cell, lock } = watched();
    const from = cell.overwrite({});
    const standing = watch(lock, from);
    await standing.settle();
    const error = new LeaderElectionError("ERR_LOCK_FORBIDDEN", "no watch for you");
    lock.cutWatch(error);
    const refused = watch(lock, from);
    await standing.settle();
    expect(standing.ended.error).toBe(error);
    expect(refused.ended.error).toBe(error);
    lock.heal();
    const healed = watch(lock, from);
    await healed.settle();
    expect(healed.ended.settled).toBe(false);
    healed.abort();
  });
});
