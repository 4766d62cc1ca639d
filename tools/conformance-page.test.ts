import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";
import { allCases } from "../packages/conformance/src/index.ts";
import { electorMutants } from "../packages/conformance/src/reference/elector-mutants.fixture.ts";
import { conformancePage, withoutVersions } from "./conformance-page.ts";

const read = (path: string): Promise<string> => readFile(new URL(`../docs/${path}`, import.meta.url), "utf8");

it("docs/conformance.md has the mutants as they are now", async () => {
  const [, mutants] = conformancePage([]).split("## Mutants");
  expect(await read("conformance.md"), "out of date: pnpm conformance:docs").toContain(mutants);
});

it("docs/conformance.md has every case as it is now", async () => {
  const page = await read("conformance.md");
  for (const { id, title } of allCases) {
    expect(page, "out of date: pnpm conformance:docs").toContain(`\n| ${id} | ${title} |`);
  }
});

it("every elector's mutant is one of docs/mutants.md, and shown by a case", async () => {
  const page = await read("mutants.md");
  for (const { simulationMutant, shownBy } of electorMutants) {
    expect(page).toContain(`\n| ${simulationMutant} | `);
    expect(allCases.map(({ id }) => id)).toContain(shownBy);
  }
});

it("versions of servers may differ, results may not", () => {
  expect(withoutVersions("| 1 | etcd 3.4.23+dfsg, node 24.21.0 | ✓ |")).toBe("| 1 | etcd X, node X | ✓ |");
  expect(withoutVersions("| postgres 15.18 | 67 of 67 | 0.5 is kept")).toBe(
    "| postgres X | 67 of 67 | 0.5 is kept",
  );
});
