import { LeaderElectionError } from "@tenure/core";
import { describe, expect, it } from "vitest";
import { Bench, ONE_WAY_MS, type OpenWatch, recordOf, versionsOf } from "./bench.fixture.ts";
import type { LinkConditions } from "./link.ts";

/** A bench with a record, and a watch on it that has told it. */
function startWatching(flavour: "kubernetes" | "redis" = "kubernetes", seed = 1) {
  const bench = new Bench(flavour, seed);
  const first = bench.put(recordOf("a"));
  const open = bench.watch();
  bench.advance(10);
  open.told.length = 0;
  return { bench, open, first };
}

/** Writes every two seconds; the versions in the order in which they were written. */
function renew(bench: Bench, times: number): readonly string[] {
  return Array.from({ length: times }, (_, renewal) => {
    const { version } = bench.put(recordOf("a", renewal + 1));
    bench.advance(2000);
    return version;
  });
}

/** What is told of 30 renewals under these conditions. */
function told(conditions: Partial<LinkConditions>) {
  const { bench, open, first } = startWatching();
  bench.conditions(conditions);
  const written = renew(bench, 30);
  bench.advance(30_000);
  const versions = versionsOf(open);
  let newest = 0;
  let outOfOrder = 0;
  for (const version of versions.map(Number)) {
    if (version < newest) outOfOrder += 1;
    newest = Math.max(newest, version);
  }
  const repeated = versions.length - new Set(versions).size;
  return { written, versions, outOfOrder, repeated, first: first.version };
}

describe("a watch in fair conditions", () => {
  it("begins with the current state, where the store knows it", () => {
    const bench = new Bench("kubernetes");
    const { version } = bench.put(recordOf("a"));
    const open = bench.watch();
    bench.advance(10);
    expect(versionsOf(open)).toEqual([version]);
  });

  it("begins with resync, where events are but a hint or there is no record", () => {
    const hint = new Bench("redis");
    hint.put(recordOf("a"));
    const open = hint.watch();
    hint.advance(10);
    expect(open.told).toEqual([{ kind: "resync" }]);
    const empty = new Bench("kubernetes");
    const other = empty.watch();
    empty.advance(10);
    expect(other.told).toEqual([{ kind: "resync" }]);
  });

  it.each(["kubernetes", "redis"] as const)("begins with nothing from the version that %s has", (flavour) => {
    const bench = new Bench(flavour);
    const stored = bench.put(recordOf("a"));
    const open = bench.watch(stored);
    bench.advance(10_000);
    expect(open.told).toEqual([]);
  });

  it("begins with what was missed since an older version", () => {
    const bench = new Bench("kubernetes");
    const old = bench.put(recordOf("a"));
    const { version } = bench.put(recordOf("a", 1));
    const open = bench.watch(old);
    bench.advance(10);
    expect(versionsOf(open)).toEqual([version]);
  });

  it("tells every change once, in order, a way later", () => {
    const { bench, open } = startWatching();
    const { version } = bench.put(recordOf("a", 1));
    expect(open.told).toEqual([]);
    bench.advance(ONE_WAY_MS);
    expect(versionsOf(open)).toEqual([version]);
    const { versions, written } = told({});
    expect(versions).toEqual(written);
  });

  it("tells a deletion, with its order where the store has one", () => {
    const { bench, open, first } = startWatching();
    bench.store.delete();
    bench.advance(10);
    expect(open.told).toEqual([{ kind: "deleted", fencingToken: (first.fencingToken ?? 0n) + 1n }]);
  });

  it("loses some deletions on redis, and tells the others without an order", () => {
    const tolds = Array.from({ length: 20 }, (_, index) => {
      const { bench, open } = startWatching("redis", index + 1);
      bench.store.delete();
      bench.advance(10);
      return open.told;
    });
    const heard = tolds.filter(({ length }) => length > 0);
    expect(heard.length).toBeGreaterThan(3);
    expect(heard.length).toBeLessThan(17);
    for (const events of heard) expect(events).toEqual([{ kind: "deleted", fencingToken: undefined }]);
  });

  it("waits for a paused process", () => {
    const { bench, open } = startWatching();
    bench.process.pause();
    bench.put(recordOf("a", 1));
    bench.advance(1000);
    expect(open.told).toEqual([]);
    for (const turn of bench.process.resume()) bench.process.deliver(turn);
    expect(open.told).toHaveLength(1);
  });

  it("ends when its reader ends it, and tells nothing more", () => {
    const { bench, open } = startWatching();
    bench.put(recordOf("a", 1));
    open.aborted.abort();
    bench.advance(1000);
    expect(open.isClosed).toBe(true);
    expect(open.told).toEqual([]);
  });
});

