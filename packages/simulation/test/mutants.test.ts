import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { mutate } from "../src/mutants/apply-mutant.ts";
import { rowOf } from "../src/mutants/kill-table.ts";
import { MUTANTS } from "../src/mutants/mutants.ts";
import { attackMutant } from "../src/mutants/run-attack.ts";

const PAGE = readFileSync(new URL("../../../docs/mutants.md", import.meta.url), "utf8").split("\n");

describe("a known bug", () => {
  it("has a number of its own, from 1 to 26, and those of this project's own finds after them", () => {
    expect(MUTANTS.map(({ number }) => number)).toEqual(MUTANTS.map((_, index) => index + 1));
    expect(MUTANTS.length).toBeGreaterThanOrEqual(26);
  });

  it.each(MUTANTS)(
    "$number is killed by the property named for it: $bug",
    { timeout: 300_000 },
    async (mutant) => {
      const { mutated, sound } = await attackMutant(mutant);
      expect(mutated.seed, "survived its budget").toBeDefined();
      expect(mutant.properties).toContain(mutated.property);
      expect(sound.seed, `the unchanged elector fails, too: ${sound.message}`).toBeUndefined();
      expect(PAGE, "docs/mutants.md is out of date: pnpm mutants").toContain(rowOf(mutant, mutated));
    },
  );

  it.each([
    ["not there", "const a = 1;", 0],
    ["there twice", "x; x;", 2],
  ])("is refused when what it replaces is %s", (_, source, times) => {
    expect(() => mutate(source, "x", "y", "mutant 0")).toThrow(`exactly once, found it ${times} times`);
  });
});
