import { describe, expect, it } from "vitest";
import type { TimeReading } from "./clock.ts";
import { type ElectorState, leadingTerm } from "./elector-state.ts";
import {
  asError,
  CONFLICT,
  deepFreeze,
  failure,
  type Happening,
  nanos,
  type PhaseName,
  Play,
  SETUP,
  seeded,
  UNAVAILABLE,
  UNKNOWN,
} from "./elector-step.fixture.ts";
import { step } from "./elector-step.ts";
import type { LeaderElectorOptions } from "./options.ts";
import type { VersionedRecord } from "./resource-lock.ts";

interface Row {
  readonly from: PhaseName;
  readonly when: string;
  readonly to: PhaseName;
  /** From the phase to just before the input that counts, and that input. */
  readonly play: (p: Play) => void;
  readonly told: readonly string[];
  readonly options?: Partial<LeaderElectorOptions>;
}

const TRANSITIONS: readonly Row[] = [
  {
    from: "stopped",
    when: "a campaign starts: one read",
    to: "following",
    play: (p) => p.feed({ kind: "start", goal: "run" }),
    told: ["get"],
  },
  {
    from: "following",
    when: "the lock is free and the attempt's jitter has passed: one write",
    to: "acquiring",
    play: (p) => p.find(p.stored({ holderIdentity: "" })).pass(12.5),
    told: ["update"],
  },
  {
    from: "following",
    when: "no record was ever seen: create",
    to: "acquiring",
    play: (p) => p.find(undefined).pass(12.5),
    told: ["create"],
  },
  {
    from: "following",
    when: "the lock is held: it waits",
    to: "following",
    play: (p) => p.find(p.stored()),
    told: ["newLeader"],
  },
  {
    from: "following",
    when: "a read finds the acquire whose answer was lost",
    to: "leading",
    play: (p) => {
      p.find(p.stored({ holderIdentity: "" })).pass(12.5);
      const { record } = p.written;
      p.answer(UNKNOWN).find(p.stored(record));
    },
    told: ["newLeader", "startTerm"],
  },
  {
    from: "following",
    when: "a read finds that acquire, shortened by the store",
    to: "releasing",
    play: (p) => {
      p.find(p.stored({ holderIdentity: "" })).pass(12.5);
      const { record } = p.written;
      p.answer(UNKNOWN).find(p.stored({ ...record, leaseDurationMs: 1_000 }));
    },
    told: ["newLeader", "anomaly shorter-duration", "update"],
  },
  {
    from: "following",
    when: "it is to stop: no more requests",
    to: "stopped",
    play: (p) => p.find(p.stored()).feed({ kind: "end", reason: "shutdown", stop: true }),
    told: ["stopped"],
  },
  {
    from: "following",
    when: "it is to stop while it reads: the read is cancelled",
    to: "stopped",
    play: (p) => p.feed({ kind: "end", reason: "shutdown", stop: true }),
    told: ["cancelCall", "stopped"],
  },
  {
    from: "following",
    when: "it is to stop with an acquire of unknown fate: one read more",
    to: "releasing",
    play: (p) =>
      p
        .find(p.stored({ holderIdentity: "" }))
        .pass(12.5)
        .answer(UNKNOWN)
        .feed({ kind: "end", reason: "shutdown", stop: true }),
    told: ["cancelCall", "get"],
  },
  {
    from: "following",
    when: "stepDown() comes: nothing is led",
    to: "following",
    play: (p) => p.find(p.stored()).feed({ kind: "end", reason: "stepped-down", stop: false }),
    told: [],
  },
  {
    from: "acquiring",
    when: "the write is confirmed: a term starts",
    to: "leading",
    play: (p) => p.confirm(),
    told: ["newLeader", "startTerm"],
  },
  {
    from: "acquiring",
    when: "it meets a conflict: no write before a newer view",
    to: "following",
    play: (p) => p.answer(CONFLICT),
    told: [],
  },
  {
    from: "acquiring",
    when: "its outcome is unknown: one read at once",
    to: "following",
    play: (p) => p.answer(UNKNOWN),
    told: ["error ERR_LOCK_OUTCOME_UNKNOWN", "get"],
  },
  {
    from: "acquiring",
    when: "it was refused: tried again later",
    to: "following",
    play: (p) => p.answer(UNAVAILABLE),
    told: ["error ERR_LOCK_UNAVAILABLE"],
  },
  {
    from: "acquiring",
    when: "it is confirmed after its own deadline: nothing starts",
    to: "following",
    play: (p) => {
      const write = p.written;
      p.pass(10_000).find(p.stored(write.record));
    },
    told: ["newLeader", "get"],
  },
  {
    from: "acquiring",
    when: "it is confirmed with a shorter lease than was written: given back",
    to: "releasing",
    play: (p) => p.confirm({}, { leaseDurationMs: 14_999 }),
    told: ["newLeader", "anomaly shorter-duration", "update"],
  },
  {
    from: "acquiring",
    when: "it is confirmed with a token that is not larger: given back",
    to: "releasing",
    play: (p) => p.confirm({ fencingToken: 1n }),
    told: ["newLeader", "error ERR_TOKEN_REGRESSION", "update"],
  },
  {
    from: "acquiring",
    when: "the same, but that was accepted: a term starts",
    to: "leading",
    options: { acceptTokenRegression: true },
    play: (p) => p.confirm({ fencingToken: 1n }),
    told: ["newLeader", "startTerm"],
  },
  {
    from: "acquiring",
    when: "it is confirmed without a token: given back",
    to: "releasing",
    play: (p) => p.confirm({ fencingToken: undefined }),
    told: ["newLeader", "error ERR_LOCK_RECORD_INVALID", "update"],
  },
  {
    from: "acquiring",
    when: "it was to stop meanwhile, and the write is confirmed: no term, given back",
    to: "releasing",
    play: (p) => {
      const write = p.written;
      p.feed({ kind: "end", reason: "shutdown", stop: true }).find(p.stored(write.record));
    },
    told: ["update"],
  },
  {
    from: "acquiring",
    when: "it was to stop meanwhile, and the outcome is unknown: one read",
    to: "releasing",
    play: (p) => p.feed({ kind: "end", reason: "shutdown", stop: true }).answer(UNKNOWN),
    told: ["error ERR_LOCK_OUTCOME_UNKNOWN", "get"],
  },
  {
    from: "leading",
    when: "the retry period is over: a renewal",
    to: "leading",
    play: (p) => p.pass(2_000),
    told: ["update"],
  },
  {
    from: "leading",
    when: "a renewal meets a conflict: it reads before it believes",
    to: "leading",
    play: (p) => p.pass(2_000).answer(CONFLICT),
    told: ["get"],
  },
  {
    from: "leading",
    when: "it is told to end: the task drains",
    to: "draining",
    play: (p) => p.feed({ kind: "end", reason: "stepped-down", stop: false }),
    told: ["abortTerm stepped-down"],
  },
  {
    from: "leading",
    when: "its task returns: given back at once",
    to: "releasing",
    play: (p) => p.feed({ kind: "taskSettled", finished: "task-returned" }),
    told: ["abortTerm task-returned", "endTerm task-returned", "update"],
  },
  {
    from: "leading",
    when: "the deadline passes",
    to: "following",
    play: (p) => p.pass(2_000).pass(7_987.5 + 12.5),
    told: ["abortTerm deadline", "endTerm deadline"],
  },
  {
    from: "leading",
    when: "the deadline is long past when it looks again",
    to: "following",
    play: (p) => p.pass(60_000),
    told: ["abortTerm stalled", "endTerm stalled"],
  },
  {
    from: "leading",
    when: "a read finds another holder",
    to: "following",
    play: (p) => p.pass(2_000).answer(CONFLICT).find(p.stored()),
    told: ["abortTerm taken-over", "endTerm taken-over", "newLeader"],
  },
  {
    from: "leading",
    when: "a read finds no record",
    to: "following",
    play: (p) => p.pass(2_000).answer(CONFLICT).find(undefined),
    told: ["abortTerm deleted", "endTerm deleted"],
  },
  {
    from: "leading",
    when: "a read finds its name, and not its write",
    to: "following",
    play: (p) =>
      p
        .pass(2_000)
        .answer(CONFLICT)
        .find(p.stored({ holderIdentity: "me" })),
    told: ["anomaly duplicate-identity", "abortTerm identity-conflict", "endTerm identity-conflict"],
  },
  {
    from: "leading",
    when: "a read finds a smaller token",
    to: "following",
    play: (p) => {
      const term = leadingTerm(p.state);
      if (term === undefined) throw new Error("not leading");
      p.pass(2_000)
        .answer(CONFLICT)
        .find({ ...term.base, version: "old", fencingToken: 1n });
    },
    told: ["error ERR_TOKEN_REGRESSION", "abortTerm token-regression", "endTerm token-regression"],
  },
  {
    from: "leading",
    when: "a read finds its own write under an edited object: adopted, written again at once",
    to: "leading",
    play: (p) => {
      const term = leadingTerm(p.state);
      if (term === undefined) throw new Error("not leading");
      p.pass(2_000).answer(CONFLICT).find(p.stored(term.base.record));
    },
    told: ["update"],
  },
  {
    from: "leading",
    when: "a read finds its own write, shortened by a stranger: others would not wait long enough",
    to: "following",
    play: (p) => {
      const term = leadingTerm(p.state);
      if (term === undefined) throw new Error("not leading");
      p.pass(2_000)
        .answer(CONFLICT)
        .find(p.stored({ ...term.base.record, leaseDurationMs: 1_000 }));
    },
    told: ["anomaly shorter-duration", "abortTerm taken-over", "endTerm taken-over"],
  },
  {
    from: "leading",
    when: "a renewal is confirmed with a shorter lease",
    to: "following",
    play: (p) => p.pass(2_000).confirm({}, { leaseDurationMs: 1_000 }),
    told: ["anomaly shorter-duration", "abortTerm taken-over", "endTerm taken-over"],
  },
  {
    from: "leading",
    when: "a renewal is confirmed with a smaller token",
    to: "following",
    play: (p) => p.pass(2_000).confirm({ fencingToken: 2n }),
    told: ["error ERR_TOKEN_REGRESSION", "abortTerm token-regression", "endTerm token-regression"],
  },
  {
    from: "leading",
    when: "a renewal is confirmed without a token",
    to: "following",
    play: (p) => p.pass(2_000).confirm({ fencingToken: undefined }),
    told: ["error ERR_LOCK_RECORD_INVALID", "abortTerm token-regression", "endTerm token-regression"],
  },
  {
    from: "leading",
    when: "it stalls past the deadline, and its task returns first",
    to: "following",
    play: (p) => {
      p.at = { ...p.at, monotonicMs: p.at.monotonicMs + 60_000 };
      p.feed({ kind: "taskSettled" });
    },
    told: ["abortTerm stalled", "endTerm stalled"],
  },
  {
    from: "draining",
    when: "the retry period is over: it goes on renewing",
    to: "draining",
    play: (p) => p.pass(2_000),
    told: ["update"],
  },
  {
    from: "draining",
    when: "the task has stopped: given back, with no read first",
    to: "releasing",
    play: (p) => p.feed({ kind: "taskSettled" }),
    told: ["endTerm stepped-down", "update"],
  },
  {
    from: "draining",
    when: "the task has stopped while a renewal is under way: that comes first",
    to: "releasing",
    play: (p) => p.pass(2_000).feed({ kind: "taskSettled" }),
    told: ["endTerm stepped-down"],
  },
  {
    from: "draining",
    when: "that renewal is answered: its version is what is given back",
    to: "releasing",
    play: (p) => {
      p.pass(2_000);
      const renewed = p.stored(p.written.record);
      p.feed({ kind: "taskSettled" }).find(renewed);
      expect(p.written).toMatchObject({ kind: "update", expected: renewed });
    },
    told: ["update"],
  },
  {
    from: "draining",
    when: "the deadline passes: lost, for the reason that it was told",
    to: "following",
    play: (p) => p.pass(2_000).pass(8_000),
    told: ["endTerm stepped-down", "anomaly drain-timeout"],
  },
  {
    from: "draining",
    when: "the task outlives the drain timeout: left to lapse",
    to: "following",
    options: { drainTimeoutMs: 1_500 },
    play: (p) => p.pass(1_500),
    told: ["anomaly drain-timeout", "endTerm stepped-down"],
  },
  {
    from: "draining",
    when: "the same, and it is to stop",
    to: "stopped",
    options: { drainTimeoutMs: 1_500 },
    play: (p) => p.feed({ kind: "end", reason: "shutdown", stop: true }).pass(1_500),
    told: ["anomaly drain-timeout", "endTerm stepped-down", "stopped"],
  },
  {
    from: "draining",
    when: "a read finds another holder: nothing to abort any more",
    to: "following",
    play: (p) => p.pass(2_000).answer(CONFLICT).find(p.stored()),
    told: ["endTerm stepped-down", "newLeader"],
  },
  {
    from: "releasing",
    when: "the release is confirmed: it stands back, and follows",
    to: "following",
    play: (p) => p.confirm(),
    told: [],
  },
  {
    from: "releasing",
    when: "the release is confirmed and it is to stop",
    to: "stopped",
    play: (p) =>
      p.feed({ kind: "end", reason: "shutdown", stop: true }).find(p.stored({ holderIdentity: "" })),
    told: ["stopped"],
  },
  {
    from: "releasing",
    when: "the release meets a conflict: one read",
    to: "releasing",
    play: (p) => p.answer(CONFLICT),
    told: ["get"],
  },
  {
    from: "releasing",
    when: "that read finds its own write: repeated on that version",
    to: "releasing",
    play: (p) => {
      const { phase } = p.state;
      if (phase.kind !== "releasing" || phase.base === undefined) throw new Error("not releasing");
      p.answer(CONFLICT).find(p.stored(phase.base.record));
    },
    told: ["update"],
  },
  {
    from: "releasing",
    when: "that read finds another's record: left alone",
    to: "following",
    play: (p) => p.answer(CONFLICT).find(p.stored()),
    told: ["newLeader"],
  },
  {
    from: "releasing",
    when: "that read finds its name, and not its write: left alone",
    to: "following",
    play: (p) => p.answer(CONFLICT).find(p.stored({ holderIdentity: "me" })),
    told: ["anomaly duplicate-identity"],
  },
  {
    from: "releasing",
    when: "that read finds nothing",
    to: "following",
    play: (p) => p.answer(UNKNOWN).find(undefined),
    told: [],
  },
  {
    from: "releasing",
    when: "that read fails: left to lapse",
    to: "following",
    play: (p) => p.answer(UNKNOWN).answer(UNAVAILABLE),
    told: ["error ERR_LOCK_UNAVAILABLE"],
  },
  {
    from: "releasing",
    when: "the second try fails too: left to lapse",
    to: "following",
    play: (p) => {
      const { phase } = p.state;
      if (phase.kind !== "releasing" || phase.base === undefined) throw new Error("not releasing");
      p.answer(UNKNOWN).find(p.stored(phase.base.record)).answer(UNKNOWN);
    },
    told: ["error ERR_LOCK_OUTCOME_UNKNOWN"],
  },
];

