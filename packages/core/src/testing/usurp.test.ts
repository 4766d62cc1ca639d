import { describe, expect, it } from "vitest";
import { world } from "../world.fixture.ts";
import { CellLock } from "./cell-lock.ts";
import { FakeClock } from "./fake-clock.ts";
import { withFaults } from "./faults.ts";
import { usurp } from "./usurp.ts";

describe("usurp", () => {
  it("creates the record where there is none", async () => {
    const cell = new CellLock();
    const written = await usurp(cell, "usurper");
    expect(cell.current).toBe(written);
    expect(written.record).toMatchObject({
      holderIdentity: "usurper",
      leaseDurationMs: 15_000,
      leaderTransitions: 0,
    });
    expect(written.record.renewTime).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/);
    expect(written.record.acquireTime).toBe(written.record.renewTime);
  });

  it("takes a held record over as a transition, and keeps what else it holds", async () => {
    const cell = new CellLock();
    cell.overwrite({ holderIdentity: "x", leaseDurationMs: 40_000, leaderTransitions: 6, strategy: "S" });
    const { record } = await usurp(cell, "usurper");
    expect(record).toMatchObject({
      holderIdentity: "usurper",
      leaseDurationMs: 40_000,
      leaderTransitions: 7,
      strategy: "S",
    });
    expect((await usurp(cell, "next", { leaseDurationMs: 1_000 })).record.leaseDurationMs).toBe(1_000);
  });

  it("gives a record without a duration one", async () => {
    const cell = new CellLock();
    cell.overwrite({ holderIdentity: "x", leaseDurationMs: 0 });
    expect((await usurp(cell, "usurper")).record.leaseDurationMs).toBe(15_000);
  });

  it("can meet a conflict, and waits no longer than it is told", async () => {
    const clock = new FakeClock();
    const lock = withFaults(new CellLock(), { clock });
    lock.conflict("create", 1);
    await expect(usurp(lock, "usurper")).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    lock.hang("get", { times: 1 });
    const hanging = expect(usurp(lock, "usurper", { timeoutMs: 300 })).rejects.toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
    });
    await clock.advance(300);
    await hanging;
  });

  it("counts a transition, up to 2^31-1, where the API stops", async () => {
    for (const [before, after] of [
      [6, 7],
      [2 ** 31 - 1, 2 ** 31 - 1],
    ] as const) {
      const cell = new CellLock();
      cell.overwrite({ holderIdentity: "a", leaderTransitions: before });
      expect((await usurp(cell, "usurper")).record.leaderTransitions).toBe(after);
    }
  });

  it.each([
    ["that polls learns it with its next renewal", false, 2_000],
    ["that watches learns it at once", true, 0],
  ])("a leader %s: its term ends taken-over", async (_what, watch, withinMs) => {
    const { clock, cell, candidate } = world({ watch });
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    const { term } = a;
    await usurp(cell, "usurper");
    await clock.advance(withinMs);
    await clock.flush();
    expect(term.isLeading()).toBe(false);
    expect(term.signal.reason).toMatchObject({ stopReason: "taken-over" });
    expect(a.log).toEqual([
      "leader a",
      "start 1",
      "abort taken-over",
      "stop taken-over",
      "leader usurper",
      "end",
    ]);
    expect(cell.current?.record.holderIdentity).toBe("usurper");
  });
});
