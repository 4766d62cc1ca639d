import { expect, it } from "vitest";
import { due, type KillDeadline, killAtMs, leadUntil, nextDueMs, stopBy } from "./kill-deadline.ts";

const LEADING: KillDeadline = {
  leadsUntilMs: 10_000,
  killGraceMs: 2_500,
  stopByMs: Number.POSITIVE_INFINITY,
};

it("asks for SIGTERM when the term's end passes, and for SIGKILL one grace later", () => {
  expect(due(LEADING, 9_999)).toBeUndefined();
  expect(due(LEADING, 10_000)).toBe("SIGTERM");
  expect(due(LEADING, 12_499)).toBe("SIGTERM");
  expect(due(LEADING, 12_500)).toBe("SIGKILL");
  expect(nextDueMs(LEADING, 0)).toBe(10_000);
  expect(nextDueMs(LEADING, 10_000)).toBe(12_500);
});

it("asks for SIGKILL at once where nobody looked until both had passed: a freeze", () => {
  expect(due(LEADING, 60_000)).toBe("SIGKILL");
});

it("moves with renewals, forwards and back", () => {
  expect(leadUntil(LEADING, 12_000, 2_000).leadsUntilMs).toBe(12_000);
  expect(leadUntil(LEADING, 3_000, 2_000).leadsUntilMs).toBe(3_000);
});

it("does not believe in a renewal that is told after the term's end", () => {
  expect(leadUntil(LEADING, 20_000, 10_000)).toBe(LEADING);
});

it("kills a command that is being stopped at the stop's end, or earlier if the term ends", () => {
  const stopping = stopBy(LEADING, 5_000);
  expect(killAtMs(stopping)).toBe(5_000);
  expect(due(stopping, 5_000)).toBe("SIGKILL");
  expect(nextDueMs(stopping, 0)).toBe(5_000);
  expect(killAtMs(stopBy(LEADING, 60_000))).toBe(12_500);
});

it("keeps the earliest of two stops", () => {
  expect(stopBy(stopBy(LEADING, 5_000), 8_000).stopByMs).toBe(5_000);
});
