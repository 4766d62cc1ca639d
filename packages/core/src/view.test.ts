import { describe, expect, it } from "vitest";
import type { TimeReading } from "./clock.ts";
import type { LeaderElectionRecord, VersionedRecord } from "./resource-lock.ts";
import { effectiveDurationMs, freeAtMs, type HeldMemory, observe, remember, type View } from "./view.ts";

const OWN_MS = 15_000;

function found(
  change: Partial<LeaderElectionRecord> = {},
  version = "1",
  incarnation = "one",
): VersionedRecord {
  return {
    record: {
      holderIdentity: "x",
      leaseDurationMs: 40_000,
      acquireTime: "2026-01-01T00:00:00.000000Z",
      renewTime: "2026-01-01T00:00:10.000000Z",
      leaderTransitions: 6,
      strategy: "S",
      preferredHolder: "y",
      ...change,
    },
    version,
    incarnation,
    fencingToken: BigInt(version),
  };
}

/** A look while all clocks agree. */
function at(monotonicMs: number): TimeReading {
  return { monotonicMs, bootMs: 50_000 + monotonicMs, wallMs: 1_000_000 + monotonicMs };
}

function see(
  current: VersionedRecord | undefined,
  atMs: number,
  before?: View,
  held: HeldMemory | undefined = undefined,
): View {
  return observe(before, held, { current, order: current?.fencingToken, at: at(atMs) }, OWN_MS);
}

describe("the wait", () => {
  it("is the record's own duration, counted from its first sight", () => {
    const view = see(found(), 1_000);
    expect(view).toEqual({
      current: found(),
      order: 1n,
      firstSeenMs: 1_000,
      lastSeenAt: at(1_000),
      waitMs: 40_000,
    });
    expect(freeAtMs(view, 0)).toBe(41_000);
    expect(freeAtMs(view, 7_000)).toBe(48_000);
  });

  it.each([0, -5, Number.NaN])("is one's own where the record says %d", (leaseDurationMs) => {
    expect(effectiveDurationMs(found({ leaseDurationMs }).record, OWN_MS)).toBe(OWN_MS);
    expect(see(found({ leaseDurationMs }), 0).waitMs).toBe(OWN_MS);
  });

  it("is none for a free record at first sight, nor for the one seen held: freed", () => {
    const free = found({ holderIdentity: "" });
    expect(freeAtMs(see(free, 5), 7_000)).toBe(Number.NEGATIVE_INFINITY);
    const held = remember(undefined, found(), OWN_MS);
    expect(see(free, 5, undefined, held).waitMs).toBe(0);
  });

  it("is none for a record that never was", () => {
    expect(freeAtMs(see(undefined, 5), 0)).toBe(Number.NEGATIVE_INFINITY);
  });

  it("R2: is a full one for a record that is gone after it was held, from the first sight of absence", () => {
    const held = remember(undefined, found(), OWN_MS);
    const before = see(found(), 1_000);
    const gone = see(undefined, 9_000, before, held);
    expect(gone).toMatchObject({ firstSeenMs: 9_000, waitMs: 40_000 });
    expect(see(undefined, 20_000, gone, held)).toMatchObject({ firstSeenMs: 9_000, waitMs: 40_000 });
  });

  it("R2: is a full one for an empty record that is another object, and begins anew for it", () => {
    const held = remember(undefined, found(), OWN_MS);
    const gone = see(undefined, 9_000, see(found(), 1_000), held);
    const again = see(found({ holderIdentity: "" }, "3", "two"), 12_000, gone, held);
    expect(again).toMatchObject({ firstSeenMs: 12_000, waitMs: 40_000 });
  });

  it("R2: is one's own where that is longer: a renewal unseen before the deletion may have had another duration", () => {
    const held = remember(undefined, found({ leaseDurationMs: 2_000 }), OWN_MS);
    expect(see(undefined, 0, undefined, held).waitMs).toBe(OWN_MS);
  });
});

