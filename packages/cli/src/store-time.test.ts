import { describe, expect, it } from "vitest";
import { clockOffset, offsetOfDate } from "./store-time.ts";

const T = Date.parse("2026-11-26T10:00:00Z");

describe("how far the store's clock is off", () => {
  it("is nothing where it is within the doubt", () => {
    // Date says 10:00:00, which is any time up to 10:00:01.
    for (const sentAtMs of [T, T + 500, T + 990]) {
      const offset = offsetOfDate("Thu, 26 Nov 2026 10:00:00 GMT", { sentAtMs, receivedAtMs: sentAtMs + 8 });
      expect(offset).toMatchObject({ offsetMs: 0 });
      expect(offset?.uncertaintyMs).toBeCloseTo(504.5);
    }
  });

  it("is told with its doubt where it is more", () => {
    const ahead = clockOffset(T + 10_000, { sentAtMs: T, receivedAtMs: T + 20 });
    expect(ahead).toEqual({ offsetMs: 9_989.5, uncertaintyMs: 10.5 });
    const behind = offsetOfDate("Thu, 26 Nov 2026 09:00:00 GMT", { sentAtMs: T, receivedAtMs: T });
    expect(behind?.offsetMs).toBeCloseTo(-3_600_000 + 499.5);
  });

  it("is not known from what is no date", () => {
    expect(offsetOfDate(undefined, { sentAtMs: T, receivedAtMs: T })).toBeUndefined();
    expect(offsetOfDate("soon", { sentAtMs: T, receivedAtMs: T })).toBeUndefined();
  });
});
