import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";
import { expect, it } from "vitest";
import { viewRecord } from "./record-view.ts";

const NOW = Date.parse("2026-11-26T10:00:10Z");

function found(record: Partial<LeaderElectionRecord>): VersionedRecord {
  return {
    record: {
      holderIdentity: "pod-1",
      leaseDurationMs: 15_000,
      acquireTime: "2026-11-26T10:00:00.000000Z",
      renewTime: "2026-11-26T10:00:06.500000Z",
      leaderTransitions: 2,
      ...record,
    },
    version: "1",
    incarnation: "1",
    fencingToken: 9007199254740993n,
  };
}

it("tells the age of the renewal and when the lease ends", () => {
  expect(viewRecord(found({}), NOW)).toEqual({
    state: "held",
    holder: "pod-1",
    token: "9007199254740993",
    leaseDurationMs: 15_000,
    acquireTime: "2026-11-26T10:00:00.000000Z",
    renewTime: "2026-11-26T10:00:06.500000Z",
    renewedAgoMs: 3_500,
    expiresInMs: 11_500,
    transitions: 2,
  });
});

it("is expired from the end of the lease on", () => {
  expect(viewRecord(found({}), NOW + 11_499).state).toBe("held");
  expect(viewRecord(found({}), NOW + 11_500)).toMatchObject({ state: "expired", expiresInMs: 0 });
});

it("is free without a holder, and then neither renewed nor about to expire matters", () => {
  expect(viewRecord(found({ holderIdentity: "" }), NOW + 99_999)).toMatchObject({
    state: "free",
    holder: null,
    expiresInMs: null,
  });
});

it("claims nothing where the record does not say", () => {
  expect(viewRecord(undefined, NOW)).toMatchObject({ state: "absent", token: null });
  const unsaid = found({ renewTime: undefined, leaseDurationMs: 0, acquireTime: undefined });
  expect(viewRecord(unsaid, NOW)).toMatchObject({ state: "held", renewedAgoMs: null, expiresInMs: null });
  expect(viewRecord(found({ renewTime: "yesterday" }), NOW)).toMatchObject({
    state: "held",
    renewedAgoMs: null,
  });
});
