import { describe, expect, it } from "vitest";
import { type Answer, Bench, LATEST_LANDING_MS, ONE_WAY_MS, recordOf } from "./bench.fixture.ts";
import type { ErrorBurst } from "./link.ts";

function errorOf({ outcome }: Answer) {
  if (outcome?.ok !== false) throw new Error(`Expected an error, got ${JSON.stringify(outcome?.ok)}`);
  return outcome.error;
}

describe("a link in fair conditions", () => {
  it("takes a request to the store and its answer back, one way each", () => {
    const bench = new Bench();
    const write = bench.update(recordOf("a"));
    bench.advance(ONE_WAY_MS);
    expect(bench.store.current?.record.holderIdentity).toBe("a");
    expect(write.outcome).toBe(undefined);
    bench.advance(ONE_WAY_MS);
    expect(write).toEqual({ atMs: 2 * ONE_WAY_MS, outcome: { ok: true, found: bench.store.current } });
    expect(bench.traffic).toEqual(["sent", "landed, applied", "answered"]);
  });

  it("reads what the store holds when the read lands, and that nothing is there", () => {
    const bench = new Bench();
    const absent = bench.read();
    bench.advance(10);
    expect(absent.outcome).toEqual({ ok: true, found: undefined });
    const stored = bench.put(recordOf("a"));
    const read = bench.read();
    bench.advance(10);
    expect(read.outcome).toEqual({ ok: true, found: stored });
  });

  it("refuses a write on a version that is no longer the store's", () => {
    const bench = new Bench();
    const old = bench.put(recordOf("a"));
    bench.put(recordOf("b"));
    const write = bench.update(recordOf("a", 1), old);
    bench.advance(10);
    expect(errorOf(write)).toMatchObject({ code: "ERR_LOCK_CONFLICT", outcome: "not-applied" });
  });

  it("does not tell a caller who has given up", () => {
    const bench = new Bench();
    const gaveUp = new AbortController();
    const read = bench.read(gaveUp.signal);
    bench.advance(ONE_WAY_MS);
    gaveUp.abort();
    bench.advance(100);
    expect(read.outcome).toBe(undefined);
  });

  it("lets the answer wait for a process that is paused", () => {
    const bench = new Bench();
    const read = bench.read();
    bench.process.pause();
    bench.advance(1000);
    expect(read.outcome).toBe(undefined);
    for (const turn of bench.process.resume()) bench.process.deliver(turn);
    expect(read.atMs).toBe(1000);
  });
});

describe("a link in trouble", () => {
  it.each([{ requestsCut: true }, { loseRequests: 1 }])("loses requests before they land: %o", (trouble) => {
    const bench = new Bench();
    bench.conditions(trouble);
    const write = bench.update(recordOf("a"));
    bench.advance(1000);
    expect(bench.traffic).toEqual(["sent", "lost request"]);
    expect(bench.store.current).toBe(undefined);
    expect(write.outcome).toBe(undefined);
  });

  it.each([{ answersCut: true }, { loseAnswers: 1 }])(
    "loses answers of writes that landed: %o",
    (trouble) => {
      const bench = new Bench();
      bench.conditions(trouble);
      const write = bench.update(recordOf("a"));
      bench.advance(1000);
      expect(bench.traffic).toEqual(["sent", "landed, applied", "lost answer"]);
      expect(bench.store.current?.record.holderIdentity).toBe("a");
      expect(write.outcome).toBe(undefined);
    },
  );

  it("asks for the way back when the answer leaves, not when the request did", () => {
    const bench = new Bench();
    const write = bench.update(recordOf("a"));
    bench.conditions({ answersCut: true });
    bench.advance(1000);
    expect(bench.traffic).toEqual(["sent", "landed, applied", "lost answer"]);
    expect(write.outcome).toBe(undefined);
  });

  it("loses every second request, neither none nor two in a row", () => {
    const bench = new Bench();
    bench.conditions({ everySecondRequestLost: true });
    const answers = Array.from({ length: 6 }, () => bench.read());
    bench.advance(1000);
    const heard = answers.map(({ outcome }) => outcome !== undefined);
    expect(heard).toEqual([false, true, false, true, false, true]);
  });

  it("loses about as many as it is told", () => {
    const bench = new Bench();
    bench.conditions({ loseRequests: 0.3, loseAnswers: 0.3 });
    for (let request = 0; request < 1000; request++) bench.read();
    bench.advance(1000);
    const count = (what: string): number => bench.traffic.filter((line) => line === what).length;
    expect(Math.abs(count("lost request") - 300)).toBeLessThan(60);
    expect(Math.abs(count("lost answer") - 210)).toBeLessThan(60);
    expect(count("answered")).toBe(1000 - count("lost request") - count("lost answer"));
  });

  it("lets writes land late: within the latest landing, and often long after a request would time out", () => {
    const landedAtMs: number[] = [];
    for (let seed = 1; seed <= 40; seed++) {
      const bench = new Bench("kubernetes", seed);
      bench.conditions({ landLate: 1 });
      const write = bench.update(recordOf("a"));
      bench.advance(LATEST_LANDING_MS + 10);
      expect(bench.traffic).toEqual(["sent", "landed, applied", "answered"]);
      landedAtMs.push((write.atMs ?? 0) - ONE_WAY_MS);
    }
    expect(Math.max(...landedAtMs)).toBeLessThanOrEqual(LATEST_LANDING_MS + ONE_WAY_MS);
    expect(landedAtMs.filter((atMs) => atMs > 10_000).length).toBeGreaterThan(20);
  });

  it("refuses a write that lands late on what another has replaced meanwhile", () => {
    const bench = new Bench();
    const stored = bench.put(recordOf("a"));
    bench.conditions({ landLate: 1 });
    bench.update(recordOf("a", 1), stored);
    const since = bench.put(recordOf("b"));
    bench.advance(LATEST_LANDING_MS + 10);
    expect(bench.traffic).toContain("landed");
    expect(bench.store.current).toBe(since);
  });

  it("repeats writes: a duplicate lands, is answered to nobody, and acts only where its version still fits", () => {
    const bench = new Bench();
    const stored = bench.put(recordOf("a"));
    bench.conditions({ duplicate: 1 });
    const write = bench.update(recordOf("a", 1), stored);
    bench.advance(LATEST_LANDING_MS + 10);
    expect(write.outcome?.ok).toBe(true);
    expect(bench.traffic).toEqual(["sent", "landed, applied", "answered", "landed, duplicate"]);
  });

  it("applies a duplicate of a create once the record is gone again", () => {
    const bench = new Bench();
    bench.conditions({ duplicate: 1 });
    bench.update(recordOf("a"));
    bench.advance(5);
    bench.store.delete();
    bench.advance(LATEST_LANDING_MS + 10);
    expect(bench.traffic.at(-1)).toBe("landed, applied, duplicate");
    expect(bench.store.current?.record.holderIdentity).toBe("a");
  });

  it("never repeats a read", () => {
    const bench = new Bench();
    bench.conditions({ duplicate: 1 });
    bench.read();
    bench.advance(LATEST_LANDING_MS + 10);
    expect(bench.traffic).toEqual(["sent", "landed", "answered"]);
  });

  it("answers reads with the past, where told", () => {
    const bench = new Bench();
    for (let renewal = 0; renewal < 20; renewal++) bench.put(recordOf("a", renewal));
    const versionsRead = (): Set<string | undefined> => {
      const answers = Array.from({ length: 40 }, () => bench.read());
      bench.advance(10);
      return new Set(answers.map(({ outcome }) => (outcome?.ok ? outcome.found?.version : "none")));
    };
    const newest = bench.store.current?.version;
    expect(versionsRead()).toEqual(new Set([newest]));
    bench.conditions({ staleReads: 1 });
    const stale = versionsRead();
    expect(stale).not.toContain(newest);
    expect(stale.size).toBeGreaterThan(3);
  });

  it("is slow both ways, where told", () => {
    const bench = new Bench();
    bench.conditions({ slow: 1 });
    const answers = Array.from({ length: 20 }, () => bench.read());
    bench.advance(20_000 + 10);
    const times = answers.map(({ atMs }) => atMs ?? Number.NaN);
    expect(times.reduce((sum, ms) => sum + ms, 0) / times.length).toBeGreaterThan(5000);
  });
});

