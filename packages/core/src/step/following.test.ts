import { describe, expect, it } from "vitest";
import { CONFLICT, Play, UNAVAILABLE, UNKNOWN } from "../elector-step.fixture.ts";
import type { VersionedRecord } from "../resource-lock.ts";

const NEVER = Number.POSITIVE_INFINITY;

const wakeIn = (p: Play): number => (p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs;

/** Follows with a watch that has proved itself, on a record that may be taken. */
function trusting(): { p: Play; current: VersionedRecord } {
  const p = new Play({}, true).feed({ kind: "start", goal: "run" });
  const current = p.stored({ holderIdentity: "" });
  p.find(current).feed({ kind: "event", event: { kind: "changed", current } });
  expect(p.state.watch).toMatchObject({ trusted: true });
  return { p, current };
}

/** `x` was held and is gone; the absence was first seen now. */
function absent(watches = false): Play {
  return new Play({}, watches).following().pass(2_200).find(undefined);
}

describe("an attempt that failed", () => {
  it("R6: by an answer that holds nothing has an unknown outcome: one read at once", () => {
    const p = new Play().acquiring().find(undefined);
    expect([p.phase, p.told]).toEqual(["following", ["get"]]);
    expect(p.state.pending).toHaveLength(1);
  });

  it("R6: by a conflict, with an earlier one open, may be that one, landed: one read at once", () => {
    const p = new Play().acquiring();
    const { record } = p.written;
    p.answer(UNKNOWN).find(p.state.view?.current).pass(2_200).find(p.state.view?.current).pass(12.5);
    expect(p.told).toEqual(["update"]);
    p.answer(CONFLICT);
    expect(p.told).toEqual(["get"]);
    p.find(p.stored(record));
    expect(p.phase).toBe("leading");
  });

  it("on the version in view is tried again after P, not by a read that finds the same version", () => {
    const p = new Play().following();
    const free = p.pass(2_200).stored({ holderIdentity: "" });
    p.find(free).pass(12.5).answer(UNAVAILABLE);
    const againAtMs = p.at.monotonicMs + 2_200;
    expect(p.state).toMatchObject({ retryAtMs: againAtMs, attemptAtMs: againAtMs + 12.5 });
    p.pass(2_187.5).find(free);
    expect(p.state).toMatchObject({ retryAtMs: againAtMs, attemptAtMs: againAtMs + 12.5 });
  });

  it.each(["before", "after"])(
    "R3: where events tell of another version %s the conflict, is tried again at once, three times, then after P",
    (when) => {
      const { p } = trusting();
      // Somebody edits beside the record: other versions, the same fields.
      const edit = () => {
        const { record } = p.state.view?.current ?? {};
        p.feed({ kind: "event", event: { kind: "changed", current: p.stored(record) } });
      };
      for (const [conflicts, waitMs] of [
        [1, 12.5],
        [2, 12.5],
        [3, 12.5],
        [4, 2_212.5],
      ] as const) {
        p.pass(12.5);
        expect(p.told).toEqual(["update"]);
        if (when === "before") edit();
        p.answer(CONFLICT);
        if (when === "after") edit();
        expect(p.state).toMatchObject({ blocked: false, conflicts });
        expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(waitMs);
      }
      const other = p.stored({ holderIdentity: "" });
      p.feed({ kind: "event", event: { kind: "changed", current: other } });
      expect(p.state.conflicts).toBe(0); // other fields: somebody else's turn has passed
      expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(12.5);
    },
  );

  it("R3: by a refusal is no conflict, and is not counted as one", () => {
    const p = new Play().acquiring();
    for (let i = 0; i < 5; i += 1) p.answer(UNAVAILABLE).pass(2_212.5).find(p.state.view?.current).pass(12.5);
    expect(p.state.conflicts).toBe(0);
  });

  it("R3: waits with its read no longer than for the winner that a watch tells", () => {
    const { p } = trusting();
    p.pass(12.5).answer(CONFLICT);
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(2_200);
    p.feed({ kind: "event", event: { kind: "changed", current: p.stored() } });
    expect(p.state).toMatchObject({ blocked: false, mustRead: false });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(300_000);
  });

  it("R3: a watch that told neither the winner nor that it is gone is closed", () => {
    const { p } = trusting();
    p.pass(12.5).answer(CONFLICT).pass(2_200).find(undefined);
    expect(p.told).toEqual(["closeWatch"]);
    const gone = absent(true);
    gone.feed({ kind: "event", event: { kind: "deleted", fencingToken: 50n } });
    const order = gone.state.view?.order;
    while (gone.phase === "following") {
      gone.pass(wakeIn(gone));
      if (gone.state.call?.kind === "get") gone.find(undefined);
    }
    expect(gone.told).toEqual(["create"]);
    gone.answer(CONFLICT);
    expect(gone.state.view).toMatchObject({ current: undefined, order, waitMs: 15_000 });
    gone.pass(2_200).find({ ...gone.stored(), fencingToken: 60n });
    expect(gone.told).toContain("closeWatch");
  });
});

describe("R2 an absence", () => {
  it("R2: is created in while the last look is as old as two polls may take, and no older", () => {
    for (const [lookedAgoMs, told] of [
      [8_266, ["create"]],
      [8_266.5, ["get"]],
    ] as const) {
      const p = absent();
      const dueAtMs = p.state.attemptAtMs;
      p.pass(dueAtMs - lookedAgoMs - p.at.monotonicMs).find(undefined);
      expect(p.state.attemptAtMs).toBe(dueAtMs);
      while (p.at.monotonicMs < dueAtMs) {
        p.pass(Math.min(p.last?.wakeAtMs ?? Number.NaN, dueAtMs) - p.at.monotonicMs);
        if (p.at.monotonicMs < dueAtMs) p.answer(UNAVAILABLE);
      }
      expect(p.told).toEqual(told);
    }
  });

  it("R2: that was looked at too long ago is not read again and again while reads fail", () => {
    const p = absent();
    p.pass(2_200).pass(60_000).answer(UNAVAILABLE); // the failed read took very long
    expect(p.told).toEqual(["error ERR_LOCK_UNAVAILABLE", "get"]);
    p.answer(UNAVAILABLE);
    expect(p.told).toEqual(["error ERR_LOCK_UNAVAILABLE"]);
    expect(p.state.attemptAtMs).toBe(NEVER);
    expect(wakeIn(p)).toBe(2_200);
  });

  it("R1: that followed nothing held needs no polling beside a watch that works", () => {
    const p = new Play({}, true).feed({ kind: "start", goal: "run" }).find(undefined);
    p.feed({ kind: "event", event: { kind: "deleted", fencingToken: 5n } });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(300_000);
    const held = absent(true);
    held.feed({ kind: "event", event: { kind: "deleted", fencingToken: 50n } });
    expect(held.state.readAtMs - held.at.monotonicMs).toBe(2_200);
  });
});

describe("R2 another object in the place of a held one", () => {
  it("R2: is waited out once from its first sight, though it is seen again", () => {
    const p = new Play().following().pass(2_200);
    const empty = p.stored({ holderIdentity: "" }, "two");
    p.find(empty);
    const dueAtMs = p.at.monotonicMs + 15_000;
    expect(p.state.newcomer).toMatchObject({ incarnation: "two", untilMs: dueAtMs });
    p.pass(2_200).find({ ...p.stored(empty.record, "two") });
    expect(p.state.newcomer).toMatchObject({ incarnation: "two", untilMs: dueAtMs });
    expect(p.state.attemptAtMs).toBe(dueAtMs + 12.5);
  });

  it("R2: is waited out for as long as the old one's holder may believe, however short its own lease is", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    p.find(p.stored({ leaseDurationMs: 40_000 })).pass(2_200);
    p.find(p.stored({ leaseDurationMs: 1_000 }, "two"));
    expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(40_012.5);
  });

  it("R2: is forgotten when that is gone too: the absence has its own wait", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    p.find(p.stored({ leaseDurationMs: 40_000 })).pass(2_200);
    p.find(p.stored({ leaseDurationMs: 1_000 }, "two")).pass(2_200);
    p.find(undefined);
    expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(15_012.5);
  });

  it("R2: that bears a create of its own is not given back by stop(): it lapses", () => {
    const p = absent();
    while (p.phase === "following") {
      p.pass(wakeIn(p));
      if (p.state.call?.kind === "get") p.find(undefined);
    }
    const { record } = p.written;
    p.answer(UNKNOWN).feed({ kind: "end", reason: "shutdown", stop: true });
    expect(p.told).toEqual(["cancelCall", "get"]);
    p.find(p.stored(record, "two"));
    expect(p.told).toEqual(["newLeader", "stopped"]);
  });
});

