import { expect, it } from "vitest";
import { age } from "./age.ts";

const CREATED = "2020-01-01T00:00:00Z";
const HOUR = 60 * 60;

it.each([
  [-2, "<invalid>"],
  [-1.5, "0s"],
  [0, "0s"],
  [1, "1s"],
  [70, "70s"],
  [120, "2m"],
  [190, "3m10s"],
  [70 * 60, "70m"],
  [3 * HOUR, "3h"],
  [5 * HOUR + 61, "5h1m"],
  [47 * HOUR, "47h"],
  [49 * HOUR, "2d1h"],
  [(8 * 24 + 2) * HOUR, "8d"],
  [367 * 24 * HOUR, "367d"],
  [(365 * 2 * 24 + 25) * HOUR, "2y1d"],
  [(365 * 8 * 24 + 2) * HOUR, "8y"],
])("shows an age of %d seconds as kubectl does: %s", (seconds, text) => {
  expect(age(CREATED, Date.parse(CREATED) + seconds * 1000)).toBe(text);
});

it("shows no age of what was never created", () => {
  expect(age(undefined, 0)).toBe("<unknown>");
});
