import { describe, expect, it } from "vitest";
import { leadingTerm } from "../elector-state.ts";
import { CONFLICT, Play, UNAVAILABLE, UNKNOWN } from "../elector-step.fixture.ts";
import type { VersionedRecord } from "../resource-lock.ts";

/** What the term rests on. */
function base(p: Play): VersionedRecord {
  const term = leadingTerm(p.state);
  if (term === undefined) throw new Error("not leading");
  return term.base;
}

describe("a renewal", () => {
  it("R6: that is answered with nothing is of unknown outcome: the term goes on, and it is sent again after P", () => {
    const p = new Play().leading().pass(2_000).find(undefined);
    expect([p.phase, p.told]).toEqual(["leading", []]);
    expect(p.state.pending).toHaveLength(1);
    p.pass(2_200);
    expect(p.told).toEqual(["update"]);
  });

  it("R7: that is answered with nothing after the term is no base for anything", () => {
    const p = new Play().draining();
    const known = base(p);
    p.pass(2_000).feed({ kind: "taskSettled" }).find(undefined);
    expect(p.written).toMatchObject({ kind: "update", expected: known });
  });

  it("answers an event of its own order", () => {
    const p = new Play({}, true).leading().pass(2_000);
    const renewed = p.stored(p.written.record);
    const event = { ...p.stored(), fencingToken: renewed.fencingToken };
    p.feed({ kind: "event", event: { kind: "changed", current: event } }).find(renewed);
    expect(p.told).toEqual([]);
  });
});

describe("a leader's read", () => {
  it("R5: that fails ends nothing", () => {
    const p = new Play().leading().pass(2_000).answer(CONFLICT).answer(UNAVAILABLE);
    expect([p.phase, p.told]).toEqual(["leading", ["error ERR_LOCK_UNAVAILABLE"]]);
  });

  it("R5: that was to explain a conflict and fails is made again after P, counted from its failure; nothing is written before", () => {
    const p = new Play().leading().pass(2_000).answer(CONFLICT).pass(1_000).answer(UNAVAILABLE);
    expect(p.pass(2_199).told).toEqual([]);
    expect(p.pass(1).told).toEqual(["get"]);
  });

  it("R5: that an event asked for and that fails does not put the renewal off", () => {
    const p = new Play({}, true).leading();
    const { renewAtMs } = leadingTerm(p.state) ?? {};
    p.feed({ kind: "event", event: { kind: "resync" } })
      .pass(500)
      .answer(UNAVAILABLE);
    expect(leadingTerm(p.state)).toMatchObject({ renewAtMs });
  });

  it("R5: that finds what the term rests on is no news: nothing is written before its time", () => {
    const p = new Play({}, true).leading();
    const { renewAtMs } = leadingTerm(p.state) ?? {};
    p.feed({ kind: "event", event: { kind: "resync" } });
    expect(p.told).toEqual(["get"]);
    p.find(base(p));
    expect(p.told).toEqual([]);
    expect(leadingTerm(p.state)).toMatchObject({ renewAtMs, reissues: 0 });
  });

  it("R5: that finds a smaller token under its own write ends nothing where that was accepted", () => {
    const p = new Play({ acceptTokenRegression: true }).leading();
    const older = { ...p.stored(base(p).record), fencingToken: 1n };
    p.pass(2_000).answer(CONFLICT).find(older);
    expect([p.phase, p.told]).toEqual(["leading", ["update"]]);
    expect(p.written).toMatchObject({ expected: older });
  });

  it("is not cancelled by stop(): the task still drains", () => {
    const p = new Play().leading().pass(2_000).answer(CONFLICT);
    p.feed({ kind: "end", reason: "shutdown", stop: true });
    expect([p.phase, p.told]).toEqual(["draining", ["abortTerm shutdown"]]);
  });
});

describe("a loss", () => {
  it("is the deadline's up to a quarter of P late, and a stall's beyond", () => {
    for (const [lateMs, reason] of [
      [500, "deadline"],
      [500.5, "stalled"],
    ] as const) {
      const p = new Play()
        .leading()
        .pass(2_000)
        .answer(UNKNOWN)
        .pass(8_000 + lateMs);
      expect(p.told).toEqual([`abortTerm ${reason}`, `endTerm ${reason}`]);
    }
  });

  it("R7: leaves no write pending: none of that term gives any right", () => {
    const p = new Play().leading().pass(2_000).answer(UNKNOWN);
    expect(p.state.pending).toHaveLength(1);
    p.pass(8_000);
    expect(p.phase).toBe("following");
    expect(p.state.pending).toEqual([]);
  });
});

describe("a task that settles while it leads, without a word why", () => {
  it("R11: gives the term back", () => {
    const p = new Play().leading().feed({ kind: "taskSettled" });
    expect(p.told).toEqual(["abortTerm released", "endTerm released", "update"]);
    expect([p.phase, p.state.goal]).toEqual(["releasing", "run"]);
  });
});

describe("what a leader plans", () => {
  it("is no read and no attempt, whatever its watch does", () => {
    const never = Number.POSITIVE_INFINITY;
    const plans = { readAtMs: never, attemptAtMs: never, mustRead: false, blocked: false };
    const p = new Play({}, true).leading();
    expect(p.state).toMatchObject(plans);
    p.feed({ kind: "event", event: { kind: "changed", current: base(p) } });
    expect(p.state).toMatchObject({ ...plans, watch: { trusted: true } });
    p.feed({ kind: "watchEnded" });
    expect(p.state).toMatchObject({ ...plans, watch: { kind: "closed" } });
  });

  it("R5: includes its watch: it is opened again in its time", () => {
    const p = new Play({}, true).leading().pass(2_000).feed({ kind: "watchEnded" });
    p.pass(2_000);
    expect((p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs).toBe(200);
    p.pass(200);
    expect(p.told).toEqual(["openWatch"]);
  });

  it("but not once it is to stop", () => {
    const p = new Play({}, true).draining(true).feed({ kind: "watchEnded" }).pass(1_999);
    expect((p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs).toBe(1); // the renewal
    expect(p.pass(1).told).toEqual(["update"]);
    expect(p.pass(500).told).toEqual([]);
  });
});
