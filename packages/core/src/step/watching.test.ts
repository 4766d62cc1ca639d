import { describe, expect, it } from "vitest";
import { leadingTerm } from "../elector-state.ts";
import { asError, failure, Play, UNKNOWN } from "../elector-step.fixture.ts";

describe("a watch", () => {
  it("is opened once there is something to follow on from, not before the first answer", () => {
    const p = new Play({}, true).feed({ kind: "start", goal: "run" });
    expect(p.told).toEqual(["get"]);
    const current = p.stored();
    p.find(current);
    expect(p.effects).toContainEqual({ kind: "openWatch", from: current });
  });

  it("R1: is not proved by an event of before, nor by a resync", () => {
    const p = new Play({}, true).feed({ kind: "start", goal: "run" });
    const old = p.stored();
    p.find(p.stored()).feed({ kind: "event", event: { kind: "changed", current: old } });
    expect(p.state.watch).toMatchObject({ kind: "open", trusted: false });
    p.feed({ kind: "event", event: { kind: "resync" } });
    expect(p.state.watch).toMatchObject({ kind: "open", trusted: false });
  });

  it("R4: that may have missed something makes a follower read at once", () => {
    const p = new Play({}, true).following().feed({ kind: "event", event: { kind: "resync" } });
    expect(p.told).toEqual(["get"]);
    expect(p.state).toMatchObject({ mustRead: true, attemptAtMs: Number.POSITIVE_INFINITY });
  });

  it("R4: that may have missed something during a read makes it read once more", () => {
    const p = new Play({}, true).following().pass(2_200);
    expect(p.told).toEqual(["get"]);
    const { nextCallId } = p.state;
    p.feed({ kind: "event", event: { kind: "resync" } });
    expect(p.told).toEqual([]); // one request at a time
    p.find(p.state.view?.current);
    expect(p.effects).toEqual([{ kind: "get", id: nextCallId }]);
    p.find(p.state.view?.current);
    expect(p.told).toEqual([]);
    expect(p.state.mustRead).toBe(false);
  });

  it("that could not be had is told of with the reason, and again only after one that worked", () => {
    const p = new Play({}, true).following();
    const error = asError(failure("ERR_LOCK_FORBIDDEN"));
    const fail = (): readonly string[] => p.feed({ kind: "watchEnded", error }).told;
    expect(fail()).toEqual(["anomaly watch-unavailable"]);
    expect(p.effects).toMatchObject([
      { anomaly: { error, message: expect.stringContaining("as the test wants") } },
    ]);
    p.pass(2_200).find(p.state.view?.current);
    expect(fail()).toEqual([]);
    p.pass(4_400).find(p.state.view?.current);
    p.feed({ kind: "event", event: { kind: "changed", current: p.state.view?.current } });
    expect(p.state.watch).toMatchObject({ trusted: true, failures: 0 });
    expect(fail()).toEqual(["anomaly watch-unavailable"]);
  });

  it("R6: that shows a follower its own write leaves it for the read, which leads on it", () => {
    const p = new Play({}, true).acquiring();
    const mine = p.stored(p.written.record);
    p.answer(UNKNOWN).feed({ kind: "event", event: { kind: "changed", current: mine } });
    expect(p.phase).toBe("following");
    expect(p.state.pending).toHaveLength(1);
    p.find(mine);
    expect([p.phase, p.told]).toEqual(["leading", ["startTerm"]]);
  });

  it("R5: that shows a leader its own write on another object makes it read", () => {
    const p = new Play({}, true).leading();
    const { base } = leadingTerm(p.state) ?? {};
    p.feed({ kind: "event", event: { kind: "changed", current: p.stored(base?.record, "two") } });
    expect(p.told).toEqual(["get"]);
  });

  it("R4: does not overtake a read that found something newer than it told", () => {
    const p = new Play({}, true).following().pass(2_200);
    const told = p.stored({ holderIdentity: "y" });
    const found = p.stored({ holderIdentity: "z" });
    p.feed({ kind: "event", event: { kind: "changed", current: told } }).find(found);
    expect(p.state.view?.current).toEqual(found);
  });
});

describe("the safety read", () => {
  it.each([
    [0, 270_000],
    [0.75, 315_000],
  ])("R1: comes after five minutes, 10 % more or less: with a draw of %d after %d ms", (drawn, waitMs) => {
    const p = new Play({ random: () => drawn }, true).following();
    p.feed({ kind: "event", event: { kind: "changed", current: p.state.view?.current } });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(waitMs);
  });
});
