import { expect, it } from "vitest";
import { generate, type Profile } from "./generate.ts";
import { headerOf } from "./replay.ts";
import { run } from "./run.ts";
import { shrink } from "./shrink.ts";
import { tellStory } from "./story.ts";

/** Clocks that 15 s and 10 s do not tolerate, with habits and strangers that have nothing to do with it. */
const BEYOND: Profile = {
  settings: "default",
  actualRateError: 0.4,
  only: ["partition", "label", "step down", "bad tasks"],
  always: ["partition", "label", "bad tasks"],
  rivals: 0,
};
const S1 = new Set(["S1"] as const);
const FAILING_SEED = 4;

it("shrinks worlds with many faults to a few, which still break the same property in a short story", async () => {
  let broken = 0;
  for (let seed = 1; seed <= 8; seed++) {
    const scenario = generate(seed, BEYOND);
    if ((await run(scenario, { judged: S1 })).violation === undefined) continue;
    broken += 1;
    const shrunk = await shrink(scenario, "S1");
    const { faults, replicas } = shrunk.scenario;
    expect(shrunk.outcome.violation?.property).toBe("S1");
    expect(faults.length).toBeLessThanOrEqual(Math.min(5, scenario.faults.length - 1));
    expect(replicas.length).toBeLessThanOrEqual(3);
    const story = tellStory(headerOf(shrunk.scenario, "test"), shrunk.outcome.events);
    expect(story.trimEnd().split("\n").length).toBeLessThanOrEqual(22);
    expect(story).toContain("S1 VIOLATED: ");
    expect(story).toContain(" believe to lead");
    // What the demands for progress would have done afterwards is not in it.
    expect(shrunk.outcome.events.at(-1)?.kind).toBe("violation");
    expect(story).not.toContain("nobody believes to lead");
  }
  expect(broken).toBeGreaterThanOrEqual(3);
});

it("keeps the smaller world plain data that fails again when it is run again", async () => {
  const { scenario: small, outcome } = await shrink(generate(FAILING_SEED, BEYOND), "S1");
  expect(outcome.violation?.property).toBe("S1");
  const again = await run(JSON.parse(JSON.stringify(small)), { judged: S1 });
  expect(again.violation).toEqual(outcome.violation);
  expect(again.hash).toBe(outcome.hash);
});

it("leaves a world alone that does not fail", async () => {
  const scenario = generate(1, { settings: "default", only: ["partition"], replicas: 2, chaosMs: 60_000 });
  const { outcome, scenario: same } = await shrink(scenario, "S1");
  expect(outcome.violation).toBe(undefined);
  expect(same.replicas).toHaveLength(2);
});
