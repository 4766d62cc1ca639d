import { expect, it } from "vitest";
import { FIRST_LEADS, type Happened, stateAfter } from "./demo.fixture.ts";
import { allUpAtMs, type Summary, summarize } from "./summary.ts";
import { summaryText } from "./summary-text.ts";

function summaryOf(happened: readonly Happened[], failure?: string): Summary {
  const state = stateAfter([...FIRST_LEADS, ...happened]);
  const timing = { leaseDurationMs: 4_000, renewDeadlineMs: 2_500, retryPeriodMs: 500 };
  const store = "embedded lease-server";
  return summarize(state, { failure, store, timing, upAtMs: allUpAtMs(state), nowMs: 9_000 });
}

const STOPPED: readonly Happened[] = [
  [2_000, 1, { kind: "deed", deed: "stop" }],
  [2_001, 1, { kind: "task-stopped", reason: "shutdown" }],
  [2_012, 2, { kind: "task-started", token: "8" }],
];

it("prints what was seen, within 80 columns", () => {
  const text = summaryText(summaryOf(STOPPED));
  expect(text).toEqual([
    "",
    "Summary: embedded lease-server, lease 4 s, deadline 2.5 s, retry 0.5 s",
    "  first leader 500 ms after all processes were up",
    "  the next task started after        it happened  last renewal    task ended",
    "  stop     replica-1 -> replica-2          12 ms        512 ms         11 ms",
    "  terms 2, renewals 2, pieces of work 1",
    "  two tasks at once: never",
  ]);
  for (const line of text) expect(line.length).toBeLessThanOrEqual(80);
});

it("says when two tasks ran, and what was not shown", () => {
  const rival: Happened = [2_000, 2, { kind: "task-started", token: "8" }];
  const stopped: Happened = [2_250, 1, { kind: "task-stopped", reason: "deadline" }];
  expect(summaryText(summaryOf([rival, stopped], "Waited in vain")).slice(-3)).toEqual([
    "  two tasks at once: 1 times",
    "    replica-1 and replica-2 from 2.0 s on, for 250 ms",
    "  FAILED: Waited in vain",
  ]);
});

it("knows of no first leader before all processes were up", () => {
  const state = stateAfter([[0, 1, { kind: "deed", deed: "start" }]]);
  expect(allUpAtMs(state)).toBeUndefined();
});