describe("transitions", () => {
  it.each(TRANSITIONS)("$from -> $to: $when", ({ from, to, play, told, options }) => {
    const p = new Play(options);
    SETUP[from](p);
    expect(p.phase).toBe(from);
    play(p);
    expect(p.told).toEqual(told);
    expect(p.phase).toBe(to);
  });

  it("with acquire a loss ends the campaign: it rests when the term was released", () => {
    const p = new Play().leading("acquire").pass(60_000);
    expect(p.told).toEqual(["abortTerm stalled", "endTerm stalled"]);
    expect([p.phase, p.state.goal]).toEqual(["following", "stop"]);
    p.feed({ kind: "taskSettled", finished: "released" });
    expect(p.told).toEqual(["stopped"]);
  });

  it("with acquire a task that outlives its drain timeout is no reason not to rest", () => {
    const p = new Play().leading("acquire").pass(60_000).pass(10_000);
    expect(p.told).toEqual(["anomaly drain-timeout", "stopped"]);
    expect(p.state.taskRunning).toBe(true);
    p.feed({ kind: "taskSettled", finished: "released" });
    expect([p.phase, p.state.taskRunning]).toEqual(["stopped", false]);
  });

  it("with acquire stepDown ends the campaign as stop does", () => {
    const p = new Play().leading("acquire").feed({ kind: "end", reason: "stepped-down", stop: false });
    expect(p.state.goal).toBe("stop");
    p.feed({ kind: "taskSettled" }).confirm();
    expect(p.told).toEqual(["stopped"]);
  });

  it("a task that returns ends the campaign, also in a term that was just lost", () => {
    const p = new Play().leading();
    p.at = { ...p.at, wallMs: p.at.wallMs + 3_600_000 };
    p.feed({ kind: "taskSettled", finished: "task-returned" });
    expect(p.told).toEqual(["abortTerm stalled", "endTerm stalled", "stopped"]);
  });
});

