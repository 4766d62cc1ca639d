import { describe, expect, it } from "vitest";
import { LeaderElectionError } from "./errors.ts";
import { usurp } from "./testing/usurp.ts";
import { world } from "./world.fixture.ts";

/** `a` leads at 15 s / 10 s / 2 s; its acquire was sent `acquiredAtMs` on the clock. */
async function leader(options: { watch?: boolean } = {}) {
  const w = world(options);
  const a = w.candidate("a");
  void a.run();
  await w.clock.advance(100);
  const acquiredAtMs = a.lock.calls.find(({ operation }) => operation === "create")?.atMs ?? Number.NaN;
  return { ...w, a, acquiredAtMs };
}

async function leaderAndStandby(options: { watch?: boolean } = {}) {
  const w = await leader(options);
  const b = w.candidate("b");
  void b.run();
  await w.clock.advance(3_900); // the renewal at 2 s is the last confirmed one
  return { ...w, b };
}

describe("R5 lead", () => {
  it("R5: renews every P by one update and reads nothing", async () => {
    const { clock, a } = await leader();
    const before = a.lock.calls.length;
    await clock.advance(20_000);
    expect(a.lock.calls.slice(before).map(({ operation }) => operation)).toEqual(Array(10).fill("update"));
    expect(a.term.isLeading()).toBe(true);
    expect(a.log).toEqual(["leader a", "start 1"]);
  });

  it("R5: keeps acquireTime and transitions while it renews, and moves renewTime", async () => {
    const { clock, cell } = await leader();
    const first = cell.current?.record;
    await clock.advance(10_000);
    expect(cell.current?.record).toMatchObject({ acquireTime: first?.acquireTime, leaderTransitions: 0 });
    expect((cell.current?.record.renewTime ?? "") > (first?.renewTime ?? "")).toBe(true);
  });

  it("R5: retries transient errors until the deadline and stays leader if one gets through", async () => {
    const { clock, a } = await leader();
    a.lock.refuse("update");
    await clock.advance(8_000);
    a.lock.heal();
    await clock.advance(10_000);
    expect(a.term.isLeading()).toBe(true);
    expect(a.terms).toHaveLength(1);
  });

  it.each(["ERR_LOCK_UNAUTHENTICATED", "ERR_LOCK_FORBIDDEN", "ERR_LOCK_REJECTED"] as const)(
    "R5: %s is reported loudly and never ends candidacy",
    async (code) => {
      const { clock, a } = await leader();
      for (const operation of ["get", "create", "update"] as const) {
        a.lock.refuse(operation, new LeaderElectionError(code, "no"));
      }
      await clock.advance(60_000);
      expect(a.log).toContain("stop deadline");
      expect(a.log.filter((line) => line === `error ${code}`).length).toBeGreaterThan(10);
      a.lock.heal();
      await clock.advance(30_000);
      expect(a.elector.isLeading()).toBe(true);
    },
  );

  it.each([
    ["somebody else holds it", "taken-over"],
    ["the holder was emptied", "taken-over"],
    ["the record was deleted", "deleted"],
    ["it is another incarnation", "deleted"],
  ] as const)(
    "R5: %s: the term ends at once, learnt from the conflict of a renewal",
    async (what, reason) => {
      const { clock, cell, a } = await leader();
      if (what === "somebody else holds it") await usurp(cell, "usurper");
      else if (what === "the holder was emptied") cell.overwrite({ holderIdentity: "" });
      else cell.delete();
      if (what === "it is another incarnation") cell.overwrite({ holderIdentity: "a" });
      await clock.advance(2_000);
      expect(a.log).toEqual(expect.arrayContaining([`abort ${reason}`, `stop ${reason}`]));
      expect(a.term.isLeading()).toBe(false);
    },
  );

  it("R5: with a watch the same is learnt within a read, not a retry period; the event itself decides nothing", async () => {
    const { clock, cell, a } = await leader({ watch: true });
    const before = a.lock.calls.length;
    await usurp(cell, "usurper");
    await clock.advance(0);
    await clock.flush();
    expect(a.lock.calls.slice(before).map(({ operation }) => operation)).toContain("get");
    expect(a.log).toContain("stop taken-over");
  });

  it("R5: a shortened lease is noticed like a foreign record, although it bears our write", async () => {
    const { clock, cell, a } = await leader({ watch: true });
    cell.overwrite({ leaseDurationMs: 1_000 });
    await clock.flush();
    await clock.advance(0);
    expect(a.log).toEqual(expect.arrayContaining(["anomaly shorter-duration", "stop taken-over"]));
  });

  it("R5: stale events of before the term end nothing", async () => {
    const { clock, cell, candidate } = world({ watch: true });
    cell.overwrite({ holderIdentity: "" });
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    cell.touch(); // a newer event that bears our write: no read either
    const before = a.lock.calls.length;
    await clock.advance(100);
    expect(a.lock.calls.length).toBe(before);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R5: a store that answers with a shorter duration than was written ends the term, with an anomaly", async () => {
    const { clock, cell, a } = await leader();
    const original = a.lock.update.bind(a.lock);
    a.lock.update = async (record, expected, options) => {
      const found = await original(record, expected, options);
      return { ...found, record: { ...found.record, leaseDurationMs: 5_000 } };
    };
    await clock.advance(2_000);
    expect(cell.current?.record.holderIdentity).toBe("a");
    expect(a.log).toEqual(expect.arrayContaining(["anomaly shorter-duration", "stop taken-over"]));
  });

  it("R5: Retry-After is honoured, but never past the last chance before the deadline", async () => {
    const { clock, a, acquiredAtMs } = await leader();
    const throttled = new LeaderElectionError("ERR_LOCK_THROTTLED", "later", { retryAfterMs: 60_000 });
    a.lock.refuse("update", throttled, 1);
    await clock.advance(9_500);
    const [refused, next] = a.lock.calls.filter(({ operation }) => operation === "update");
    expect(refused?.atMs).toBe(acquiredAtMs + 2_000);
    expect(next?.atMs).toBeGreaterThan(acquiredAtMs + 5_000);
    expect(next?.atMs).toBeLessThanOrEqual(acquiredAtMs + 10_000 - 1_733 + 1);
    expect(a.term.isLeading()).toBe(true);
  });
});

