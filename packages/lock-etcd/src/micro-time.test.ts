import { describe, expect, it } from "vitest";
import { readMicroTime, writeMicroTime } from "./micro-time.ts";

describe("readMicroTime", () => {
  it.each([
    ["2026-11-23T19:13:00.123456Z", "2026-11-23T19:13:00.123456Z"],
    ["2026-11-23T19:13:00Z", "2026-11-23T19:13:00.000000Z"],
    ["2026-11-23T19:13:00.12Z", "2026-11-23T19:13:00.120000Z"],
    ["2026-11-23T19:13:00.123456789Z", "2026-11-23T19:13:00.123456Z"],
    ["0001-01-01T00:00:00.000000Z", "0001-01-01T00:00:00.000000Z"],
    ["9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z"],
  ])("reads %s", (stored, read) => {
    expect(readMicroTime(stored)).toBe(read);
  });

  it.each([
    null,
    undefined,
    "",
    "yesterday",
    "2026-13-23T19:13:00Z",
    "2026-11-23T25:13:00Z",
    "2026-11-23",
    0,
    Number.POSITIVE_INFINITY,
    {},
    [],
  ])("takes %j for none", (stored) => {
    expect(readMicroTime(stored)).toBeUndefined();
  });
});

describe("writeMicroTime", () => {
  it("writes what it is given, and null for none", () => {
    expect(writeMicroTime("renewTime", "2026-11-23T19:13:00.123456Z")).toBe("2026-11-23T19:13:00.123456Z");
    expect(writeMicroTime("renewTime", undefined)).toBeNull();
  });

  it.each([
    "2026-11-23T19:13:00.123Z",
    "2026-11-23T19:13:00.123456789Z",
    "2026-11-23T19:13:00.123456+01:00",
    "",
  ])("refuses %j, as the API server would", (time) => {
    expect(() => writeMicroTime("renewTime", time)).toThrow(RangeError);
  });
});
