import { mkdirSync, writeFileSync } from "node:fs";
import { run } from "./run.ts";
import type { Scenario } from "./scenario.ts";
import { settingsOf, worldOf } from "./seed-plan.ts";
import { shrink } from "./shrink.ts";
import { tellStory } from "./story.ts";
import { drawStory } from "./story-svg.ts";
import type { TraceHeader } from "./trace.ts";

/** Where pictures go; ignored by git. */
const FOLDER = ".simulation";

/**
 * Runs one seed; shrinks it and tells and draws its story if it fails. Returns the exit code.
 * @param historyPath - Where the history of the fenced register goes, one line of JSON, of the world before it is shrunk.
 */
export async function replay(seed: number, commit: string, historyPath?: string): Promise<number> {
  const scenario = worldOf(seed);
  const first = await run(scenario, { history: historyPath !== undefined });
  const again = await run(scenario);
  console.log(`seed ${seed} (${settingsOf(seed)}), commit ${commit}, hash ${first.hash}, then ${again.hash}`);
  if (historyPath !== undefined && first.histories !== undefined) {
    writeFileSync(historyPath, `${JSON.stringify(first.histories.fenced)}\n`);
    console.log(`${first.histories.fenced.operations.length} operations on the register in ${historyPath}`);
  }
  if (first.violation === undefined) {
    const hours = (first.simulatedMs / 3_600_000).toFixed(2);
    console.log(
      `${hours} simulated hours, ${first.terms} terms, ${scenario.faults.length} faults: no violation`,
    );
    return first.hash === again.hash ? 0 : 1;
  }
  const shrunk = await shrink(scenario, first.violation.property);
  const { replicas, faults } = shrunk.scenario;
  console.log(
    `shrunk in ${shrunk.runs} runs from ${scenario.faults.length} faults and ${scenario.replicas.length} replicas to ${faults.length} and ${replicas.length}\n`,
  );
  const header = headerOf(shrunk.scenario, commit);
  console.log(tellStory(header, shrunk.outcome.events));
  mkdirSync(FOLDER, { recursive: true });
  const path = `${FOLDER}/seed-${seed}.svg`;
  writeFileSync(path, drawStory(header, shrunk.outcome.events));
  writeFileSync(`${FOLDER}/seed-${seed}.json`, `${JSON.stringify(shrunk.scenario, undefined, 2)}\n`);
  console.log(`\ndrawn to ${path}`);
  return 1;
}

/** The head of a story. */
export function headerOf(scenario: Scenario, commit: string): TraceHeader {
  const { flavour, replicas, seed, actualRateError } = scenario;
  const durations = replicas[0]?.durations;
  const { leaseDurationMs = 0, renewDeadlineMs = 0, retryPeriodMs = 0 } = durations ?? {};
  const watching = scenario.watches ? "watches" : "polls";
  return {
    seed,
    commit,
    settings: `${flavour}, ${watching}, ${leaseDurationMs}/${Math.round(renewDeadlineMs)}/${retryPeriodMs} ms, ${replicas.length} replicas, clocks within ${(actualRateError * 100).toFixed(1)} %`,
    leaseDurationMs,
    renewDeadlineMs,
  };
}