describe("the deadline", () => {
  it("ends the term before a rival may acquire, when renewals hang", async () => {
    const { clock, a, b } = await leaderAndStandby();
    a.lock.hang("update");
    a.lock.hang("get");
    const sentAtMs =
      a.lock.calls.filter(({ operation }) => operation === "update").at(-1)?.atMs ?? Number.NaN;
    await clock.advance(sentAtMs + 9_999 - clock.now());
    expect(a.term.isLeading()).toBe(true);
    await clock.advance(1);
    expect(a.term.isLeading()).toBe(false);
    expect(a.term.signal.aborted).toBe(true);
    expect(a.term.signal.reason).toMatchObject({ code: "ERR_NOT_LEADING", stopReason: "deadline" });
    expect(b.elector.isLeading()).toBe(false);
    await clock.advance(4_900);
    expect(b.elector.isLeading()).toBe(false); // the margin of the lease
    await clock.advance(2_500);
    expect(b.elector.isLeading()).toBe(true);
  });

  it("counts from when the last confirmed write was sent, not from its answer", async () => {
    const { clock, a } = await leader();
    a.lock.delayAnswer("update", 1_700, 1);
    await clock.advance(2_000 + 1_700);
    const sentAtMs = a.lock.calls.filter(({ operation }) => operation === "update")[0]?.atMs ?? Number.NaN;
    a.lock.hang("update");
    await clock.advance(sentAtMs + 9_999 - clock.now());
    expect(a.term.isLeading()).toBe(true);
    await clock.advance(2);
    expect(a.term.isLeading()).toBe(false);
  });

  it("does not wait for a request that ignores its deadline and its signal", async () => {
    const { clock, a } = await leader();
    a.lock.hang("update", { deaf: true });
    await clock.advance(10_000);
    expect(a.term.signal.aborted).toBe(true);
    a.lock.heal();
    await clock.advance(10_000);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("is latched: a late answer that says the renewal landed revives nothing", async () => {
    const { clock, cell, a } = await leader();
    a.lock.delayAnswer("update", 1_500);
    a.lock.refuse("update", undefined, 4); // until shortly before the deadline
    await clock.advance(8_000);
    a.lock.heal();
    a.lock.delayAnswer("update", 1_700, 1);
    await clock.advance(2_300);
    expect(a.log).toContain("stop deadline");
    expect(a.terms).toHaveLength(1);
    const landed = cell.current?.record.renewTime;
    await clock.advance(1_000);
    expect(cell.current?.record.renewTime).toBe(landed);
    expect(a.term.isLeading()).toBe(false);
  });

  it("is latched: a wall clock set forward ends the term for good, also when it is set back", async () => {
    const { clock, a } = await leader();
    clock.stepWall(3_600_000);
    expect(a.term.isLeading()).toBe(false);
    clock.stepWall(-3_600_000);
    expect(a.term.isLeading()).toBe(false);
    await clock.flush();
    expect(a.log).toContain("abort stalled");
  });

  it("is not moved by a wall clock set back", async () => {
    const { clock, a } = await leader();
    clock.stepWall(-3_600_000);
    await clock.advance(60_000);
    expect(a.term.isLeading()).toBe(true);
    expect(a.terms).toHaveLength(1);
  });

  it("isLeading() is false at once after a stall, before any timer ran, and the signal aborts in the first turn", async () => {
    const { clock, a } = await leader();
    clock.stall(10_000);
    expect(a.term.signal.aborted).toBe(false);
    expect(a.term.isLeading()).toBe(false);
    expect(a.term.remainingMs()).toBe(0);
    expect(() => a.term.assertLeading()).toThrow(expect.objectContaining({ code: "ERR_NOT_LEADING" }));
    await clock.advance(0);
    expect(a.term.signal.aborted).toBe(true);
  });

  it("counts a suspend, in which monotonic time stands still", async () => {
    const { clock, a } = await leader();
    clock.suspend(12_000);
    expect(a.term.isLeading()).toBe(false);
    await clock.advance(2_000);
    expect(a.log).toContain("abort stalled");
  });

  it("tells the task within a retry period after a suspend, also where the store asked for patience", async () => {
    const { clock, a } = await leader();
    const patience = new LeaderElectionError("ERR_LOCK_THROTTLED", "slow down", { retryAfterMs: 60_000 });
    a.lock.refuse("update", patience, 1);
    await clock.advance(2_100);
    clock.suspend(60_000);
    await clock.advance(2_000);
    expect(a.term.signal.aborted).toBe(true);
  });

  it("counts a suspend also where the wall clock was set back meanwhile", async () => {
    const { clock, a } = await leader();
    clock.suspend(10_000);
    clock.stepWall(-20_000);
    expect(a.term.isLeading()).toBe(false);
  });

  it("starts nothing on an acquire that is confirmed after its own deadline", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    a.lock.delayAnswer("create", 1_000, 1);
    void a.run();
    await clock.advance(13);
    clock.suspend(10_000); // the process sleeps between the send and the answer
    await clock.advance(1_000);
    expect(a.terms).toHaveLength(0);
    await clock.advance(100); // its own record: a new write, a term of its own
    expect(a.terms).toHaveLength(1);
    expect(a.term.fencingToken).toBe(2n);
  });
});

describe("R6 unknown outcomes", () => {
  it("R6: a leader re-issues with the same expected version, and stays when the first had landed", async () => {
    const { clock, a } = await leader();
    a.lock.loseAnswer("update", 1);
    const before = a.lock.calls.length;
    await clock.advance(8_000);
    const [lost, again, read] = a.lock.calls.slice(before);
    expect(again?.expected?.version).toBe(lost?.expected?.version);
    expect(read?.operation).toBe("get"); // before a conflict is believed
    expect(a.terms).toHaveLength(1);
    expect(a.term.isLeading()).toBe(true);
  });

  it("R6: a conflict that no read has explained is not answered by another write", async () => {
    const { clock, candidate, cell } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(1_000);
    cell.touch();
    a.lock.refuse("get", undefined, 2);
    await clock.advance(8_000);
    // create, the renewal that conflicted, then reads until one is answered: only that one says what to write on.
    const operations = a.lock.calls.map(({ operation }) => operation).join(" ");
    expect(operations).toMatch(/^get create update get get get update/);
    expect(a.log).not.toContain("abort deadline");
    await a.elector.stop();
  });

  it("R6: a renewal found by a read counts from when that attempt was sent", async () => {
    const { clock, a } = await leader();
    a.lock.loseAnswer("update", 1);
    await clock.advance(2_000);
    const sentAtMs = a.lock.calls.at(-1)?.atMs ?? Number.NaN;
    const read = a.lock.get.bind(a.lock);
    a.lock.get = (options) => {
      a.lock.hang("update"); // nothing gets through after it was found
      return read(options);
    };
    await clock.advance(sentAtMs + 9_999 - clock.now());
    expect(a.term.isLeading()).toBe(true);
    await clock.advance(1);
    expect(a.term.isLeading()).toBe(false);
  });

  it("R6: an unknown outcome moves no deadline", async () => {
    const { clock, a, acquiredAtMs } = await leader();
    a.lock.loseAnswer("update");
    a.lock.hang("get");
    await clock.advance(acquiredAtMs + 9_999 - clock.now());
    expect(a.term.isLeading()).toBe(true);
    await clock.advance(1);
    expect(a.term.isLeading()).toBe(false);
  });

  it("R6: a follower reads first, and leads on an acquire that the read finds, from when it was sent", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "" });
    const a = candidate("a");
    a.lock.loseAnswer("update", 1);
    void a.run();
    await clock.advance(100);
    const sentAtMs = a.lock.calls.at(-1)?.atMs ?? Number.NaN;
    expect(a.terms).toHaveLength(0);
    await clock.advance(1_733);
    expect(a.lock.calls.map(({ operation }) => operation)).toEqual(["get", "update", "get"]);
    expect(a.term.isLeading()).toBe(true);
    expect(a.term.fencingToken).toBe(2n);
    expect(10_000 - a.term.remainingMs()).toBeCloseTo(clock.now() - sentAtMs, 0);
  });

  it("R6: an attempt that was refused may have been re-sent by a proxy: it is recognised too", async () => {
    const { clock, cell, a } = await leader();
    const original = a.lock.update.bind(a.lock);
    let lie = true;
    a.lock.update = async (record, expected, options) => {
      const found = await original(record, expected, options);
      if (!lie) return found;
      lie = false;
      throw new LeaderElectionError("ERR_LOCK_CONFLICT", "the second copy of it lost");
    };
    await clock.advance(2_000);
    expect(cell.current?.record.holderIdentity).toBe("a");
    await clock.advance(10_000);
    expect(a.terms).toHaveLength(1);
    expect(a.term.isLeading()).toBe(true);
  });

  it("R6: an attempt at another base is no longer pending: what lands at this one is our own", async () => {
    const { clock, cell, candidate } = world({ watch: true });
    cell.overwrite({ holderIdentity: "", renewTime: "2025-01-01T00:00:00.000000Z" });
    const a = candidate("a");
    a.lock.delayRequest("update", 2_300, 1); // lands after the read that looked for it
    void a.run();
    await clock.advance(2_100);
    a.lock.delayRequest("update", 1_900, 1); // the next one, sent on that event: late as well
    await clock.advance(1_900);
    a.lock.delayAnswer("get", 500, 1); // its read is served before it lands
    await clock.advance(20_000);
    expect(a.log.filter((line) => line.startsWith("anomaly"))).toEqual([]);
    expect(a.terms).toHaveLength(1);
    expect(a.term.isLeading()).toBe(true);
  });

  it("R6: a create that is found later is only a base for a new write, which brings the token", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    a.lock.loseAnswer("create", 1);
    void a.run();
    await clock.advance(6_000);
    expect(a.lock.calls.slice(0, 4).map(({ operation }) => operation)).toEqual([
      "get",
      "create",
      "get",
      "update",
    ]);
    expect(a.term.fencingToken).toBe(2n);
  });

  it("R6: a label edited under the leader is no loss: the version is adopted and the write re-issued at once", async () => {
    const { clock, cell, a } = await leader();
    cell.touch();
    await clock.advance(1_913); // the renewal at 2 s
    await clock.flush();
    expect(a.lock.calls.slice(-3).map(({ operation }) => operation)).toEqual(["update", "get", "update"]);
    expect(a.term.isLeading()).toBe(true);
    expect(a.lock.calls.at(-1)?.expected?.version).toBe("2");
  });

  it("R6: at most three times at once, then after P", async () => {
    const { clock, cell, a } = await leader();
    const original = a.lock.update.bind(a.lock);
    a.lock.update = (record, expected, options) => {
      cell.touch(); // a stranger edits it before every one of our writes
      return original(record, expected, options);
    };
    await clock.advance(1_913);
    expect(a.lock.calls.filter(({ operation }) => operation === "update")).toHaveLength(4);
    await clock.advance(2_300);
    expect(a.lock.calls.filter(({ operation }) => operation === "update")).toHaveLength(8);
    expect(a.term.isLeading()).toBe(true);
  });
});

