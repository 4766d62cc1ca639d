import { describe, expect, it } from "vitest";
import { formatMicroTime } from "./micro-time.ts";

describe("formatMicroTime", () => {
  it.each([
    [0, "1970-01-01T00:00:00.000000Z"],
    [1, "1970-01-01T00:00:00.000001Z"],
    [999_999, "1970-01-01T00:00:00.999999Z"],
    [1_000_000, "1970-01-01T00:00:01.000000Z"],
    [Date.UTC(2026, 10, 23, 19, 13, 0, 123) * 1000 + 456, "2026-11-23T19:13:00.123456Z"],
    [Date.UTC(2026, 10, 23, 19, 13, 0, 120) * 1000 + 7, "2026-11-23T19:13:00.120007Z"],
    [Date.UTC(2254, 11, 31, 23, 59, 59, 999) * 1000 + 999, "2254-12-31T23:59:59.999999Z"],
    [-1, "1969-12-31T23:59:59.999999Z"],
  ])("writes %d as %s: six digits, always", (epochMicros, expected) => {
    expect(formatMicroTime(epochMicros)).toBe(expected);
  });

  it("orders strings as it orders times, also across a second and within a millisecond", () => {
    const start = Date.UTC(2026, 11, 31, 23, 59, 59, 998) * 1000;
    let previous = formatMicroTime(start - 1);
    for (let micros = start; micros < start + 4_000; micros += 1) {
      const text = formatMicroTime(micros);
      expect(text > previous).toBe(true);
      expect(text).toHaveLength(27);
      previous = text;
    }
  });
});
