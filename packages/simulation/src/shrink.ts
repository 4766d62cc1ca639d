import type { Property } from "./property.ts";
import { type Outcome, run } from "./run.ts";
import type { Fault, Scenario } from "./scenario.ts";

/** How much is tried. */
const MOST_RUNS = 1500;
/** How often a smaller world is tried with other luck. */
const LUCK = 12;
/** How long before the violation a shorter world may begin, in milliseconds. */
const LATE_STARTS = [30_000, 60_000, 120_000, 240_000, 600_000];

/** A scenario that still fails in the same way, and how it went. */
export interface Shrunk {
  readonly scenario: Scenario;
  readonly outcome: Outcome;
  readonly runs: number;
}

/** Makes a failing scenario smaller as long as the same property fails: fewer faults, fewer replicas, a fairer world, less time. */
export async function shrink(scenario: Scenario, property: Property): Promise<Shrunk> {
  const judged = new Set([property]);
  let runs = 0;
  let best = scenario;
  const fails = async (candidate: Scenario): Promise<boolean> => {
    if (runs >= MOST_RUNS) return false;
    runs += 1;
    const { violation } = await run(candidate, { judged });
    if (violation === undefined) return false;
    const cut = violation.atMs < candidate.chaosMs;
    best = cut ? upTo(candidate, violation.atMs) : candidate;
    return true;
  };
  await fails(scenario);
  await startLate(() => best, fails);
  await dropFaults(() => best, fails);
  await dropReplicas(() => best, fails);
  for (const simplify of SIMPLER) await fails(simplify(best));
  await dropFaults(() => best, fails);
  const outcome = await run(best, { judged, full: true });
  return { scenario: best, outcome, runs };
}

/** What happens after the violation plays no part; chaos ends a moment after it. */
function upTo(scenario: Scenario, atMs: number): Scenario {
  return {
    ...scenario,
    chaosMs: Math.min(scenario.chaosMs, atMs + 1000),
    faults: scenario.faults.filter((fault) => fault.atMs <= atMs),
  };
}

/** Everything long before the violation is left out, and what follows moves to the front. */
async function startLate(best: () => Scenario, fails: (s: Scenario) => Promise<boolean>): Promise<void> {
  const scenario = best();
  for (const lengthMs of LATE_STARTS) {
    const fromMs = scenario.chaosMs - lengthMs;
    if (fromMs <= 0) return;
    const faults = scenario.faults
      .filter(({ atMs }) => atMs >= fromMs)
      .map((fault) => earlier(fault, fromMs));
    const replicas = scenario.replicas.map((plan) => ({ ...plan, startsAtMs: 0 }));
    for (let luck = 0; luck < LUCK; luck++) {
      const chance = scenario.chance + luck;
      if (await fails({ ...scenario, chance, faults, replicas, chaosMs: lengthMs })) return;
    }
  }
}

function earlier(fault: Fault, byMs: number): Fault {
  const moved = { ...fault, atMs: fault.atMs - byMs };
  if ("untilMs" in moved) return { ...moved, untilMs: moved.untilMs - byMs };
  if ("restartAtMs" in moved) return { ...moved, restartAtMs: moved.restartAtMs - byMs };
  return moved;
}

/** Zeller's ddmin: ever smaller parts are taken away as long as what is left still fails. */
async function dropFaults(best: () => Scenario, fails: (s: Scenario) => Promise<boolean>): Promise<void> {
  let size = Math.ceil(best().faults.length / 2);
  while (size >= 1) {
    let dropped = false;
    for (let from = 0; from < best().faults.length; ) {
      const scenario = best();
      const faults = [...scenario.faults.slice(0, from), ...scenario.faults.slice(from + size)];
      const fewer = { ...scenario, faults };
      const gone = (await fails(fewer)) || (await fails({ ...fewer, chance: scenario.chance + 1 }));
      if (gone) dropped = true;
      else from += size;
    }
    if (size === 1 && !dropped) return;
    size = dropped && size === 1 ? 1 : Math.floor(size / 2);
  }
}

async function dropReplicas(best: () => Scenario, fails: (s: Scenario) => Promise<boolean>): Promise<void> {
  for (let index = best().replicas.length - 1; index >= 0; index--) {
    const scenario = best();
    if (scenario.replicas.length === 1) return;
    const replicas = scenario.replicas.filter((_, other) => other !== index);
    const faults = scenario.faults
      .filter((fault) => !("who" in fault) || fault.who !== index)
      .map((fault) => ("who" in fault && fault.who > index ? { ...fault, who: fault.who - 1 } : fault));
    await fails({ ...scenario, replicas, faults });
  }
}

const SIMPLER: readonly ((scenario: Scenario) => Scenario)[] = [
  (scenario) => ({ ...scenario, workEveryMs: 0 }),
  (scenario) => ({ ...scenario, latency: { ...scenario.latency, tailProbability: 0 } }),
  (scenario) => ({ ...scenario, latency: { ...scenario.latency, meanMs: 2 } }),
  (scenario) => ({
    ...scenario,
    replicas: scenario.replicas.map((plan) => ({
      ...plan,
      habits: { ignoresSignal: 0, hangs: 0, throws: 0, returnsEarly: 0 },
    })),
  }),
  (scenario) => ({ ...scenario, replicas: scenario.replicas.map((plan) => ({ ...plan, startsAtMs: 0 })) }),
];
