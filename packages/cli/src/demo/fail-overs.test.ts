import { expect, it } from "vitest";
import { FIRST_LEADS, type Happened, stateAfter } from "./demo.fixture.ts";
import type { Deed } from "./demo-event.ts";
import { findFailOvers } from "./fail-overs.ts";

const failOversOf = (happened: readonly Happened[]) =>
  findFailOvers(stateAfter([...FIRST_LEADS, ...happened]));
const deed = (atMs: number, name: Deed): Happened => [atMs, 1, { kind: "deed", deed: name }];
const next: Happened = [5_500, 2, { kind: "task-started", token: "8" }];

it("measures a crash from the kill, from the last renewal, and from the end of the process", () => {
  expect(failOversOf([deed(1_700, "kill"), [1_702, 1, { kind: "ended", how: "SIGKILL" }], next])).toEqual([
    {
      kind: "crash",
      from: "replica-1",
      to: "replica-2",
      afterDeedMs: 3_800,
      afterLastRenewalMs: 4_000,
      afterTaskEndMs: 3_798,
    },
  ]);
});

it("measures from the end of the old task where the leader was cut off and gave up", () => {
  const stopped: Happened = [4_000, 1, { kind: "task-stopped", reason: "deadline" }];
  expect(failOversOf([deed(1_700, "cut"), stopped, next])).toMatchObject([
    { kind: "cut", afterDeedMs: 3_800, afterTaskEndMs: 1_500 },
  ]);
});

it("is below 0 from the end of the old task where both ran at once", () => {
  const stopped: Happened = [5_750, 1, { kind: "task-stopped", reason: "deadline" }];
  expect(failOversOf([deed(1_700, "cut"), next, stopped])).toMatchObject([{ afterTaskEndMs: -250 }]);
});

it("takes a freeze as the cause whether the thaw came before the take-over or after it", () => {
  const stopped = (atMs: number): Happened => [atMs, 1, { kind: "task-stopped", reason: "stalled" }];
  expect(failOversOf([deed(1_700, "freeze"), next, deed(6_000, "thaw"), stopped(6_001)])).toMatchObject([
    { kind: "freeze", afterDeedMs: 3_800 },
  ]);
  expect(failOversOf([deed(1_700, "freeze"), deed(4_800, "thaw"), stopped(4_801), next])).toMatchObject([
    { kind: "freeze", afterDeedMs: 3_800 },
  ]);
});

it("does not blame what the leader survived", () => {
  const goesOn: readonly Happened[] = [
    [1_901, 1, { kind: "worked" }],
    [2_000, 1, { kind: "renewed" }],
  ];
  const stopped: Happened = [5_480, 1, { kind: "task-stopped", reason: "shutdown" }];
  const survived = [deed(1_700, "freeze"), deed(1_900, "thaw"), ...goesOn];
  expect(failOversOf([...survived, deed(5_479, "stop"), stopped, next])).toMatchObject([
    { kind: "stop", afterDeedMs: 21, afterTaskEndMs: 20 },
  ]);
  expect(failOversOf([...survived, stopped, next])).toMatchObject([
    { kind: "other", afterDeedMs: undefined },
  ]);
});

it("does not blame what was done after the task had ended", () => {
  const stopped: Happened = [4_000, 1, { kind: "task-stopped", reason: "deadline" }];
  expect(failOversOf([deed(1_700, "cut"), stopped, deed(4_500, "kill"), next])).toMatchObject([
    { kind: "cut" },
  ]);
});

it("does not take a late answer to what was sent before the freeze for a renewal", () => {
  const lateAnswer: Happened = [6_001, 1, { kind: "renewed" }];
  expect(failOversOf([deed(1_700, "freeze"), next, deed(6_000, "thaw"), lateAnswer])).toMatchObject([
    { kind: "freeze", afterLastRenewalMs: 4_000 },
  ]);
});
