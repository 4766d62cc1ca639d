import { runToEnd } from "./progress.ts";
import type { RegisterHistories } from "./register-recorder.ts";
import type { Scenario } from "./scenario.ts";
import type { TraceEvent } from "./trace.ts";
import type { Violation } from "./verdict.ts";
import { World, type WorldOptions } from "./world.ts";

/** What became of a world. */
export interface Outcome {
  /** Tells this run from every other that differs in anything. */
  readonly hash: string;
  readonly violation: Violation | undefined;
  readonly simulatedMs: number;
  readonly terms: number;
  /** How often what happened: faults, rare events, what lies outside the promise. */
  readonly counts: ReadonlyMap<string, number>;
  /** The whole story, where it was asked for. */
  readonly events: readonly TraceEvent[];
  /** What was done to the guarded register, where it was asked for. */
  readonly histories: RegisterHistories | undefined;
}

/** Runs one world from its beginning to its end, or to the first violation. */
export async function run(scenario: Scenario, options: WorldOptions = {}): Promise<Outcome> {
  const world = new World(scenario, options);
  await runToEnd(world);
  const { violation, terms } = world.referee;
  if (violation !== undefined) {
    const { property, message, who } = violation;
    world.told({ kind: "violation", property, message, who });
  }
  return {
    hash: world.recorder.hash,
    violation,
    simulatedMs: world.nowMs,
    terms,
    counts: world.coverage.counts,
    events: world.recorder.events,
    histories: world.registerRecorder?.end(),
  };
}
