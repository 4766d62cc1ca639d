import { describe, expect, it } from "vitest";
import type { TimeReading } from "./clock.ts";
import { formatMicroTime } from "./micro-time.ts";
import {
  acquiringRecord,
  fingerprintOf,
  type LastRenewTime,
  nextRenewTime,
  releasingRecord,
  renewingRecord,
} from "./own-writes.ts";
import type { LeaderElectionRecord } from "./resource-lock.ts";

const WALL_MS = Date.UTC(2026, 10, 23, 19, 13, 0);

function at(monotonicMs: number, wallMs: number): TimeReading {
  return { monotonicMs, wallMs, bootMs: monotonicMs };
}

/** A renew time as a record holds it. */
function text(time: LastRenewTime): string {
  return formatMicroTime(time.epochMicros);
}

const held: LeaderElectionRecord = {
  holderIdentity: "x",
  leaseDurationMs: 40_000,
  acquireTime: "2026-01-01T00:00:00.000000Z",
  renewTime: "2026-01-01T00:00:10.000000Z",
  leaderTransitions: 6,
  strategy: "OldestEmulationVersion",
  preferredHolder: "y",
};

describe("nextRenewTime", () => {
  it("is the wall clock with three random digits below the millisecond", () => {
    expect(text(nextRenewTime(undefined, at(5, WALL_MS + 7.9), () => 0))).toBe("2026-11-23T19:13:00.007000Z");
    expect(text(nextRenewTime(undefined, at(5, WALL_MS + 7), () => 0.4567))).toBe(
      "2026-11-23T19:13:00.007456Z",
    );
    expect(text(nextRenewTime(undefined, at(5, WALL_MS), () => 1 - Number.EPSILON / 2))).toBe(
      "2026-11-23T19:13:00.000999Z",
    );
  });

  it("is later than the one before, by a microsecond at least, within one millisecond too", () => {
    let last = nextRenewTime(undefined, at(5, WALL_MS), () => 0.999);
    for (let i = 1; i <= 5; i += 1) {
      const next = nextRenewTime(last, at(5, WALL_MS), () => 0);
      expect(next.epochMicros).toBe(last.epochMicros + 1);
      last = next;
    }
  });

  it("follows a wall clock that is set forward", () => {
    const last = nextRenewTime(undefined, at(0, WALL_MS), () => 0);
    expect(text(nextRenewTime(last, at(2_000, WALL_MS + 3_602_000), () => 0))).toBe(
      "2026-11-23T20:13:02.000000Z",
    );
  });

  it("advances in real time after the wall clock was set back an hour: every renewal is in another second", () => {
    let last = nextRenewTime(undefined, at(1_000, WALL_MS), () => 0.5);
    const texts = [text(last)];
    for (let i = 1; i <= 2_000; i += 1) {
      last = nextRenewTime(last, at(1_000 + i * 2_000, WALL_MS - 3_600_000 + i * 2_000), () => 0.5);
      texts.push(text(last));
      // No faster and no slower than the time that really passed, until the wall clock has caught up.
      expect(Math.abs(last.epochMicros / 1000 - (WALL_MS + i * 2_000))).toBeLessThanOrEqual(1);
    }
    const seconds = texts.map((renewTime) => renewTime.slice(0, 19));
    expect(new Set(seconds).size).toBe(2_001);
    expect(texts.toSorted()).toEqual(texts);
  });

  it("stays in real time over many renewals with random digits while the wall clock lags", () => {
    let seed = 1;
    const random = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    let last = nextRenewTime(undefined, at(0, WALL_MS), random);
    for (let i = 1; i <= 10_000; i += 1) {
      const next = nextRenewTime(last, at(i * 333.3, WALL_MS - 3_600_000), random);
      expect(text(next) > text(last)).toBe(true);
      last = next;
    }
    // The random digits draw it neither way: a tenth of a second in an hour is no more than chance.
    expect(Math.abs(last.epochMicros / 1000 - (WALL_MS + 3_333_000))).toBeLessThan(100);
  });

  it("does not run away when the monotonic clock stood still", () => {
    const last = nextRenewTime(undefined, at(5, WALL_MS), () => 0);
    const next = nextRenewTime(last, at(5, WALL_MS - 3_600_000), () => 0.123);
    expect(next).toEqual({ epochMicros: WALL_MS * 1000 + 123, monotonicMs: 5 });
  });
});

describe("fingerprintOf", () => {
  it("is holder and renew time, and nothing else", () => {
    const mine = fingerprintOf(held);
    expect(fingerprintOf({ ...held, leaseDurationMs: 1, leaderTransitions: 9, acquireTime: undefined })).toBe(
      mine,
    );
    expect(fingerprintOf({ ...held, holderIdentity: "X" })).not.toBe(mine);
    expect(fingerprintOf({ ...held, renewTime: "2026-01-01T00:00:10.000001Z" })).not.toBe(mine);
    expect(fingerprintOf({ ...held, renewTime: undefined })).not.toBe(mine);
  });

  it("cannot be forged by an identity that looks like a time", () => {
    const tricky = { ...held, holderIdentity: "2026 x", renewTime: undefined };
    expect(fingerprintOf(tricky)).not.toBe(
      fingerprintOf({ ...held, holderIdentity: "x", renewTime: "2026" }),
    );
  });
});

describe("the records", () => {
  const time = { epochMicros: WALL_MS * 1000 + 42, monotonicMs: 0 };
  const stamp = "2026-11-23T19:13:00.000042Z";

  it("acquire: the first one of all", () => {
    expect(acquiringRecord(undefined, "a", 15_000, time)).toEqual({
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      acquireTime: stamp,
      renewTime: stamp,
      leaderTransitions: 0,
    });
  });

  it("acquire: from another holder is a transition; strategy and preferred holder stay", () => {
    expect(acquiringRecord(held, "a", 15_000, time)).toEqual({
      ...held,
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      acquireTime: stamp,
      renewTime: stamp,
      leaderTransitions: 7,
    });
  });

  it.each([
    ["from an empty record", { holderIdentity: "" }, 7],
    ["from a former life of the same name", { holderIdentity: "a" }, 6],
    ["just before the limit", { leaderTransitions: 2 ** 31 - 2 }, 2 ** 31 - 1],
    ["at the limit of the API", { leaderTransitions: 2 ** 31 - 1 }, 2 ** 31 - 1],
  ])("acquire: transitions %s", (_what, previous, transitions) => {
    expect(acquiringRecord({ ...held, ...previous }, "a", 15_000, time).leaderTransitions).toBe(transitions);
  });

  it("renew: changes the renew time alone, and puts its own duration back", () => {
    const mine = { ...held, holderIdentity: "a", leaseDurationMs: 15_000 };
    expect(renewingRecord(mine, 15_000, time)).toEqual({ ...mine, renewTime: stamp });
    expect(renewingRecord({ ...mine, leaseDurationMs: 40_000 }, 15_000, time).leaseDurationMs).toBe(15_000);
  });

  it("release: no holder, one second, as client-go writes it; transitions unchanged", () => {
    expect(releasingRecord(held, time)).toEqual({
      ...held,
      holderIdentity: "",
      leaseDurationMs: 1_000,
      acquireTime: stamp,
      renewTime: stamp,
    });
  });

  it("none of them changes the record that it is made from", () => {
    const frozen = Object.freeze({ ...held });
    acquiringRecord(frozen, "a", 15_000, time);
    renewingRecord(frozen, 15_000, time);
    releasingRecord(frozen, time);
    expect(frozen).toEqual(held);
  });
});