describe("a create that a watch tells of before it is answered", () => {
  it("R2: is no other object: its term starts", () => {
    const p = new Play({}, true).feed({ kind: "start", goal: "run" }).find(undefined).pass(12.5);
    expect(p.told).toEqual(["create"]);
    const mine = p.stored(p.written.record);
    p.feed({ kind: "event", event: { kind: "changed", current: mine } });
    expect(p.phase).toBe("acquiring");
    p.find(mine);
    expect([p.phase, p.told]).toEqual(["leading", ["startTerm"]]);
  });
});

describe("the end of a task whose term was lost", () => {
  it("R9: frees the next attempt after P, without another read", () => {
    const p = new Play().leading().pass(60_000).pass(2_200);
    p.find(p.stored({ holderIdentity: "" }));
    expect(p.state.attemptAtMs).toBe(NEVER); // the task still runs
    p.pass(100).feed({ kind: "taskSettled" });
    expect(p.state.attemptAtMs - p.at.monotonicMs).toBe(2_012.5);
  });
});

describe("stepDown() where nothing is led", () => {
  it.each(["run", "acquire"] as const)("does not end the campaign of %s", (goal) => {
    for (const p of [new Play().following(goal), new Play().acquiring(goal)]) {
      p.feed({ kind: "end", reason: "stepped-down", stop: false });
      expect([p.state.goal, p.told]).toEqual([goal, []]);
    }
  });
});
