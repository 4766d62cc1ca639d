import { describe, expect, it } from "vitest";
import { generate, type Profile } from "./generate.ts";
import { headerOf } from "./replay.ts";
import { type Outcome, run } from "./run.ts";
import { shrink } from "./shrink.ts";
import { tellStory } from "./story.ts";

const SHORT = { chaosMs: 5 * 60_000, faultEveryMs: 8000 } as const;
/** What client-go's windows open to. */
const TROUBLE = ["pause", "partition", "answers cut", "slow", "crash", "step down"] as const;
/** Clocks that run twice as fast as others: far beyond what 15 s and 10 s tolerate. */
const BEYOND: Profile = {
  settings: "default",
  actualRateError: 0.4,
  only: ["partition"],
  always: ["partition"],
  replicas: 3,
  chaosMs: 60 * 60_000,
  faultEveryMs: 20_000,
};

async function runSeeds(count: number, profile: Profile): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  for (let seed = 1; seed <= count; seed++) outcomes.push(await run(generate(seed, profile)));
  return outcomes;
}

function total(outcomes: readonly Outcome[], what: string): number {
  return outcomes.reduce((sum, { counts }) => sum + (counts.get(what) ?? 0), 0);
}

describe("a world", () => {
  it("goes the same way twice, and no other seed's way", async () => {
    const hashes = new Set<string>();
    for (let seed = 1; seed <= 6; seed++) {
      const scenario = generate(seed, { settings: seed % 2 ? "default" : "bound", ...SHORT });
      const { hash } = await run(scenario);
      expect((await run(scenario, { full: true })).hash).toBe(hash);
      hashes.add(hash);
    }
    expect(hashes.size).toBe(6);
  });

  it("lets every promise reaction end before time goes on", async () => {
    for (let seed = 1; seed <= 10; seed++) {
      const rivals = seed % 3 === 0 ? 1 : 0;
      const scenario = generate(seed, { settings: "default", rivals, ...SHORT });
      expect((await run(scenario, { drainsFully: true })).hash).toBe((await run(scenario)).hash);
    }
  });

  it.each(["kubernetes", "etcd", "redis"] as const)("has terms and no violation on %s", async (flavour) => {
    const outcomes = await runSeeds(5, { settings: "bound", flavour, ...SHORT });
    expect(outcomes.map(({ violation }) => violation)).toEqual(outcomes.map(() => undefined));
    expect(outcomes.reduce((sum, { terms }) => sum + terms, 0)).toBeGreaterThan(10);
  });

  it("has terms and no violation where replicas campaign with acquire(), and the same way when drained fully", async () => {
    for (let seed = 1; seed <= 5; seed++) {
      const drawn = generate(seed, { settings: "bound", ...SHORT });
      const scenario = {
        ...drawn,
        replicas: drawn.replicas.map((plan) => ({ ...plan, acquires: plan.kind === "tenure" })),
      };
      const { hash, terms, violation } = await run(scenario);
      expect(violation).toBe(undefined);
      expect(terms).toBeGreaterThan(0);
      expect((await run(scenario, { drainsFully: true })).hash).toBe(hash);
    }
  });

  it("draws request timeouts, observer margins and abort grace of its own, which every elector takes", async () => {
    const extras = { requestTimeout: 1, observerMargin: 7 / 15, abortGrace: 2 / 15 };
    const outcomes = await runSeeds(5, { settings: "bound", extras, ...SHORT });
    expect(outcomes.map(({ violation }) => violation)).toEqual(outcomes.map(() => undefined));
    expect(outcomes.reduce((sum, { terms }) => sum + terms, 0)).toBeGreaterThan(10);
  });

  it("keeps the promise when all replicas have one identity", async () => {
    const outcomes = await runSeeds(8, { settings: "default", oneIdentity: true, replicas: 3, ...SHORT });
    expect(outcomes.filter(({ violation }) => violation !== undefined)).toEqual([]);
  });
});

describe("the faults bite", () => {
  it("S1 breaks with clocks beyond the model, and the fence holds", async () => {
    const outcomes = await runSeeds(5, BEYOND);
    const properties = outcomes.map(({ violation }) => violation?.property);
    expect(properties.some((property) => property === "S1" || property === "S2")).toBe(true);
    for (let seed = 1; seed <= 5; seed++) {
      const { violation, terms } = await run(generate(seed, BEYOND), { judged: new Set(["S4", "S5"]) });
      expect(violation).toBeUndefined();
      expect(terms).toBeGreaterThan(0);
    }
  });

  it("an unfenced register is written late by leaders that were paused between check and write", async () => {
    const outcomes = await runSeeds(60, {
      settings: "default",
      only: ["pause"],
      always: ["pause"],
      replicas: 3,
      faultEveryMs: 5000,
      chaosMs: 20 * 60_000,
    });
    expect(total(outcomes, "unfenced register violated")).toBeGreaterThan(0);
    expect(total(outcomes, "fenced register refused")).toBeGreaterThan(0);
    expect(outcomes.filter(({ violation }) => violation !== undefined)).toEqual([]);
  });

  it("client-go among itself has two leaders at once; Tenure in the same worlds never", async () => {
    const profile = {
      settings: "default",
      only: TROUBLE,
      always: ["pause"],
      replicas: 3,
      ...SHORT,
      watches: true,
    } as const;
    const clientGo = await runSeeds(10, { ...profile, rivals: 3 });
    expect(total(clientGo, "rivals overlap")).toBeGreaterThan(0);
    const tenure = await runSeeds(10, { ...profile, rivals: 0 });
    expect(tenure.filter(({ violation }) => violation !== undefined)).toEqual([]);
  });

  it("beside client-go Tenure keeps its side, and client-go's window shows", async () => {
    const outcomes = await runSeeds(30, {
      settings: "default",
      only: TROUBLE,
      always: ["pause"],
      replicas: 3,
      rivals: 1,
      ...SHORT,
    });
    expect(outcomes.filter(({ violation }) => violation !== undefined)).toEqual([]);
    expect(total(outcomes, "rival's window")).toBeGreaterThan(0);
  });
});

describe("a failing world", () => {
  it("is shrunk to a story that a reader can follow", async () => {
    const outcomes = await runSeeds(5, BEYOND);
    const seed = 1 + outcomes.findIndex(({ violation }) => violation !== undefined);
    const scenario = generate(seed, BEYOND);
    const { violation } = await run(scenario);
    if (violation === undefined) throw new Error("Expected clocks beyond the model to break something");
    const shrunk = await shrink(scenario, violation.property);
    expect(shrunk.outcome.violation?.property).toBe(violation.property);
    expect(shrunk.scenario.faults.length).toBeLessThanOrEqual(5);
    expect(shrunk.scenario.faults.length).toBeLessThan(scenario.faults.length);
    expect(shrunk.scenario.replicas).toHaveLength(2);
    const story = tellStory(headerOf(shrunk.scenario, "test"), shrunk.outcome.events);
    expect(story.split("\n").length).toBeLessThanOrEqual(25);
    expect(story).toContain("VIOLATED");
  });
});
