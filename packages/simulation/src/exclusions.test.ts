import { beforeEach, describe, expect, it } from "vitest";
import { type Candidate, newCandidate } from "./candidate.ts";
import { Coverage } from "./coverage.ts";
import { EventQueue } from "./event-queue.ts";
import { Exclusions } from "./exclusions.ts";
import { Machine } from "./machine.ts";
import { SimulatedProcess } from "./process.ts";
import type { StoredRecord } from "./store.ts";

const DURATIONS = {
  leaseDurationMs: 15_000,
  renewDeadlineMs: 10_000,
  retryPeriodMs: 2000,
  drainTimeoutMs: 10_000,
};
/** Two polls and two timeouts: what an object may live for and leave no trace. */
const BETWEEN_LOOKS_MS = 2 * (1.2 * 2000 + 1733) + 2 * 1733;

let nowMs = 0;
let exclusions: Exclusions;

beforeEach(() => {
  nowMs = 0;
  const coverage = new Coverage();
  const options = { coverage, longestLeaseMs: 15_000, rateError: 0, mixedLeases: false };
  exclusions = new Exclusions({ nowMs: () => nowMs, ...options });
});

/** It is there from `fromMs` until `untilMs`. */
function exists(incarnation: string, fromMs: number, untilMs: number): void {
  nowMs = fromMs;
  exclusions.changed({ kind: "changed", stored: { incarnation } as StoredRecord }); // no more is looked at
  nowMs = untilMs;
  exclusions.changed({ kind: "deleted", order: 0 });
}

/** Leads on `incarnation`, with this token, and was shown these as held. */
function leader(incarnation: string, token: bigint, sawHeld: Readonly<Record<string, number>>): Candidate {
  const queue = new EventQueue();
  const process = new SimulatedProcess(new Machine(queue, { rate: 1, wallMs: 0 }), () => {});
  const candidate = newCandidate(incarnation, process, DURATIONS);
  for (const [seen, atMs] of Object.entries(sawHeld)) candidate.sawHeld.set(seen, atMs);
  candidate.firstSawHeldAtMs = Math.min(...Object.values(sawHeld));
  candidate.confirmed = { token, incarnation, sentAtMs: 0 };
  return candidate;
}

describe("an overlap after a deletion", () => {
  it("is judged where the taker had seen the other's object held, however often the record was deleted", () => {
    exists("one", 0, 20_000);
    exists("two", 20_100, 21_000);
    nowMs = 22_000;
    const former = leader("one", 5n, { one: 0 });
    const taker = leader("three", 9n, { one: 10_000, three: 22_000 });
    expect(exclusions.isOverlapOutside(taker, former)).toBe(false);
  });

  it("is outside the promise where the taker's very first sight came after the deletion", () => {
    exists("one", 0, 20_000);
    nowMs = 22_000;
    const former = leader("one", 5n, { one: 0 });
    const taker = leader("two", 9n, { two: 22_000 });
    expect(exclusions.isOverlapOutside(taker, former)).toBe(true);
  });

  it.each([
    ["outside the promise", BETWEEN_LOOKS_MS, true],
    ["judged", BETWEEN_LOOKS_MS + 10, false],
  ])("is %s where the other's object lived for %d ms, unseen between two looks", (_how, livedMs, outside) => {
    exists("one", 0, 20_000);
    exists("two", 40_000, 40_000 + livedMs);
    nowMs = 60_000;
    const former = leader("two", 5n, { two: 40_000 });
    const taker = leader("three", 9n, { one: 1000, three: 60_000 });
    expect(exclusions.isOverlapOutside(taker, former)).toBe(outside);
  });

  it("is judged by who took over, whichever of the two is asked: also a leader that wakes up superseded", () => {
    exists("one", 0, 20_000);
    nowMs = 22_000;
    const woken = leader("one", 5n, { one: 0 });
    const taker = leader("two", 9n, { two: 22_000 });
    expect(exclusions.isOverlapOutside(woken, taker)).toBe(true);
  });

  it("counts what the taker saw before it led, not what a late event showed it afterwards", () => {
    exists("one", 0, 20_000);
    nowMs = 22_000;
    const former = leader("one", 5n, { one: 0 });
    const candidate = leader("two", 9n, { two: 22_000, one: 30_000 });
    candidate.firstSawHeldAtMs = 22_000;
    expect(exclusions.isOutside({ candidate, sinceMs: 22_000 }, former)).toBe(true);
  });
});

it("an overlap on one object is judged, whatever was deleted before", () => {
  exists("one", 0, 20_000);
  nowMs = 20_100;
  exclusions.changed({ kind: "changed", stored: { incarnation: "two" } as StoredRecord }); // no more is looked at
  const former = leader("two", 5n, { two: 20_100 });
  const taker = leader("two", 9n, { two: 20_200 });
  expect(exclusions.isOverlapOutside(taker, former)).toBe(false);
});
