import type { DemoEvent, Happening } from "./demo-event.ts";
import { applyEvent, type DemoState, initialDemo } from "./demo-state.ts";

/** A moment, a replica's number, and what happened to it. */
export type Happened = readonly [atMs: number, replica: number, happening: Happening];

/** The state after all of it. */
export function stateAfter(happened: readonly Happened[], replicas = 3): DemoState {
  const names = Array.from({ length: replicas }, (_, index) => `replica-${index + 1}`);
  return happened
    .map(([atMs, number, happening]): DemoEvent => ({ ...happening, atMs, replica: `replica-${number}` }))
    .reduce(applyEvent, initialDemo(names));
}

/** All replicas up at 500, the first leads from 1000 on, the others follow it. */
export const FIRST_LEADS: readonly Happened[] = [
  ...[1, 2, 3].map((number): Happened => [0, number, { kind: "deed", deed: "start" }]),
  ...[1, 2, 3].map((number): Happened => [500, number, { kind: "up", pid: number }]),
  [1_000, 1, { kind: "renewed" }],
  ...[1, 2, 3].map((number): Happened => [1_000, number, { kind: "sees-leader", leader: "replica-1" }]),
  [1_000, 1, { kind: "task-started", token: "7" }],
  [1_100, 1, { kind: "worked" }],
  [1_500, 1, { kind: "renewed" }],
];
