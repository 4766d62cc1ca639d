import { describe, expect, it } from "vitest";
import { LeaderElectionError } from "./errors.ts";
import { type Candidate, type World, world } from "./world.fixture.ts";

const writes = ({ lock }: Candidate) => lock.calls.filter(({ operation }) => operation !== "get");

/** `a` leads, `b` follows; 15 s / 10 s / 2 s. */
async function leaderAndStandby(options: { watch?: boolean } = {}) {
  const w: World = world(options);
  const a = w.candidate("a");
  const b = w.candidate("b");
  void a.run();
  await w.clock.advance(1_000);
  void b.run();
  await w.clock.advance(5_000);
  expect(a.elector.isLeading()).toBe(true);
  expect(b.elector.leader).toBe("a");
  return { ...w, a, b };
}

describe("first sight", () => {
  it("creates at once where no record was ever seen, and is confirmed as leader", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(25);
    expect(a.elector.isLeading()).toBe(true);
    expect(cell.current?.record).toMatchObject({
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      leaderTransitions: 0,
    });
    expect(a.term.fencingToken).toBe(cell.current?.fencingToken);
    expect(a.log).toEqual(["leader a", "start 1"]);
  });

  it("takes an empty record at once, as a transition, and keeps strategy and preferredHolder", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({
      holderIdentity: "",
      leaderTransitions: 6,
      strategy: "OldestEmulationVersion",
      preferredHolder: "z",
    });
    const a = candidate("a");
    void a.run();
    await clock.advance(25);
    expect(cell.current?.record).toMatchObject({
      holderIdentity: "a",
      leaderTransitions: 7,
      strategy: "OldestEmulationVersion",
      preferredHolder: "z",
    });
  });

  it("waits a full lease duration for a held record, however old its renew time says it is", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({
      holderIdentity: "gone",
      leaseDurationMs: 15_000,
      renewTime: "2001-01-01T00:00:00.000000Z",
    });
    const a = candidate("a");
    void a.run();
    await clock.advance(14_990);
    expect(writes(a)).toHaveLength(0);
    await clock.advance(100);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("waits the record's duration, not its own; its own where the record has none", async () => {
    for (const [stored, waits] of [
      [40_000, 40_000],
      [0, 15_000],
      [-5, 15_000],
    ] as const) {
      const { clock, cell, candidate } = world();
      cell.overwrite({ holderIdentity: "gone", leaseDurationMs: stored });
      const a = candidate("a");
      void a.run();
      await clock.advance(waits - 10);
      expect(writes(a)).toHaveLength(0);
      await clock.advance(100);
      expect(a.elector.isLeading()).toBe(true);
    }
  });

  it("adds observerMarginMs to the wait", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "gone", leaseDurationMs: 15_000 });
    const a = candidate("a", { observerMarginMs: 7_000 });
    void a.run();
    await clock.advance(21_990);
    expect(writes(a)).toHaveLength(0);
    await clock.advance(100);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("counts the wait from when the answer arrived, not from when the read was sent", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "gone", leaseDurationMs: 15_000 });
    const a = candidate("a");
    a.lock.delayAnswer("get", 1_500, 1);
    void a.run();
    await clock.advance(15_000 + 1_490);
    expect(writes(a)).toHaveLength(0);
    await clock.advance(100);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("observes by monotonic time alone: neither a suspend nor a wall clock step shortens the wait", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "gone", leaseDurationMs: 15_000 });
    const a = candidate("a");
    void a.run();
    await clock.advance(1_000);
    clock.suspend(60_000);
    clock.stepWall(3_600_000);
    await clock.advance(13_900);
    expect(writes(a)).toHaveLength(0);
    await clock.advance(200);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("saturates the transitions at 2^31-1, where the API stops", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ leaderTransitions: 2 ** 31 - 1 });
    const a = candidate("a");
    void a.run();
    await clock.advance(25);
    expect(cell.current?.record).toMatchObject({ holderIdentity: "a", leaderTransitions: 2 ** 31 - 1 });
  });

  it("reports a holder with an absurdly long lease once, and honours it", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "hog", leaseDurationMs: (2 ** 31 - 1) * 1000 });
    const a = candidate("a");
    void a.run();
    await clock.advance(600_000);
    expect(a.log).toEqual(["leader hog", "anomaly long-duration"]);
    expect(writes(a)).toHaveLength(0);
  });
});