describe("inputs that mean nothing", () => {
  it("an answer to a call that is not under way", () => {
    for (const to of ["following", "acquiring", "leading", "draining", "releasing"] as const) {
      const p = new Play();
      SETUP[to](p);
      const before = p.state;
      p.feed({ kind: "answered", id: before.nextCallId, answer: { ok: true, found: p.stored() } });
      p.feed({ kind: "answered", id: 0, answer: CONFLICT });
      expect(p.state).toEqual(before);
      expect(p.effects).toEqual([]);
    }
  });

  it("anything but a start while stopped", () => {
    const p = new Play({}, true);
    const before = p.state;
    p.feed({ kind: "end", reason: "shutdown", stop: true })
      .feed({ kind: "taskSettled", finished: "released" })
      .feed({ kind: "event", event: { kind: "resync" } })
      .feed({ kind: "watchEnded" })
      .pass(60_000);
    expect(p.state).toEqual(before);
    expect(p.last?.wakeAtMs).toBe(Number.POSITIVE_INFINITY);
  });
});

describe("what a step leaves behind", () => {
  it("leading: nothing pending, no read and no attempt planned, the confirmed record in view", () => {
    const p = new Play().acquiring();
    const found = p.stored(p.written.record);
    p.find(found);
    const never = Number.POSITIVE_INFINITY;
    expect(p.state).toMatchObject({
      pending: [],
      readAtMs: never,
      attemptAtMs: never,
      view: { current: found },
    });
    p.pass(2_000);
    expect(p.state.pending).toHaveLength(1);
    const renewed = p.stored(p.written.record);
    p.find(renewed);
    expect(p.state).toMatchObject({ pending: [], view: { current: renewed, order: renewed.fencingToken } });
  });

  it("R9: after a loss nothing is written before a read", () => {
    const p = new Play().leading().pass(60_000).feed({ kind: "taskSettled" });
    p.pass(2_100); // the stand-back is over, and the record is one of its own
    expect(p.told).toEqual([]);
    p.pass(100);
    expect(p.told).toEqual(["get"]);
  });

  it("R10: after a release of unknown fate nothing is written before a read that gets through", () => {
    const p = new Play().releasing().answer(UNKNOWN).answer(UNAVAILABLE);
    for (let i = 0; i < 10; i += 1) {
      p.pass(2_200);
      expect(p.told).toEqual(["get"]);
      p.answer(UNAVAILABLE);
    }
  });

  it("R10: nor after a second try that failed too", () => {
    const p = new Play().releasing();
    const { phase } = p.state;
    if (phase.kind !== "releasing" || phase.base === undefined) throw new Error("not releasing");
    p.answer(UNKNOWN).find(p.stored(phase.base.record)).answer(UNKNOWN);
    expect(p.phase).toBe("following");
    expect(p.state.mustRead).toBe(true);
  });

  it("R10: after a release that was answered, or found overtaken, no read is owed and nothing is pending", () => {
    for (const p of [
      new Play().releasing().confirm(),
      new Play().draining().pass(2_000).feed({ kind: "taskSettled" }).answer(CONFLICT).confirm(),
    ]) {
      expect(p.phase).toBe("following");
      expect(p.state).toMatchObject({ mustRead: false, pending: [] });
    }
    const overtaken = new Play().releasing().answer(CONFLICT);
    overtaken.find(overtaken.stored());
    expect(overtaken.state).toMatchObject({ mustRead: false, pending: [] });
  });

  it("R7: a renewal that is answered after the term gives the version for the next write, and no more", () => {
    const p = new Play().leading().pass(2_000);
    const { record } = p.written;
    p.pass(8_000).feed({ kind: "taskSettled" });
    const found = p.stored(record);
    p.find(found);
    expect(p.phase).toBe("following");
    expect(p.state.view?.current).toEqual(found);
  });

  it("a term that was lost for what a renewal wrote leaves that in view", () => {
    for (const [change, fields] of [
      [{}, { leaseDurationMs: 1_000 }],
      [{ fencingToken: 2n }, {}],
    ] as const) {
      const p = new Play().leading().pass(2_000);
      const found = { ...p.stored({ ...p.written.record, ...fields }), ...change };
      p.find(found);
      expect(p.phase).toBe("following");
      expect(p.state.view?.current).toEqual(found);
    }
  });

  it("R2: a create that met a record saw the lock held: absence is waited out anew", () => {
    const p = new Play().feed({ kind: "start", goal: "run" }).find(undefined).pass(12.5).answer(CONFLICT);
    expect(p.state).toMatchObject({ blocked: true, attemptAtMs: Number.POSITIVE_INFINITY });
    p.pass(1_000).find(undefined);
    const freeAtMs = p.at.monotonicMs + 15_000;
    expect(p.state.attemptAtMs).toBe(freeAtMs + 12.5);
  });
});