describe("R7 a term ends for good", () => {
  it("R7: over a record of its own it writes at once, but leads only on that new write, with a new token", async () => {
    const { clock, cell, a } = await leader();
    a.lock.hang("update");
    await clock.advance(10_000);
    expect(a.log).toContain("stop deadline");
    a.lock.heal();
    expect(cell.current?.record.holderIdentity).toBe("a");
    await clock.advance(4_500); // far less than D
    expect(a.terms).toHaveLength(2);
    expect(a.terms[1]?.fencingToken).toBeGreaterThan(a.terms[0]?.fencingToken ?? 0n);
  });

  it("R7: after a release of unknown fate its own record gives no right: the release may still land", async () => {
    const { clock, cell, a, candidate } = await leader();
    // It lands only after the read that follows it, and that read was followed by another that gets lost.
    a.lock.delayRequest("update", 9_000);
    void a.elector.stepDown();
    await clock.advance(5_000); // both tries are under way, none has landed
    expect(a.elector.isLeading()).toBe(false);
    a.lock.heal();
    const b = candidate("b");
    void b.run();
    await clock.advance(40_000);
    // The late release landed; whoever leads now does so by a write of its own, with a larger token.
    expect([a, b].filter(({ elector }) => elector.isLeading())).toHaveLength(1);
    const tokens = [...a.terms, ...b.terms].map(({ fencingToken }) => fencingToken);
    expect(new Set(tokens).size).toBe(tokens.length);
    expect(cell.current?.record.holderIdentity).toBe(a.elector.isLeading() ? "a" : "b");
  });

  it("R7: a leader whose release was sent does not lead on its own record when a read still shows it", async () => {
    const { clock, a } = await leader();
    a.lock.hang("update"); // the release never lands
    void a.elector.stepDown();
    await clock.advance(6_000); // release, read that shows our own record, release again
    expect(a.lock.calls.map(({ operation }) => operation).slice(-4)).toEqual([
      "update",
      "get",
      "update",
      "get",
    ]);
    expect(a.terms).toHaveLength(1);
    expect(a.elector.isLeading()).toBe(false);
    a.lock.heal();
    const writesBefore = a.lock.calls.length;
    await clock.advance(10_000);
    expect(a.terms).toHaveLength(2);
    expect(a.lock.calls.slice(writesBefore).some(({ operation }) => operation === "update")).toBe(true);
    expect(a.terms[1]?.fencingToken).toBeGreaterThan(a.terms[0]?.fencingToken ?? 0n);
  });
});

