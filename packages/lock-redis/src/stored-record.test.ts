import type { LeaderElectionRecord } from "@tenure/core";
import { describe, expect, it } from "vitest";
import { decodeRecord, encodeRecord, UnreadableRecord } from "./stored-record.ts";

const RECORD: LeaderElectionRecord = {
  holderIdentity: "pod-1_ü\u0000\ud83d\ude00",
  leaseDurationMs: 15_001,
  acquireTime: "2026-11-23T19:13:00.123456Z",
  renewTime: "2026-11-23T19:13:02.000001Z",
  leaderTransitions: 2 ** 31 - 1,
  strategy: "OldestEmulationVersion",
  preferredHolder: "pod-2",
};

function stored(record: unknown, rest: object = {}) {
  return { version: "1764093600000000", generation: "9f3c", record, op: "5e0d", ...rest };
}

describe("a record", () => {
  it.each([
    ["with every field", RECORD],
    ["that is free", { ...RECORD, holderIdentity: "" }],
    ["without times", { ...RECORD, acquireTime: undefined, renewTime: undefined }],
    ["with empty strings, which are not the same as none", { ...RECORD, strategy: "", preferredHolder: "" }],
    ["without a duration", { ...RECORD, leaseDurationMs: 0, leaderTransitions: 0 }],
  ])("%s reads back the same", (_, record) => {
    expect(decodeRecord(stored(encodeRecord(record)))).toEqual({
      record,
      version: "1764093600000000.5e0d",
      incarnation: "9f3c",
      fencingToken: 1_764_093_600_000_000n,
    });
  });

  it("without strategy reads back without one", () => {
    const { strategy: _, preferredHolder: __, ...record } = RECORD;
    expect(Object.keys(decodeRecord(stored(encodeRecord(record))).record)).toEqual([
      "holderIdentity",
      "leaseDurationMs",
      "acquireTime",
      "renewTime",
      "leaderTransitions",
    ]);
  });

  it("is refused where it would read back as something else", () => {
    const record = (change: object) => () => encodeRecord({ ...RECORD, ...change });
    expect(record({ leaseDurationMs: 0.5 })).toThrow(RangeError);
    expect(record({ leaseDurationMs: -1 })).toThrow(RangeError);
    expect(record({ leaseDurationMs: Number.NaN })).toThrow(RangeError);
    expect(record({ leaderTransitions: 2 ** 31 })).toThrow(
      new RangeError("Expected `leaderTransitions` as an integer from 0 to 2147483647, got 2147483648"),
    );
    expect(record({ holderIdentity: undefined })).toThrow(
      new TypeError("Expected `holderIdentity` as a string, got undefined"),
    );
    expect(record({ renewTime: new Date(0) })).toThrow(TypeError);
  });
});

describe("what is no record", () => {
  const json = encodeRecord(RECORD);

  it.each([
    ["of a stranger", { version: null, generation: null, record: null, op: null }],
    ["without a generation", stored(json, { generation: null })],
    ["with an empty generation", stored(json, { generation: "" })],
    ["without an op", stored(json, { op: null })],
    ["with a version that is no number", stored(json, { version: "v1" })],
    ["with a version that is negative", stored(json, { version: "-1" })],
    ["with a version that Lua cannot count on from", stored(json, { version: "9007199254740992" })],
    ["that is not JSON", stored("{")],
    ["that is JSON of something else", stored("[1]")],
    ["that is null", stored("null")],
    ["without a holder", stored("{}")],
    ["with a null time", stored(JSON.stringify({ ...RECORD, renewTime: null }))],
    ["with a duration in words", stored(JSON.stringify({ ...RECORD, leaseDurationMs: "15s" }))],
    ["with too many transitions", stored(JSON.stringify({ ...RECORD, leaderTransitions: 2 ** 31 }))],
  ])("%s is not read as one", (_, fields) => {
    expect(() => decodeRecord(fields)).toThrow(UnreadableRecord);
  });

  it("is not quoted: it may be anything", () => {
    expect(() => decodeRecord(stored('{"holderIdentity": hunter2'))).toThrow(
      /^its `record` is no JSON object$/,
    );
  });
});
