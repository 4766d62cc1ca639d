import { type Case, get, lease, MERGE_PATCH, patch, post } from "../step.ts";

/** Texts that are times, or nearly. */
const TIMES: Readonly<Record<string, unknown>> = {
  "six digits": "2026-11-25T10:00:00.123456Z",
  "six zeros": "2026-11-25T10:00:00.000000Z",
  "no digits": "2026-11-25T10:00:00Z",
  "three digits": "2026-11-25T10:00:00.123Z",
  "seven digits": "2026-11-25T10:00:00.1234567Z",
  "nine digits": "2026-11-25T10:00:00.123456789Z",
  "an offset": "2026-11-25T10:00:00.123456+02:00",
  "an offset of zero": "2026-11-25T10:00:00.123456+00:00",
  "an offset without a colon": "2026-11-25T10:00:00.123456+0200",
  "a small z": "2026-11-25T10:00:00.123456z",
  "a space for the T": "2026-11-25 10:00:00.123456Z",
  "no zone": "2026-11-25T10:00:00.123456",
  "a comma": "2026-11-25T10:00:00,123456Z",
  "the 30th of February": "2026-02-30T10:00:00.123456Z",
  "the 29th of February": "2024-02-29T10:00:00.123456Z",
  "the 29th of February in no leap year": "2026-02-29T10:00:00.123456Z",
  "month 13": "2026-13-01T10:00:00.123456Z",
  "hour 24": "2026-11-25T24:00:00.000000Z",
  "second 60": "2026-11-25T10:00:60.000000Z",
  "one digit for the hour": "2026-11-25T1:00:00.000000Z",
  "year 0": "0000-01-01T00:00:00.000000Z",
  "year 1": "0001-01-01T00:00:00.000000Z",
  "year 9999": "9999-12-31T23:59:59.999999Z",
  "year 10000": "10000-01-01T00:00:00.000000Z",
  "text after it": "2026-11-25T10:00:00.123456Zx",
  "no time": "not a time",
  empty: "",
  "a number": 1_764_064_800,
  "an object": {},
  null: null,
};

/** Times of a Lease: RFC 3339 with exactly six digits, as Go reads it. */
export const microTimeCases: readonly Case[] = [
  ...Object.entries(TIMES).map(
    ([what, value]): Case => ({
      name: `micro time: ${what}`,
      steps: [post("", lease("a", { holderIdentity: "x", renewTime: value })), get("a")],
    }),
  ),
  {
    name: "micro time: acquireTime that is bad, by POST and by patch",
    steps: [
      post("", lease("a", { acquireTime: "2026-11-25T10:00:00.123Z" })),
      post("", lease("a", { acquireTime: "2026-11-25T10:00:00.123456Z" })),
      patch(MERGE_PATCH, "a", { spec: { acquireTime: "yesterday" } }),
      patch(MERGE_PATCH, "a", { spec: { acquireTime: "2026-11-25T12:00:00.123456+01:00" } }),
    ],
  },
  {
    name: "micro time: creationTimestamp that is bad",
    steps: [post("", lease("a", {}, { creationTimestamp: "yesterday" }))],
  },
];
