import { describe, expect, it } from "vitest";
import { allCases } from "../src/all-cases.ts";
import { mutants } from "../src/reference/mutants.fixture.ts";
import { referenceFixture } from "../src/reference/reference-lock.fixture.ts";
import { runConformance } from "../src/test-resource-lock.ts";

/** By what the case asserts, not because it never came to that. */
const FAILED = {
  status: "failed",
  reason: expect.not.stringMatching(/^setup failed|Expected to be done within/),
};

// Shorter than usual: a case that fails waits for what never comes.
const SCALE = 0.3;

describe("the mutants of the reference backend", () => {
  it.each(mutants)("$killedBy notices that $bug ($name)", { timeout: 60_000 }, async ({ name, killedBy }) => {
    const report = await runConformance(referenceFixture(name, { scale: SCALE }), { cases: [killedBy] });
    expect(report.results.find(({ id }) => id === killedBy)).toMatchObject(FAILED);
  });

  it.each(mutants.flatMap(({ name, alsoKilledBy = [] }) => alsoKilledBy.map((id) => ({ name, id }))))(
    "$id notices $name, too",
    { timeout: 60_000 },
    async ({ name, id }) => {
      const report = await runConformance(referenceFixture(name, { scale: SCALE }), { cases: [id] });
      expect(report.results.find((result) => result.id === id)).toMatchObject(FAILED);
    },
  );

  it("are each named after a case that exists", () => {
    const known = allCases.map(({ id }) => id);
    expect(mutants.filter(({ killedBy }) => !known.includes(killedBy))).toEqual([]);
    expect(new Set(mutants.map(({ name }) => name)).size).toBe(mutants.length);
  });
});
