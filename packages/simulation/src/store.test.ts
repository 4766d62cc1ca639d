import { describe, expect, it } from "vitest";
import { Bench, recordOf, SERVER_BEGAN_MS } from "./bench.fixture.ts";
import type { FlavourName } from "./flavour.ts";

const FLAVOUR_NAMES: readonly FlavourName[] = ["kubernetes", "etcd", "redis"];

describe.each(FLAVOUR_NAMES)("the %s store", (flavour) => {
  it("creates only where there is no record", () => {
    const bench = new Bench(flavour);
    expect(bench.write(recordOf("a"), undefined).kind).toBe("applied");
    expect(bench.write(recordOf("b"), undefined).kind).toBe("conflict");
    expect(bench.store.current?.record.holderIdentity).toBe("a");
  });

  it("replaces exactly the version that was expected, and no other", () => {
    const bench = new Bench(flavour);
    const first = bench.put(recordOf("a"));
    const second = bench.put(recordOf("a", 1));
    expect(bench.write(recordOf("b"), first)).toEqual({ kind: "conflict" });
    expect(bench.store.current).toBe(second);
    expect(bench.write(recordOf("b"), second).kind).toBe("applied");
  });

  it("does not create by an update of what is gone", () => {
    const bench = new Bench(flavour);
    const first = bench.put(recordOf("a"));
    bench.store.delete();
    expect(bench.write(recordOf("a", 1), first)).toEqual({ kind: "conflict" });
    expect(bench.store.current).toBe(undefined);
  });

  it("gives every version a larger token, and tells of each change", () => {
    const bench = new Bench(flavour);
    const tokens = Array.from({ length: 50 }, (_, renewal) => bench.put(recordOf("a", renewal)).fencingToken);
    expect(tokens).toEqual([...new Set(tokens)].sort((a, b) => (a < b ? -1 : 1)));
    expect(bench.changes.map((change) => change.kind)).toEqual(new Array(50).fill("changed"));
  });

  it("gives a record that is created after a deletion another incarnation and a larger token", () => {
    const bench = new Bench(flavour);
    const before = bench.put(recordOf("a"));
    expect(bench.put(recordOf("a", 1)).incarnation).toBe(before.incarnation);
    bench.advance(10);
    bench.store.delete();
    expect(bench.changes.at(-1)?.kind).toBe("deleted");
    const after = bench.put(recordOf("a", 2));
    expect(after.incarnation).not.toBe(before.incarnation);
    expect(after.fencingToken).toBeGreaterThan(before.fencingToken);
  });

  it("refuses an own version of another incarnation", () => {
    const bench = new Bench(flavour);
    const stored = bench.put(recordOf("a"));
    const wrong = { ...stored, incarnation: "another" };
    expect(bench.write(recordOf("a", 1), wrong)).toEqual({ kind: "conflict" });
  });

  it("keeps the writer through an edit beside the record, and forgets it when a stranger renews", () => {
    const bench = new Bench(flavour);
    const stored = bench.put(recordOf("a"));
    bench.store.edit({});
    expect(bench.store.current?.version).not.toBe(stored.version);
    expect(bench.store.current).toMatchObject({ record: stored.record, raw: { writer: bench.process } });
    bench.store.edit({ holderIdentity: "stranger" });
    expect(bench.store.current?.raw.writer).toBe(undefined);
  });

  it("shows the past, and goes back to it without telling anybody", () => {
    const bench = new Bench(flavour);
    const versions = Array.from({ length: 5 }, (_, renewal) => bench.put(recordOf("a", renewal)));
    expect(bench.store.past(1)).toBe(versions[3]);
    expect(bench.store.past(4)).toBe(versions[0]);
    const told = bench.changes.length;
    bench.store.restore(2);
    expect(bench.store.current).toBe(versions[2]);
    expect(bench.changes).toHaveLength(told);
  });

  it("takes writes on what was restored, and refuses those on what was lost", () => {
    const bench = new Bench(flavour);
    const versions = Array.from({ length: 5 }, (_, renewal) => bench.put(recordOf("a", renewal)));
    bench.store.restore(2);
    expect(bench.write(recordOf("b"), versions[4]).kind).toBe("conflict");
    expect(bench.write(recordOf("b"), versions[2]).kind).toBe("applied");
  });
});

it.each(["kubernetes", "etcd"] as const)(
  "%s has its counter restored with the record: tokens go back",
  (flavour) => {
    const bench = new Bench(flavour);
    for (let renewal = 0; renewal < 20; renewal++) bench.put(recordOf("a", renewal));
    const before = bench.store.current?.fencingToken ?? 0n;
    bench.store.restore(15);
    expect(bench.put(recordOf("b")).fencingToken).toBeLessThan(before);
  },
);

it("redis orders versions by the server's clock, or by the last one where that was set back", () => {
  const bench = new Bench("redis");
  bench.advance(5);
  expect(bench.put(recordOf("a")).fencingToken).toBe(BigInt((SERVER_BEGAN_MS + 5) * 1000));
  expect(bench.put(recordOf("a", 1)).fencingToken).toBe(BigInt((SERVER_BEGAN_MS + 5) * 1000 + 1));
});

it("redis lets a request that comes twice act once, and answers it as before", () => {
  const bench = new Bench("redis");
  bench.write(recordOf("a"), undefined, { callId: 700 });
  const first = bench.store.current;
  const since = bench.put(recordOf("b"));
  const again = bench.write(recordOf("a"), undefined, { callId: 700 });
  expect(again).toEqual({ kind: "repeated", stored: first });
  expect(bench.store.current).toBe(since);
});

it.each(["kubernetes", "etcd"] as const)("%s meets a request that comes twice as any other", (flavour) => {
  const bench = new Bench(flavour);
  bench.write(recordOf("a"), undefined, { callId: 700 });
  expect(bench.write(recordOf("a"), undefined, { callId: 700 })).toEqual({ kind: "conflict" });
  bench.store.delete();
  expect(bench.write(recordOf("a"), undefined, { callId: 700 }).kind).toBe("applied");
});

it("redis refuses a write after its time, and takes it up to then", () => {
  const bench = new Bench("redis");
  const notAfterMicros = (SERVER_BEGAN_MS + 100) * 1000;
  bench.advance(100);
  expect(bench.write(recordOf("a"), undefined, { notAfterMicros }).kind).toBe("applied");
  bench.advance(1);
  expect(bench.write(recordOf("a", 1), bench.store.current, { notAfterMicros })).toEqual({
    kind: "too-late",
  });
});

it("kubernetes takes a write however late it lands", () => {
  const bench = new Bench("kubernetes");
  bench.advance(100);
  expect(bench.write(recordOf("a"), undefined, { notAfterMicros: 1 }).kind).toBe("applied");
});
