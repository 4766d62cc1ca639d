import { describe, expect, it } from "vitest";
import { allCases } from "./all-cases.ts";
import { mutants } from "./reference/mutants.fixture.ts";
import { referenceFixture } from "./reference/reference-lock.fixture.ts";
import { runConformance } from "./test-resource-lock.ts";

// Shorter than usual: a case that fails waits for what never comes.
const SCALE = 0.3;

describe("the mutants of the reference backend", () => {
  it.each(mutants)("$killedBy notices that $bug ($name)", { timeout: 60_000 }, async ({ name, killedBy }) => {
    const report = await runConformance(referenceFixture(name, { scale: SCALE }), { cases: [killedBy] });
    expect(report.results.find(({ id }) => id === killedBy)).toMatchObject({ status: "failed" });
  });

  it("are each named after a case that exists", () => {
    const known = allCases.map(({ id }) => id);
    expect(mutants.filter(({ killedBy }) => !known.includes(killedBy))).toEqual([]);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
