import { expect, it } from "vitest";
import { rearmDelayMs } from "./rearm.ts";

it.each([
  [0, 0, 50, 100],
  [1, 125, 187.5, 250],
  [2, 250, 375, 500],
  [7, 8_000, 12_000, 16_000],
  [8, 15_000, 22_500, 30_000],
  [2_000, 15_000, 22_500, 30_000],
])("after %d failures waits from %d over %d to %d ms", (failures, least, middle, most) => {
  const delay = (random: number) => rearmDelayMs(failures, undefined, () => random);
  expect([delay(0), delay(0.5), delay(1)]).toEqual([least, middle, most]);
});

it("waits as long as the server asks, at least", () => {
  expect(rearmDelayMs(1, 5_000, () => 0)).toBe(5_000);
  expect(rearmDelayMs(9, 5_000, () => 0)).toBe(15_000);
});
