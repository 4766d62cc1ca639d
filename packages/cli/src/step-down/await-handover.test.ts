import type { LeaderElectionRecord } from "@tenure/core";
import { CellLock } from "@tenure/core/testing";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { awaitHandover, handoverBetween } from "./await-handover.ts";

const CALL = { timeoutMs: 1_000 };
const HELD: LeaderElectionRecord = {
  holderIdentity: "a",
  leaseDurationMs: 15_000,
  acquireTime: "t1",
  renewTime: "t1",
  leaderTransitions: 0,
};

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["performance", "setTimeout", "clearTimeout"] });
});
afterEach(() => {
  vi.useRealTimers();
});

it("tells terms apart, not renewals", async () => {
  const lock = new CellLock();
  const before = await lock.create(HELD, CALL);
  const become = (record: Partial<LeaderElectionRecord>) =>
    handoverBetween(before, { ...before, record: { ...HELD, ...record } });
  expect(become({ renewTime: "t2" })).toBe("kept");
  expect(become({ holderIdentity: "" })).toBe("released");
  expect(become({ holderIdentity: "b" })).toBe("handed-over");
  expect(become({ acquireTime: "t9" })).toBe("again");
  expect(handoverBetween(before, undefined)).toBe("released");
});

it("waits for whoever comes next, through renewals and the release", async () => {
  const lock = new CellLock();
  const before = await lock.create(HELD, CALL);
  const options = { waitMs: 30_000, timeoutMs: 1_000, signal: new AbortController().signal };
  const handover = awaitHandover(lock, before, options);
  await vi.advanceTimersByTimeAsync(1_000);
  const renewed = await lock.update({ ...HELD, renewTime: "t2" }, before, CALL);
  await vi.advanceTimersByTimeAsync(1_000);
  const released = await lock.update({ ...HELD, holderIdentity: "" }, renewed, CALL);
  await vi.advanceTimersByTimeAsync(1_000);
  await lock.update({ ...HELD, holderIdentity: "b" }, released, CALL);
  await vi.advanceTimersByTimeAsync(1_000);
  expect(await handover).toEqual({ handover: "handed-over", holder: "b" });
});

it("says at the end of the time what stands there", async () => {
  const lock = new CellLock();
  const before = await lock.create(HELD, CALL);
  const options = { waitMs: 2_000, timeoutMs: 1_000, signal: new AbortController().signal };
  const kept = awaitHandover(lock, before, options);
  await vi.advanceTimersByTimeAsync(2_500);
  expect(await kept).toEqual({ handover: "kept", holder: "a" });
  await lock.update({ ...HELD, holderIdentity: "" }, before, CALL);
  expect(await awaitHandover(lock, before, { ...options, waitMs: 0 })).toEqual({
    handover: "released",
    holder: undefined,
  });
});
