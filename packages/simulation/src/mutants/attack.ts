/** A process that loads one mutant, or the elector as it is, and runs seeds until one fails. Prints a line of JSON. */
import { parseArgs } from "node:util";
import { applyMutant } from "./apply-mutant.ts";
import { MUTANTS } from "./mutants.ts";

/** What came of it. */
export interface Attack {
  /** The seed that failed; `undefined` when none did. */
  readonly seed: number | undefined;
  readonly property: string | undefined;
  readonly message: string | undefined;
  readonly seeds: number;
  readonly simulatedMs: number;
}

const { values } = parseArgs({
  options: {
    mutant: { type: "string" },
    seeds: { type: "string" },
    "budget-ms": { type: "string" },
    sound: { type: "boolean", default: false },
    story: { type: "boolean", default: false },
  },
});

Error.stackTraceLimit = 0;
const mutant = MUTANTS.find(({ number }) => String(number) === values.mutant);
if (mutant === undefined) throw new RangeError(`There is no mutant ${values.mutant}`);
if (!values.sound) applyMutant(mutant);
const { generate } = await import("../generate.ts");
const { run } = await import("../run.ts");

const judged = new Set(mutant.properties);
const budgetMs = Number(values["budget-ms"] ?? 60_000);
const most = Number(values.seeds ?? Number.POSITIVE_INFINITY);
const beganAt = performance.now();
let simulatedMs = 0;
let attack: Attack | undefined;
for (let seed = 1; seed <= most && performance.now() - beganAt < budgetMs; seed++) {
  const scenario = generate(seed, mutant.profile);
  const { violation, simulatedMs: ms } = await run(scenario, { judged });
  simulatedMs += violation?.atMs ?? ms;
  const { property, message } = violation ?? {};
  attack = { seed: violation === undefined ? undefined : seed, property, message, seeds: seed, simulatedMs };
  if (violation === undefined) continue;
  if (values.story) {
    const { shrink } = await import("../shrink.ts");
    const { tellStory } = await import("../story.ts");
    const { headerOf } = await import("../replay.ts");
    const shrunk = await shrink(scenario, violation.property);
    console.log(tellStory(headerOf(shrunk.scenario, `mutant ${mutant.number}`), shrunk.outcome.events));
  }
  break;
}
console.log(JSON.stringify(attack));