describe("R8 our identity, not our write", () => {
  it("R8: at first sight it is a former life: followed silently, it expires like another's", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:00.000000Z",
    });
    const a = candidate("a");
    void a.run();
    await clock.advance(14_900);
    expect(a.log).toEqual(["leader a"]);
    expect(a.elector.isLeading()).toBe(false);
    await clock.advance(200);
    expect(a.elector.isLeading()).toBe(true);
    expect(cell.current?.record.leaderTransitions).toBe(0); // the same holder: no transition
  });

  it("R8: once it changes somebody uses our identity: one anomaly, and never leading on it", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:00.000000Z",
    });
    const a = candidate("a");
    void a.run();
    for (let i = 1; i < 20; i += 1) {
      await clock.advance(2_000);
      cell.overwrite({ renewTime: `2026-01-01T00:00:${String(i).padStart(2, "0")}.000000Z` });
    }
    expect(a.log).toEqual(["leader a", "anomaly duplicate-identity"]);
  });

  it("R8: a leader whose record bears its name but not its write ends its term: identity-conflict", async () => {
    const { clock, cell, a } = await leader();
    cell.overwrite({ renewTime: "2031-01-01T00:00:00.000000Z" });
    await clock.advance(2_000);
    expect(a.log).toEqual(
      expect.arrayContaining([
        "anomaly duplicate-identity",
        "abort identity-conflict",
        "stop identity-conflict",
      ]),
    );
  });

  it("R8: two processes with one identity that react in the same millisecond do not both lead", async () => {
    const { clock, cell, candidate } = world({ watch: true });
    cell.overwrite({
      holderIdentity: "x",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:00.000000Z",
    });
    // The same jitter for both, but not the same sub-millisecond digits.
    const draws = (digits: number) => {
      let n = 0;
      return () => (n++ % 2 === 0 ? 0.5 : digits);
    };
    const one = candidate("twin", { random: draws(0.123) });
    const two = candidate("twin", { random: draws(0.789) });
    void one.run();
    void two.run();
    await clock.advance(60_000);
    const leading = [one, two].filter(({ elector }) => elector.isLeading());
    expect(leading).toHaveLength(1);
  });
});
