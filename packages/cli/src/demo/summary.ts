import type { DemoState } from "./demo-state.ts";
import { type FailOver, findFailOvers } from "./fail-overs.ts";
import { findOverlaps, type Overlap } from "./overlaps.ts";
import type { Timing } from "./replica-messages.ts";
import { startedAtMs } from "./term-history.ts";

/** What a demo showed; `schemas/demo-event.schema.json` describes its form in `--json`. */
export interface Summary {
  /** What was to happen and did not; `undefined` when all of it did. */
  readonly failure: string | undefined;
  readonly store: string;
  readonly timing: Timing;
  /** From the moment that all processes were up, or the first task started if that was before, to the first task. */
  readonly firstLeaderMs: number | undefined;
  readonly failOvers: readonly FailOver[];
  readonly terms: number;
  readonly renewals: number;
  readonly work: number;
  /** Every time that two tasks ran at once. */
  readonly overlaps: readonly Overlap[];
}

/** Computes it from what the replicas reported. */
export function summarize(
  state: DemoState,
  given: {
    readonly failure: string | undefined;
    readonly store: string;
    readonly timing: Timing;
    readonly upAtMs: number | undefined;
    readonly nowMs: number;
  },
): Summary {
  const { failure, store, timing, upAtMs, nowMs } = given;
  const [first] = state.terms;
  return {
    failure,
    store,
    timing,
    firstLeaderMs:
      first === undefined || upAtMs === undefined ? undefined : Math.max(0, startedAtMs(first) - upAtMs),
    failOvers: findFailOvers(state),
    terms: state.terms.length,
    renewals: state.renewals,
    work: state.terms.reduce((sum, { work }) => sum + work, 0),
    overlaps: findOverlaps(state.terms, nowMs),
  };
}

/** When the last of the replicas was up; `undefined` while one is not. */
export function allUpAtMs({ replicas }: DemoState): number | undefined {
  const times = replicas.map(({ upAtMs }) => upAtMs);
  return times.every((time) => time !== undefined) ? Math.max(...times) : undefined;
}
