import { describe, expect, it } from "vitest";
import { CONFLICT, Play, UNKNOWN } from "../elector-step.fixture.ts";

/** 2 * 1.2 * P + T: what a polling standby needs. */
const STAND_BACK_MS = 2 * 1.2 * 2_000 + 1_733;

describe("a release", () => {
  it("R10: that is confirmed is the view from now on; the next attempt comes after the stand-back", () => {
    const p = new Play().releasing();
    const freed = p.stored(p.written.record);
    p.find(freed);
    expect(p.state.view?.current).toEqual(freed);
    expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(STAND_BACK_MS + 12.5);
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(2_200);
  });

  it("R7: is never pending: found later, it gives no right", () => {
    expect(new Play().releasing().state.pending).toEqual([]);
  });

  it("R10: that is answered with nothing is of unknown outcome: one read", () => {
    const p = new Play().releasing().find(undefined);
    expect([p.phase, p.told]).toEqual(["releasing", ["get"]]);
  });

  it("R10: whose answer was lost is done when a read finds it: not written again", () => {
    const p = new Play().releasing();
    const freed = p.stored(p.written.record);
    p.answer(UNKNOWN).find(freed);
    expect([p.phase, p.told]).toEqual(["following", []]);
    expect(p.state.view).toMatchObject({ current: freed, order: freed.fencingToken });
  });

  it("R10: the read after it is made once: neither time nor stop() asks again", () => {
    const p = new Play().releasing().answer(CONFLICT);
    expect(p.told).toEqual(["get"]);
    expect(p.pass(1_000).told).toEqual([]);
    expect(p.feed({ kind: "end", reason: "shutdown", stop: true }).told).toEqual([]);
  });

  it("R4: that read does not move the view back behind events that overtook it", () => {
    const p = new Play({}, true).releasing().answer(CONFLICT);
    const asRead = p.stored({ holderIdentity: "y" });
    const newer = p.stored({ holderIdentity: "z" });
    p.feed({ kind: "event", event: { kind: "changed", current: newer } }).find(asRead);
    expect(p.phase).toBe("following");
    expect(p.state.view?.current).toEqual(newer);
  });

  it("R4: where that read finds nothing, the order that is known stays known", () => {
    const p = new Play({}, true).releasing();
    const order = p.state.view?.order;
    expect(order).toBeDefined();
    p.answer(CONFLICT).find(undefined);
    expect(p.state.view).toMatchObject({ current: undefined, order });
  });
});

describe("coming to rest", () => {
  it("closes the watch; the next campaign opens its own", () => {
    const p = new Play({}, true).following();
    expect(p.state.watch).toMatchObject({ kind: "open" });
    p.feed({ kind: "end", reason: "shutdown", stop: true });
    expect(p.told).toEqual(["closeWatch", "stopped"]);
    expect(p.state.watch).toEqual({ kind: "closed", openAtMs: Number.NEGATIVE_INFINITY, failures: 0 });
    p.feed({ kind: "start", goal: "run" });
    expect(p.told).toEqual(["openWatch", "get"]);
  });

  it("closes no watch that has ended already, and forgets how often it failed", () => {
    const p = new Play({}, true).following().feed({ kind: "watchEnded" });
    expect(p.state.watch).toMatchObject({ kind: "closed", failures: 1 });
    p.feed({ kind: "end", reason: "shutdown", stop: true });
    expect(p.told).toEqual(["stopped"]);
    expect(p.state.watch).toEqual({ kind: "closed", openAtMs: Number.NEGATIVE_INFINITY, failures: 0 });
  });

  it("leaves a lock that cannot be watched as it is", () => {
    const p = new Play().following().feed({ kind: "end", reason: "shutdown", stop: true });
    expect(p.told).toEqual(["stopped"]);
    expect(p.state.watch).toEqual({ kind: "none" });
  });

  it("R10: asks nothing more where the record of another shows that the open acquire cannot land", () => {
    const p = new Play({}, true).acquiring().answer(UNKNOWN);
    p.feed({ kind: "event", event: { kind: "changed", current: p.stored() } });
    expect(p.state.pending).toEqual([]);
    p.feed({ kind: "end", reason: "shutdown", stop: true });
    expect(p.told).toEqual(["cancelCall", "closeWatch", "stopped"]);
  });
});