describe("R2 an absence that nobody looked at", () => {
  /** `x` is gone; reads get through for `lookedMs` more, then fail, until the wait is over. */
  function absent(lookedMs: number) {
    const p = new Play().following().pass(2_200).find(undefined);
    const goneAtMs = p.at.monotonicMs;
    expect(p.state.attemptAtMs).toBe(goneAtMs + 15_012.5);
    while (p.at.monotonicMs < goneAtMs + 15_012.5) {
      p.pass((p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs);
      if (p.phase !== "following" || p.at.monotonicMs >= goneAtMs + 15_012.5) break;
      if (p.at.monotonicMs <= goneAtMs + lookedMs) p.find(undefined);
      else p.answer(UNAVAILABLE);
    }
    return p;
  }

  it("R2: for longer than two polls may take is read, not created in: something may have come and gone", () => {
    const p = absent(6_700); // 8.4 s before the end, where 8.27 s are two polls
    expect(p.told).toEqual(["get"]);
    const againAtMs = p.at.monotonicMs;
    p.find(undefined);
    expect(p.state.attemptAtMs).toBe(againAtMs + 15_012.5);
  });

  it("R2: for less is created in", () => {
    expect(absent(9_000).told).toEqual(["create"]);
  });
});

describe("a read that events overtake", () => {
  it("R4: does not move the view back", () => {
    const p = new Play({}, true).following().pass(2_200);
    expect(p.state.call?.kind).toBe("get");
    const asRead = p.stored({ holderIdentity: "" });
    const newer = p.stored({ holderIdentity: "y" });
    p.feed({ kind: "event", event: { kind: "changed", current: newer } }).find(asRead);
    expect(p.state.view?.current).toEqual(newer);
    expect(p.state.mustRead).toBe(false);
  });

  it("R4: and that finds nothing decides nothing: it is made again", () => {
    const p = new Play({}, true).following().pass(2_200);
    const newer = p.stored({ holderIdentity: "y" });
    p.feed({ kind: "event", event: { kind: "changed", current: newer } }).find(undefined);
    expect(p.state.view?.current).toEqual(newer);
    expect(p.told).toEqual(["get"]);
  });

  it("R4: but without such an event moves it back: a store that was rolled back", () => {
    const p = new Play({}, true).following().pass(2_200);
    const older = { ...p.stored({ holderIdentity: "y" }), fencingToken: 0n };
    p.find(older);
    expect(p.state.view?.current).toEqual(older);
  });

  it("R5: an acquire that is answered after a newer event starts its term, and reads at once", () => {
    const p = new Play({}, true).acquiring();
    const { record } = p.written;
    const mine = p.stored(record);
    const newer = p.stored({ holderIdentity: "y" });
    p.feed({ kind: "event", event: { kind: "changed", current: newer } }).find(mine);
    expect(p.told).toEqual(["startTerm", "get"]);
    expect(p.state.view?.current).toEqual(newer);
    p.find(newer);
    expect(p.told).toEqual(["abortTerm taken-over", "endTerm taken-over"]);
  });
});

describe("the read after a failed attempt", () => {
  it("R3: comes within P after a conflict, or later where a watch that works will tell", () => {
    const plain = new Play({}, true).acquiring().answer(CONFLICT);
    expect(plain.state.blocked).toBe(true);
    expect(plain.state.readAtMs - plain.at.monotonicMs).toBe(1_000);
    const trusting = new Play({}, true).feed({ kind: "start", goal: "run" });
    const current = trusting.stored({ holderIdentity: "" });
    trusting.find(current).feed({ kind: "event", event: { kind: "changed", current } });
    trusting.pass(12.5).answer(CONFLICT);
    expect(trusting.state.readAtMs - trusting.at.monotonicMs).toBe(2_200);
  });

  it("R3: closes the watch only if it finds what a watch that seemed to work did not tell", () => {
    const lost = (trusted: boolean) => {
      const p = new Play({}, true).feed({ kind: "start", goal: "run" });
      const current = p.stored({ holderIdentity: "" });
      p.find(current);
      if (trusted) p.feed({ kind: "event", event: { kind: "changed", current } });
      p.pass(12.5).answer(CONFLICT).pass(2_200);
      expect(p.told).toEqual(["get"]);
      return { p, current };
    };
    const silent = lost(true);
    silent.p.find(silent.p.stored());
    expect(silent.p.told).toContain("closeWatch");
    expect(silent.p.state.watch.kind).toBe("closed");
    const honest = lost(true); // nothing to tell: the conflict was a proxy's, say
    honest.p.find(honest.current);
    expect(honest.p.told).not.toContain("closeWatch");
    const young = lost(false); // it has told nothing yet: that proves nothing
    young.p.find(young.p.stored());
    expect(young.p.told).not.toContain("closeWatch");
  });

  it("R6: is owed after an unknown outcome: while it fails nothing is written", () => {
    const p = new Play().acquiring().answer(UNKNOWN);
    for (let i = 0; i < 5; i += 1) {
      expect(p.told).toContain("get");
      expect(p.state.mustRead).toBe(true);
      p.answer(UNAVAILABLE).pass(2_200);
    }
  });

  it("R6: that is owed is not put off by a watch that begins to work", () => {
    const p = new Play({}, true).leading().pass(60_000);
    const current = p.state.view?.current;
    const { readAtMs } = p.state;
    p.feed({ kind: "event", event: { kind: "changed", current } });
    expect(p.state.watch).toMatchObject({ trusted: true });
    expect(p.state.readAtMs).toBe(readAtMs);
  });

  it("R1: comes soon after a watch that worked has ended", () => {
    const p = new Play({}, true).following();
    p.feed({ kind: "event", event: { kind: "changed", current: p.state.view?.current } });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(300_000);
    p.feed({ kind: "watchEnded" });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(2_200);
    expect(p.told).toEqual([]); // cut without an error: no news
  });

  it("R6: that finds its write edited around leaves one attempt pending, on the version found", () => {
    const p = new Play().leading();
    const { record } = p.state.view?.current ?? {};
    p.pass(2_000).answer(UNKNOWN).pass(2_200).answer(CONFLICT);
    expect(p.state.pending).toHaveLength(2);
    const edited = p.stored(record);
    p.find(edited);
    expect(p.written).toMatchObject({ kind: "update", expected: edited });
    expect(p.state.pending).toHaveLength(1);
    expect(p.state.view?.current).toEqual(edited);
  });
});

describe("events", () => {
  /** Follows `x` on version 1 with an open watch. */
  const watching = () => new Play({}, true).following();
  const changed = (current: VersionedRecord): Happening => ({
    kind: "event",
    event: { kind: "changed", current },
  });

  it("R4: never move the view back: neither a change nor a deletion of before", () => {
    const p = watching();
    const old = p.stored({ holderIdentity: "" });
    const now = p.stored();
    p.feed(changed(now));
    const { view } = p.state;
    expect(view?.current).toEqual(now);
    p.feed(changed(old)).feed({ kind: "event", event: { kind: "deleted", fencingToken: old.fencingToken } });
    expect(p.state.view).toEqual(view);
    expect(p.told).toEqual([]);
  });

  it("R4: nor does one of before the deletion that a leader's read found", () => {
    const p = new Play({}, true).leading();
    const old = p.state.view?.current;
    if (old === undefined) throw new Error("nothing seen");
    p.pass(2_000).answer(CONFLICT).find(undefined);
    p.feed(changed(old));
    expect(p.state.view?.current).toBeUndefined();
  });

  it("R1: one that tells what is known already proves the watch: polling makes way for a rare read", () => {
    const p = watching();
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(2_200);
    const { current } = p.state.view ?? {};
    if (current === undefined) throw new Error("nothing seen");
    p.feed(changed(current));
    expect(p.state.watch).toMatchObject({ kind: "open", trusted: true });
    expect(p.state.readAtMs - p.at.monotonicMs).toBe(300_000);
  });

  it("mean nothing when no watch is open", () => {
    const p = new Play().following();
    const before = p.state;
    p.feed(changed(p.stored())).feed({ kind: "event", event: { kind: "resync" } });
    expect(p.state).toEqual(before);
  });

  it.each([
    ["later than a renewal under way is read after it", 1n, ["get"]],
    ["earlier than that renewal is answered by it", -1n, []],
  ])("R5: while leading, one %s", (_what, later, told) => {
    const p = new Play({}, true).leading().pass(2_000);
    const { record } = p.written;
    const event = { ...p.stored(), fencingToken: 10n };
    p.feed(changed(event));
    expect(p.told).toEqual([]); // one request at a time, and an event decides nothing
    p.find({ ...p.stored(record), fencingToken: event.fencingToken - later });
    expect(p.told).toEqual(told);
    expect(p.phase).toBe("leading");
  });

  it("R5: while leading, one without an order is read in any case", () => {
    const p = new Play({}, true).leading().pass(2_000);
    const { record } = p.written;
    p.feed({ kind: "event", event: { kind: "resync" } }).find(p.stored(record));
    expect(p.told).toEqual(["get"]);
  });

  it("R5: while leading, one that bears a write of its own is not read", () => {
    const p = new Play({}, true).leading();
    const { record } = p.state.view?.current ?? {};
    p.feed(changed(p.stored(record)));
    expect(p.told).toEqual([]);
  });
});

describe("reports", () => {
  it("a lease of an hour is long enough to mention only beyond that", () => {
    const hour = new Play().feed({ kind: "start", goal: "run" });
    hour.find(hour.stored({ leaseDurationMs: 3_600_000 }));
    expect(hour.told).toEqual(["newLeader"]);
    const more = new Play().feed({ kind: "start", goal: "run" });
    more.find(more.stored({ leaseDurationMs: 3_600_001 }));
    expect(more.told).toEqual(["newLeader", "anomaly long-duration"]);
    more.pass(2_200).find(more.stored({ leaseDurationMs: 3_600_001 })); // renewed: no news
    expect(more.told).toEqual([]);
  });

  it("nor is one of ten times our own, where ours is long", () => {
    const p = new Play({ leaseDurationMs: 1_000_000 }).feed({ kind: "start", goal: "run" });
    p.find(p.stored({ leaseDurationMs: 10_000_000 }));
    expect(p.told).toEqual(["newLeader"]);
    p.pass(2_200).find(p.stored({ leaseDurationMs: 10_000_001 }));
    expect(p.told).toEqual(["anomaly long-duration"]);
  });

  it("R8: another's use of our name is reported again once somebody else held the lock between", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    const next = (holderIdentity: string) => {
      p.find(p.stored({ holderIdentity }));
      const { told } = p;
      p.pass(2_200);
      return told.filter((what) => what.startsWith("anomaly"));
    };
    expect(["me", "me", "me", "x", "me", "me", "me"].map(next)).toEqual([
      [],
      ["anomaly duplicate-identity"],
      [],
      [],
      [],
      ["anomaly duplicate-identity"],
      [],
    ]);
  });

  it("R4: a token that went back is reported by a read, once until it has caught up", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    const next = (fencingToken: bigint) => {
      p.find({ ...p.stored(), fencingToken });
      const { told } = p;
      p.pass(2_200);
      return told.filter((what) => what.startsWith("error"));
    };
    const error = "error ERR_TOKEN_REGRESSION";
    expect([20n, 19n, 18n, 20n, 19n].map(next)).toEqual([[], [error], [], [], [error]]);
    expect(p.state.highestToken).toBe(20n);
  });

  it("R4: not where that was accepted: the lower one is the new measure", () => {
    const p = new Play({ acceptTokenRegression: true }).feed({ kind: "start", goal: "run" });
    p.find({ ...p.stored(), fencingToken: 20n }).pass(2_200);
    p.find({ ...p.stored(), fencingToken: 12n });
    expect(p.told).toEqual([]);
    expect(p.state.highestToken).toBe(12n);
  });
});

