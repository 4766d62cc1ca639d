import { InvalidArgumentError } from "commander";
import { describe, expect, it } from "vitest";
import { formatDuration, parseDuration } from "./duration.ts";

describe("a duration on the command line", () => {
  it.each([
    ["15s", 15_000],
    ["500ms", 500],
    ["1m", 60_000],
    ["1.5s", 1_500],
    ["2h", 7_200_000],
    ["0s", 0],
    ["2147483647ms", 2 ** 31 - 1],
  ])("is whole milliseconds: %s", (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  it.each(["", "15", "1.5", "s", "15 s", "-1s", "1d", "1e3ms", "0.5ms", "2147483648ms", "1_000ms", "１s"])(
    "refuses %j",
    (text) => {
      expect(() => parseDuration(text)).toThrow(InvalidArgumentError);
    },
  );

  it("asks what a bare number was meant to be", () => {
    expect(() => parseDuration("15")).toThrow('Did you mean "15s" or "15ms"?');
  });
});

it.each([
  [0, "0ms"],
  [999, "999ms"],
  [1_000, "1s"],
  [13_249, "13.2s"],
  [59_949, "59.9s"],
  [59_950, "1m00s"],
  [245_000, "4m05s"],
  [3_599_499, "59m59s"],
  [3_600_000, "1h00m"],
  [11_520_000, "3h12m"],
  [187_200_000, "2d4h"],
  [-1_500, "-1.5s"],
])("says %d ms to people as %s", (ms, text) => {
  expect(formatDuration(ms)).toBe(text);
});