describe("R1 follow", () => {
  it("R1: without a watch polls every P with jitter up to 1.2 P", async () => {
    const { clock, b } = await leaderAndStandby();
    const before = b.lock.calls.length;
    await clock.advance(22_000); // random is 0.5: every 2.2 s
    expect(b.lock.calls.length - before).toBe(10);
    expect(writes(b)).toHaveLength(0);
  });

  it("R1: a freed record is taken at once by a watcher, and at the next poll without a watch", async () => {
    const watching = await leaderAndStandby({ watch: true });
    void watching.a.elector.stop();
    await watching.clock.advance(25);
    expect(watching.b.elector.isLeading()).toBe(true);

    const polling = await leaderAndStandby();
    void polling.a.elector.stop();
    await polling.clock.advance(2_200 + 25);
    expect(polling.b.elector.isLeading()).toBe(true);
  });

  it("R1: at expiry one compare-and-swap on the version seen, and no read first", async () => {
    const { clock, a, b } = await leaderAndStandby({ watch: true });
    a.lock.hang("update");
    const before = b.lock.calls.length;
    await clock.advance(15_100);
    expect(b.elector.isLeading()).toBe(true);
    expect(b.lock.calls.slice(before, before + 1).map(({ operation }) => operation)).toEqual(["update"]);
  });

  it("R1: a quiet, healthy standby that watches sends nothing but a rare safety read", async () => {
    const { clock, b } = await leaderAndStandby({ watch: true });
    const before = b.lock.calls.length;
    await clock.advance(20 * 60_000);
    expect(writes(b)).toHaveLength(0);
    expect(b.lock.calls.length - before).toBeGreaterThanOrEqual(3);
    expect(b.lock.calls.length - before).toBeLessThanOrEqual(4);
  });

  it("R1: a watch that cannot be had is one anomaly, and polling takes its place", async () => {
    const { clock, candidate } = world({ watch: true });
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    const b = candidate("b");
    b.lock.cutWatch(new LeaderElectionError("ERR_LOCK_FORBIDDEN", "no watch for you"));
    void b.run();
    await clock.advance(120_000);
    expect(b.log.filter((line) => line.startsWith("anomaly"))).toEqual(["anomaly watch-unavailable"]);
    expect(b.lock.calls.length).toBeGreaterThan(50);
    void a.elector.stop();
    await clock.advance(2_500);
    expect(b.elector.isLeading()).toBe(true);
  });

  it("R1: a watch that was cut is opened again, and polling stops once it tells something", async () => {
    const { clock, b } = await leaderAndStandby({ watch: true });
    b.lock.cutWatch();
    await clock.advance(10_000);
    const before = b.lock.calls.length;
    await clock.advance(60_000);
    expect(b.lock.calls.length - before).toBeLessThanOrEqual(1);
  });
});