describe("a watch that keeps failing", () => {
  it("is opened again after P, 2 P, 4 P, and so on up to five minutes; told of once", () => {
    const p = new Play({}, true).following();
    const waits: number[] = [];
    const told: string[] = [];
    const error = asError(failure("ERR_LOCK_FORBIDDEN"));
    for (let i = 0; i < 10; i += 1) {
      p.feed({ kind: "watchEnded", error });
      told.push(...p.told.filter((what) => what.startsWith("anomaly")));
      if (p.state.watch.kind !== "closed") throw new Error("not closed");
      const { openAtMs } = p.state.watch;
      waits.push(openAtMs - p.at.monotonicMs);
      while (p.at.monotonicMs < openAtMs) {
        p.pass(Math.min(p.last?.wakeAtMs ?? Number.NaN, openAtMs) - p.at.monotonicMs);
        const opened = p.told.includes("openWatch");
        expect(opened).toBe(p.at.monotonicMs >= openAtMs);
        if (p.state.call !== undefined) p.find(p.state.view?.current); // it polls meanwhile
      }
    }
    expect(waits).toEqual([2_200, 4_400, 8_800, 17_600, 35_200, 70_400, 140_800, 281_600, 300_000, 300_000]);
    expect(told).toEqual(["anomaly watch-unavailable"]);
  });
});