describe("a watch that is poor", () => {
  it("repeats events, where told", () => {
    const { repeated, written, versions } = told({ watchRepeats: 1 });
    expect(repeated).toBe(written.length);
    expect(new Set(versions)).toEqual(new Set(written));
  });

  it("tells events out of order, where told, and still each of them once", () => {
    const { outOfOrder, repeated, written, versions } = told({ watchReorders: 0.5 });
    expect(outOfOrder).toBeGreaterThan(3);
    expect(repeated).toBe(0);
    expect(versions.toSorted()).toEqual(written.toSorted());
  });

  it("tells of the past, where told", () => {
    const { outOfOrder, written, versions, first } = told({ watchStale: 1 });
    expect(outOfOrder).toBeGreaterThan(10);
    expect(versions.length).toBeGreaterThan(1.5 * written.length);
    for (const version of versions) expect([first, ...written]).toContain(version);
  });

  it("tells nothing while it is silent, and what it missed once that is over", () => {
    const { bench, open } = startWatching();
    bench.conditions({ watchSilent: true });
    const written = renew(bench, 10);
    expect(open.told).toEqual([]);
    bench.conditions({});
    bench.advance(5000);
    expect(versionsOf(open)).toEqual([written.at(-1)]);
    const { version } = bench.put(recordOf("a", 99));
    bench.advance(10);
    expect(versionsOf(open).at(-1)).toBe(version);
  });

  it("tells nothing while answers are cut, also what is on its way, and what it missed once that is over", () => {
    const { bench, open } = startWatching();
    bench.put(recordOf("a", 1));
    bench.conditions({ answersCut: true });
    const written = renew(bench, 10);
    expect(open.told).toEqual([]);
    bench.conditions({});
    bench.advance(10_000);
    expect(versionsOf(open)).toEqual([written.at(-1)]);
  });

  it("goes on while only requests are cut", () => {
    const { versions, written } = told({ requestsCut: true });
    expect(versions).toEqual(written);
  });
});

describe("a watch that is cut", () => {
  it("ends, where the connection closes", async () => {
    const { bench, open } = startWatching();
    await open.watch?.next(); // the state that it began with
    open.watch?.cut("ends");
    expect(open.isClosed).toBe(true);
    bench.put(recordOf("a", 1));
    bench.advance(10_000);
    expect(open.told).toEqual([]);
    expect(await open.watch?.next()).toEqual({ done: true, value: undefined });
  });

  it("fails once, where it breaks, and then has ended", async () => {
    const { open } = startWatching();
    await open.watch?.next();
    open.watch?.cut("fails");
    await expect(open.watch?.next()).rejects.toBeInstanceOf(LeaderElectionError);
    expect(await open.watch?.next()).toEqual({ done: true, value: undefined });
  });

  it("rejects whoever waits when it breaks", async () => {
    const { open } = startWatching();
    await open.watch?.next();
    const waiting = open.watch?.next();
    open.watch?.cut("fails");
    await expect(waiting).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
  });

  it("connects again by itself, where nobody is told, and tells what it missed", () => {
    const { bench, open } = startWatching();
    open.watch?.cut("reconnects");
    const missed = bench.put(recordOf("a", 1));
    bench.advance(1000);
    expect(open.told).toEqual([]);
    bench.advance(5000);
    expect(versionsOf(open)).toEqual([missed.version]);
    expect(open.isClosed).toBe(false);
  });

  it("connects again only when the way is open both ways", () => {
    const { bench, open } = startWatching();
    open.watch?.cut("reconnects");
    bench.conditions({ requestsCut: true });
    bench.advance(60_000);
    expect(open.told).toEqual([]);
    bench.conditions({});
    bench.advance(5000);
    expect(open.told).toHaveLength(1);
  });

  it("fails where a new one is refused", async () => {
    const bench = new Bench();
    bench.put(recordOf("a"));
    bench.conditions({ watchRefused: true });
    const open: OpenWatch = bench.watch();
    bench.advance(10);
    await expect(open.watch?.next()).rejects.toBeInstanceOf(LeaderElectionError);
    expect(open.isClosed).toBe(true);
    expect(open.told).toEqual([]);
  });
});
