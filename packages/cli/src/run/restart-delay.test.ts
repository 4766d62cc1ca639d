import { expect, it } from "vitest";
import { restartDelayMs } from "./restart-delay.ts";

it("stands back for three retry periods, longer than a standby waits between two looks", () => {
  expect(restartDelayMs(2_000, 0)).toBe(6_000);
  expect(restartDelayMs(2_000, 1)).toBe(6_000);
});

it("doubles for a command that keeps crashing early, up to a minute", () => {
  expect([2, 3, 4, 5, 6, 1_000].map((lives) => restartDelayMs(2_000, lives))).toEqual([
    12_000, 24_000, 48_000, 60_000, 60_000, 60_000,
  ]);
});

it("never stands back for less than three retry periods, however long those are", () => {
  expect(restartDelayMs(60_000, 3)).toBe(180_000);
});