describe("wakeAtMs", () => {
  it("is the jitter of an attempt, the next poll, the renewal, the deadline, the drain timeout", () => {
    const wakeIn = (p: Play) => (p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs;
    expect(wakeIn(new Play().following())).toBe(2_200);
    const free = new Play().feed({ kind: "start", goal: "run" });
    expect(wakeIn(free)).toBe(Number.POSITIVE_INFINITY); // a request is under way: it has its own timer
    expect(wakeIn(free.find(free.stored({ holderIdentity: "" })))).toBe(12.5);
    const leader = new Play().leading();
    expect(wakeIn(leader)).toBe(2_000);
    expect(wakeIn(leader.pass(2_000))).toBe(2_000); // a look at the clocks, though nothing is due
    expect(wakeIn(leader.pass(6_500))).toBe(1_500);
    expect(wakeIn(new Play({ drainTimeoutMs: 500 }).draining())).toBe(500);
  });

  it("counts the deadline by whichever clock is furthest", () => {
    const p = new Play().leading().pass(2_000);
    p.at = { ...p.at, wallMs: p.at.wallMs + 7_000 };
    p.feed({ kind: "tick" });
    expect((p.last?.wakeAtMs ?? Number.NaN) - p.at.monotonicMs).toBe(1_000);
  });
});

describe("the deadline's tick", () => {
  // In 1 of 400 cases now + left falls a rounding short of the deadline; what is left then is too small to be added to now.
  it("ends the term, also where fractions of a millisecond do not add up", () => {
    const p = new Play().leading();
    const base = p.pass(2_000).state; // a renewal is under way, and hangs: nothing but the deadline wakes it
    const phase = base.phase;
    if (phase.kind !== "leading") throw new Error("not leading");
    const random = seeded(1);
    for (let i = 0; i < 20_000; i += 1) {
      const sentMs = nanos(1_000 + random() * 1e7);
      const reading = (monotonicMs: number): TimeReading => ({ monotonicMs, bootMs: 0, wallMs: 0 });
      const state = deepFreeze<ElectorState>({
        ...base,
        phase: { ...phase, term: { ...phase.term, confirmedAt: reading(sentMs) } },
      });
      const { wakeAtMs } = step(p.config, state, {
        kind: "tick",
        at: reading(nanos(sentMs + random() * 9_999)),
      });
      const woken = step(p.config, state, { kind: "tick", at: reading(wakeAtMs) });
      const over = woken.state.phase.kind === "following";
      // Else it must at least ask for a later tick than the one it just had: a clock may stand exactly there.
      expect(over || woken.wakeAtMs > wakeAtMs, `sent at ${sentMs}, woken at ${wakeAtMs}`).toBe(true);
    }
  });
});