describe("a store that answers errors", () => {
  const codes: readonly [ErrorBurst["status"], string][] = [
    [401, "ERR_LOCK_UNAUTHENTICATED"],
    [403, "ERR_LOCK_FORBIDDEN"],
    [429, "ERR_LOCK_THROTTLED"],
    [503, "ERR_LOCK_UNAVAILABLE"],
  ];

  it.each(codes)("says with a %i that nothing was written (%s), and that is so", (status, code) => {
    const bench = new Bench();
    bench.conditions({ error: { status, probability: 1 } });
    const answers = Array.from({ length: 30 }, () => bench.update(recordOf("a"), undefined));
    bench.advance(100);
    expect(bench.traffic.some((line) => line.startsWith("landed"))).toBe(false);
    expect(bench.store.current).toBe(undefined);
    for (const answer of answers) expect(errorOf(answer)).toMatchObject({ code, outcome: "not-applied" });
  });

  it("asks with a 429 to come back later, now and then", () => {
    const bench = new Bench();
    bench.conditions({ error: { status: 429, probability: 1 } });
    const answers = Array.from({ length: 40 }, () => bench.read());
    bench.advance(100);
    const waits = answers.map((answer) => errorOf(answer).retryAfterMs);
    expect(waits.filter((ms) => ms === undefined).length).toBeGreaterThan(5);
    expect(waits.filter((ms) => ms !== undefined && ms > 0).length).toBeGreaterThan(5);
  });

  it("leaves open with a 500 whether a write landed: some did, most did not", () => {
    let landed = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const bench = new Bench("kubernetes", seed);
      bench.conditions({ error: { status: 500, probability: 1 } });
      const write = bench.update(recordOf("a"));
      bench.advance(100);
      expect(errorOf(write)).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      if (bench.store.current !== undefined) landed += 1;
      expect(bench.traffic.includes("landed, applied")).toBe(bench.store.current !== undefined);
    }
    expect(landed).toBeGreaterThan(5);
    expect(landed).toBeLessThan(35);
  });

  it("has no doubt about a read that got a 500", () => {
    const bench = new Bench();
    bench.conditions({ error: { status: 500, probability: 1 } });
    const read = bench.read();
    bench.advance(100);
    expect(errorOf(read).outcome).toBe("not-applied");
  });
});

describe("a link that is healed", () => {
  it("is fair, and what was to land late never does", () => {
    const bench = new Bench();
    bench.conditions({ landLate: 1, duplicate: 1, slow: 1 });
    bench.update(recordOf("a"));
    bench.link.heal();
    bench.advance(10 * LATEST_LANDING_MS);
    expect(bench.traffic).toEqual(["sent"]);
    const read = bench.read();
    const sentAtMs = bench.queue.nowMs;
    bench.advance(100);
    expect((read.atMs ?? 0) - sentAtMs).toBe(2 * ONE_WAY_MS);
  });
});