describe("the first sight", () => {
  const view = see(found(), 1_000);

  it.each([
    ["holderIdentity", { holderIdentity: "z" }],
    ["leaseDurationMs", { leaseDurationMs: 41_000 }],
    ["acquireTime", { acquireTime: undefined }],
    ["renewTime", { renewTime: "2026-01-01T00:00:10.000001Z" }],
    ["renewTime, to something earlier", { renewTime: "2001-01-01T00:00:00.000000Z" }],
    ["leaderTransitions", { leaderTransitions: 7 }],
    ["strategy", { strategy: undefined }],
    ["preferredHolder", { preferredHolder: "z" }],
  ])("begins anew with a change of %s", (_field, change) => {
    expect(see(found(change, "2"), 9_000, view).firstSeenMs).toBe(9_000);
  });

  it("R4: stays when only the version moves; the handle goes along", () => {
    const edited = { ...found({}, "2"), raw: { labels: { a: "b" } } };
    expect(see(edited, 9_000, view)).toEqual({
      current: edited,
      order: 2n,
      firstSeenMs: 1_000,
      lastSeenAt: at(9_000),
      waitMs: 40_000,
    });
  });

  it("begins anew with another incarnation, though every field is the same", () => {
    expect(see(found({}, "2", "two"), 9_000, view).firstSeenMs).toBe(9_000);
  });

  it("begins anew when the record appears, and when it goes", () => {
    expect(see(found(), 9_000, see(undefined, 1_000)).firstSeenMs).toBe(9_000);
    expect(see(undefined, 9_000, view).firstSeenMs).toBe(9_000);
  });
});

describe("an absence", () => {
  const GAP_MS = 8_000;
  const held = { incarnation: "one", durationMs: 15_000 };
  const gone = (atMs: number, order: bigint, before?: View) =>
    observe(before, held, { current: undefined, order, at: at(atMs) }, OWN_MS, GAP_MS);

  it("R2: goes on while looks at it lie no further apart than the gap", () => {
    const first = gone(1_000, 5n);
    const second = gone(9_000, 5n, first);
    expect(second).toMatchObject({ firstSeenMs: 1_000, lastSeenAt: at(9_000) });
    expect(gone(17_000, 5n, second)).toMatchObject({ firstSeenMs: 1_000, lastSeenAt: at(17_000) });
  });

  it("R2: begins anew after a longer gap: a record may have come and gone", () => {
    expect(gone(9_001, 5n, gone(1_000, 5n)).firstSeenMs).toBe(9_001);
  });

  it.each(["bootMs", "wallMs"] as const)(
    "R2: begins anew after a gap that only %s shows: it slept",
    (clock) => {
      const woken = { ...at(2_000), [clock]: at(2_000)[clock] + GAP_MS };
      const again = { current: undefined, order: 5n, at: woken };
      expect(observe(gone(1_000, 5n), held, again, OWN_MS, GAP_MS).firstSeenMs).toBe(2_000);
    },
  );

  it("R2: begins anew when the store's order moved: there was another deletion", () => {
    expect(gone(2_000, 6n, gone(1_000, 5n)).firstSeenMs).toBe(2_000);
  });

  it("a record that is there may be looked at as seldom as one likes: the version protects the write", () => {
    const seen = observe(undefined, held, { current: found(), order: 1n, at: at(0) }, OWN_MS, GAP_MS);
    const later = observe(seen, held, { current: found(), order: 1n, at: at(600_000) }, OWN_MS, GAP_MS);
    expect(later.firstSeenMs).toBe(0);
  });
});

describe("what is remembered", () => {
  it("is the last held record; nothing that is free or gone takes it away", () => {
    const held = remember(undefined, found({}, "1", "one"), OWN_MS);
    expect(held).toEqual({ incarnation: "one", durationMs: 40_000 });
    expect(remember(held, undefined, OWN_MS)).toBe(held);
    expect(remember(held, found({ holderIdentity: "" }, "2", "two"), OWN_MS)).toBe(held);
    expect(remember(held, found({ leaseDurationMs: 0 }, "3", "two"), OWN_MS)).toEqual({
      incarnation: "two",
      durationMs: OWN_MS,
    });
  });

  it("is nothing where no record was ever held", () => {
    expect(remember(undefined, undefined, OWN_MS)).toBeUndefined();
    expect(remember(undefined, found({ holderIdentity: "" }), OWN_MS)).toBeUndefined();
  });
});
