import { expect, it } from "vitest";
import { FIRST_LEADS, stateAfter } from "./demo.fixture.ts";
import { type Mode, replicaOf } from "./demo-state.ts";
import { timelineColumns } from "./timeline.ts";

const happened = [
  ...FIRST_LEADS,
  [3_200, 1, { kind: "deed", deed: "cut" }],
  [5_600, 1, { kind: "task-stopped", reason: "deadline" }],
  [6_300, 2, { kind: "task-started", token: "8" }],
  [8_100, 1, { kind: "deed", deed: "heal" }],
] as const;

const LETTERS: Readonly<Record<Mode, string>> = {
  ...{ down: "_", starting: "s", following: "f", leading: "l", frozen: "z", cut: "c", "leading-cut": "L" },
};

function bar(number: number, nowMs: number, columns = 10): string {
  const { modes } = replicaOf(stateAfter(happened), `replica-${number}`) ?? { modes: [] };
  return timelineColumns({ modes }, { columns, spanMs: columns * 1_000, nowMs })
    .map((mode) => LETTERS[mode])
    .join("");
}

it("shows what a replica was in the middle of each second", () => {
  expect(bar(1, 9_900)).toBe("fllLLLccff");
  expect(bar(2, 9_900)).toBe("ffffffllll");
});

it("shows nothing of the time before the demo", () => {
  expect(bar(1, 2_900, 5)).toBe("__fll");
});

it("never shows two leaders in one column", () => {
  for (let nowMs = 1_000; nowMs < 12_000; nowMs += 50) {
    const [one, two] = [bar(1, nowMs), bar(2, nowMs)];
    for (const [index, mode] of [...one].entries()) expect(/l/i.test(mode) && two[index] === "l").toBe(false);
  }
});

it("moves on by whole columns", () => {
  expect(bar(1, 9_100)).toBe(bar(1, 9_900));
  expect(bar(1, 10_100)).not.toBe(bar(1, 9_900));
});