describe("R2 absence frees nothing", () => {
  it("R2: a record that is gone after it was held is created again only after a full wait from the first sight of absence", async () => {
    for (const watch of [false, true]) {
      const { clock, cell, a, b } = await leaderAndStandby({ watch });
      a.lock.hang("get"); // the leader does not hear of it ...
      a.lock.hang("update");
      a.lock.muteWatch();
      cell.delete();
      await clock.advance(9_900); // ... and still believes
      expect(cell.current).toBeUndefined();
      await clock.advance(4_900);
      expect(a.elector.isLeading()).toBe(false);
      expect(cell.current).toBeUndefined();
      await clock.advance(2_500);
      expect(b.elector.isLeading()).toBe(true);
    }
  });

  it("R2: a new, empty object in place of a held one is taken only after the wait", async () => {
    const { clock, cell, a, b } = await leaderAndStandby({ watch: true });
    a.lock.hang("get");
    a.lock.hang("update");
    a.lock.muteWatch();
    cell.delete();
    cell.overwrite({ holderIdentity: "" });
    await clock.advance(14_900);
    expect(b.elector.isLeading()).toBe(false);
    await clock.advance(200);
    expect(b.elector.isLeading()).toBe(true);
  });

  it("R2: an absence is polled although a watch works, and a gap between two looks restarts the wait", async () => {
    const { clock, cell, a, b } = await leaderAndStandby({ watch: true });
    a.lock.hang("update");
    a.lock.hang("get");
    cell.delete();
    const before = b.lock.calls.length;
    await clock.advance(5_000);
    expect(b.lock.calls.length - before).toBeGreaterThanOrEqual(2);
    b.lock.hang("get"); // b cannot look: something may come and go
    await clock.advance(12_000);
    b.lock.heal();
    await clock.advance(14_000);
    expect(cell.current).toBeUndefined();
    await clock.advance(6_000);
    expect(b.elector.isLeading()).toBe(true);
  });

  it.each(["suspend", "stepWall"] as const)(
    "R2: a gap in which its machine stood still restarts the wait, too (%s)",
    async (standStill) => {
      const { clock, cell, a, b } = await leaderAndStandby();
      a.lock.hang("update");
      a.lock.hang("get");
      cell.delete();
      await clock.advance(14_000); // b saw the absence from its next poll on: its wait is nearly over
      expect(cell.current).toBeUndefined();
      // Not running, b cannot see that x creates the record, leads for a minute, and that its record vanishes.
      clock[standStill](60_000);
      await clock.advance(14_000); // while x may believe
      expect(cell.current).toBeUndefined();
      await clock.advance(5_000);
      expect(b.elector.isLeading()).toBe(true);
    },
  );

  it("R2: a create that met a record has seen the lock held: if that vanishes too, the wait begins anew", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    a.lock.delayAnswer("get", 1_000, 1); // it saw nothing, and was slow to hear of it
    void a.run();
    await clock.advance(500);
    cell.overwrite({ holderIdentity: "x", leaseDurationMs: 15_000 }); // x leads from here
    await clock.advance(513); // a's create: a conflict
    expect(a.lock.calls.map(({ operation }) => operation)).toEqual(["get", "create"]);
    cell.delete(); // while x believes
    await clock.advance(14_500);
    expect(cell.current).toBeUndefined();
    await clock.advance(3_000);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R2: a record that was seen held and went while a create was on its way is not led after", async () => {
    const { clock, candidate, cell } = world({ watch: true });
    const a = candidate("a");
    a.lock.delayRequest("create", 1_000, 1);
    void a.run();
    await clock.advance(100); // found none; its create is under way
    cell.overwrite({
      holderIdentity: "b",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:00.000001Z",
    });
    await clock.advance(100); // told by the watch
    cell.delete();
    await clock.advance(1_500);
    expect(cell.current?.record.holderIdentity).toBe("a");
    expect(a.elector.isLeading()).toBe(false);
    await clock.advance(15_000 + 3_000);
    expect(a.elector.isLeading()).toBe(true);
    await a.elector.stop();
  });

  it("R2: a create of its own that lands late, in the place of another's record, frees nothing", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    a.lock.delayRequest("create", 20_000, 1);
    void a.run();
    await clock.advance(1_000);
    cell.overwrite({
      holderIdentity: "x",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:01.000000Z",
    });
    await clock.advance(10_000);
    expect(a.elector.leader).toBe("x");
    cell.overwrite({ renewTime: "2026-01-01T00:00:11.000000Z" }); // x renews,
    await clock.advance(8_900);
    cell.delete(); // its record vanishes,
    await clock.advance(200); // and a's create lands
    expect(cell.current?.record.holderIdentity).toBe("a");
    await clock.advance(14_000);
    expect(a.elector.isLeading()).toBe(false);
    await clock.advance(5_000);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R2: a new object that was held and released again frees nothing for who saw the old one held", async () => {
    const { clock, cell, a, b } = await leaderAndStandby({ watch: true });
    a.lock.hang("get");
    a.lock.hang("update");
    a.lock.muteWatch();
    cell.delete();
    await clock.advance(10);
    cell.overwrite({ holderIdentity: "fresh", leaseDurationMs: 15_000 }); // it never saw the lock held
    await clock.advance(500);
    cell.overwrite({ holderIdentity: "", leaseDurationMs: 1_000 });
    await clock.advance(14_000);
    expect(b.elector.isLeading()).toBe(false);
    await clock.advance(1_500);
    expect(b.elector.isLeading()).toBe(true);
  });

  it("R2: one's own term counts as having seen it held", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(3_000);
    cell.delete();
    await clock.advance(2_000);
    expect(a.log.slice(-3)).toEqual(["abort deleted", "stop deleted", "end"]);
    await clock.advance(14_000);
    expect(cell.current).toBeUndefined();
    await clock.advance(4_000);
    expect(a.terms).toHaveLength(2);
    expect(a.terms[1]?.fencingToken).toBeGreaterThan(a.terms[0]?.fencingToken ?? 0n);
  });
});

