import { expect, it } from "vitest";
import { FIRST_LEADS, type Happened, stateAfter } from "./demo.fixture.ts";
import { findOverlaps } from "./overlaps.ts";

const overlapsOf = (happened: readonly Happened[], nowMs = 10_000) =>
  findOverlaps(stateAfter([...FIRST_LEADS, ...happened]).terms, nowMs);

it("finds two tasks that ran at once, and for how long", () => {
  expect(
    overlapsOf([
      [2_000, 2, { kind: "task-started", token: "8" }],
      [2_250, 1, { kind: "task-stopped", reason: "deadline" }],
    ]),
  ).toEqual([{ replicas: ["replica-1", "replica-2"], fromMs: 2_000, durationMs: 250 }]);
});

it("finds none where one task followed the other, in whatever order their processes were heard", () => {
  expect(
    overlapsOf([
      [2_000, 2, { kind: "task-started", token: "8" }],
      [1_999, 1, { kind: "task-stopped", reason: "shutdown" }],
    ]),
  ).toEqual([]);
});

it("counts a frozen task until the freeze, though it learns of its end only after the thaw", () => {
  expect(
    overlapsOf([
      [2_000, 1, { kind: "deed", deed: "freeze" }],
      [6_000, 2, { kind: "task-started", token: "8" }],
      [7_000, 1, { kind: "deed", deed: "thaw" }],
      [7_010, 1, { kind: "task-stopped", reason: "stalled" }],
    ]),
  ).toEqual([]);
});

it("counts a thawed task again from its first piece of work on", () => {
  expect(
    overlapsOf([
      [2_000, 1, { kind: "deed", deed: "freeze" }],
      [6_000, 2, { kind: "task-started", token: "8" }],
      [7_000, 1, { kind: "deed", deed: "thaw" }],
      [7_004, 1, { kind: "worked" }],
      [7_010, 1, { kind: "task-stopped", reason: "stalled" }],
    ]),
  ).toEqual([{ replicas: ["replica-1", "replica-2"], fromMs: 7_004, durationMs: 6 }]);
});

it("does not take work from before the freeze, heard after it, for work after it", () => {
  expect(
    overlapsOf([
      [2_000, 1, { kind: "deed", deed: "freeze" }],
      [1_999, 1, { kind: "worked" }],
      [6_000, 2, { kind: "task-started", token: "8" }],
      [7_000, 1, { kind: "deed", deed: "thaw" }],
      [1_999.5, 1, { kind: "worked" }],
      [7_010, 1, { kind: "task-stopped", reason: "stalled" }],
    ]),
  ).toEqual([]);
});

it("counts a killed task until its process was gone", () => {
  const killed: readonly Happened[] = [
    [2_000, 1, { kind: "deed", deed: "kill" }],
    [2_005, 1, { kind: "ended", how: "SIGKILL" }],
  ];
  expect(overlapsOf([...killed, [2_006, 2, { kind: "task-started", token: "8" }]])).toEqual([]);
  expect(overlapsOf([...killed, [2_004, 2, { kind: "task-started", token: "8" }]])).toHaveLength(1);
});

it("counts tasks that still run", () => {
  expect(overlapsOf([[2_000, 2, { kind: "task-started", token: "8" }]])).toEqual([
    { replicas: ["replica-1", "replica-2"], fromMs: 2_000, durationMs: 8_000 },
  ]);
});