describe("R3 attempts", () => {
  it("R3: waits a random 0 to 25 ms, and drops the attempt if somebody was faster meanwhile", async () => {
    const { clock, a, b, candidate } = await leaderAndStandby({ watch: true });
    const c = candidate("c", { random: () => 0.999 });
    void c.run();
    await clock.advance(5_000);
    void a.elector.stop();
    await clock.advance(30);
    expect(b.elector.isLeading()).toBe(true); // it waited 12.5 ms, c would have waited 24.975
    expect(writes(c)).toHaveLength(0);
    expect(c.elector.leader).toBe("b");
  });

  it("R3: after a conflict writes nothing before it has seen a newer record", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "" });
    const a = candidate("a");
    a.lock.conflict("update", 1);
    void a.run();
    await clock.advance(13); // the attempt, and its conflict
    expect(a.lock.calls.map(({ operation }) => operation)).toEqual(["get", "update"]);
    await clock.advance(1_001); // random * P later: one read, then the retry period for the same version
    expect(a.lock.calls.map(({ operation }) => operation)).toEqual(["get", "update", "get"]);
    await clock.advance(1_300);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R3: a conflict on the version that the watch calls current marks the watch broken: it is closed, the record polled", async () => {
    const { clock, a, b } = await leaderAndStandby({ watch: true });
    b.lock.muteWatch(); // alive, and silent
    await clock.advance(15_100); // the view expires: one attempt, a conflict
    expect(writes(b)).toHaveLength(1);
    expect(a.elector.isLeading()).toBe(true);
    await clock.advance(2_500); // one jittered read finds what the watch did not tell
    expect(b.elector.isLeading()).toBe(false);
    const before = b.lock.calls.length;
    await clock.advance(10_000);
    expect(b.lock.calls.length - before).toBeGreaterThanOrEqual(4); // polling
    expect(writes(b)).toHaveLength(1);
    b.lock.heal();
    await clock.advance(30_000);
    const healed = b.lock.calls.length;
    await clock.advance(60_000);
    expect(b.lock.calls.length - healed).toBeLessThanOrEqual(1);
  });

  it("R3: a stranger who edits beside the record all the time does not make a candidate hammer the store", async () => {
    const { clock, cell, candidate } = world({ watch: true });
    cell.overwrite({ holderIdentity: "gone", leaseDurationMs: 1_000 });
    const a = candidate("a");
    const update = a.lock.update.bind(a.lock);
    a.lock.update = (record, expected, options) => {
      cell.touch(); // always a moment before
      return update(record, expected, options);
    };
    void a.run();
    await clock.advance(60_000);
    expect(writes(a).length).toBeLessThanOrEqual(40);
    expect(writes(a).length).toBeGreaterThan(10);
  });

  it.each([86_400_000, Number.POSITIVE_INFINITY, Number.NaN, -1])(
    "R3: a Retry-After of %d ms is honoured up to the renew deadline",
    async (retryAfterMs) => {
      const { clock, cell, candidate } = world();
      cell.overwrite({ holderIdentity: "" });
      const a = candidate("a");
      const throttled = new LeaderElectionError("ERR_LOCK_THROTTLED", "later", { retryAfterMs });
      a.lock.refuse("update", throttled, 1);
      void a.run();
      await clock.advance(13);
      expect(writes(a)).toHaveLength(1);
      await clock.advance(retryAfterMs > 0 ? 9_900 : 2_100);
      expect(writes(a)).toHaveLength(1);
      await clock.advance(2_500);
      expect(a.elector.isLeading()).toBe(true);
    },
  );

  it("R3: a store that only ever answers with conflicts is not hammered", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "" });
    const a = candidate("a");
    a.lock.conflict("update");
    void a.run();
    await clock.advance(60_000);
    expect(writes(a).length).toBeLessThanOrEqual(30);
  });

  it("R3: a store that shows one old record after another is not hammered", async () => {
    const { clock, cell, candidate } = world();
    const old = ["00.000001", "00.000002", "00.000003"].map((time) =>
      cell.overwrite({ holderIdentity: "", renewTime: `2026-01-01T00:00:${time}Z` }),
    );
    cell.overwrite({ holderIdentity: "", renewTime: "2026-01-01T00:00:00.000004Z" });
    const a = candidate("a");
    let reads = 0;
    a.lock.get = async () => old[reads++ % old.length];
    void a.run();
    await clock.advance(60_000);
    expect(writes(a).length).toBeGreaterThan(10);
    expect(writes(a).length).toBeLessThanOrEqual(32);
    expect(reads).toBeLessThanOrEqual(62);
  });
});

describe("R4 one view", () => {
  it("R4: an edit beside the record moves the handle, not the timer", async () => {
    for (const watch of [false, true]) {
      const { clock, cell, a, b } = await leaderAndStandby({ watch });
      a.lock.hang("update");
      a.lock.hang("get");
      for (let i = 0; i < 4; i += 1) {
        await clock.advance(4_000);
        cell.touch(); // a stranger annotates it every 4 s
      }
      await clock.advance(4_000);
      expect(b.elector.isLeading()).toBe(true);
    }
  });

  it("R4: a change of fields restarts the timer, whatever the times in it say", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({
      holderIdentity: "x",
      leaseDurationMs: 15_000,
      renewTime: "2026-01-01T00:00:00.000000Z",
    });
    const a = candidate("a");
    void a.run();
    for (let i = 0; i < 5; i += 1) {
      await clock.advance(10_000);
      cell.overwrite({ renewTime: `2001-01-01T00:00:0${i}.000000Z` });
    }
    expect(writes(a)).toHaveLength(0);
  });

  it("R4: a store rolled back is believed by a read, and reported; the candidate leads again only with a larger token", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(3_000);
    const backup = cell.current;
    if (backup === undefined) throw new Error("nothing stored");
    const b = candidate("b");
    void b.run();
    await clock.advance(30_000);
    void a.elector.stop();
    await clock.advance(5_000);
    const last = b.term.fencingToken;
    void b.elector.stop();
    await clock.advance(1_000);
    cell.restore(backup);
    void b.run();
    await clock.advance(60_000);
    expect(b.log).toContain("error ERR_TOKEN_REGRESSION");
    for (const term of b.terms.slice(1)) expect(term.fencingToken).toBeGreaterThan(last);
    await clock.advance(300_000);
    expect(b.terms.at(-1)?.fencingToken).toBeGreaterThan(last);
    expect(b.elector.isLeading()).toBe(true);
  });
});
