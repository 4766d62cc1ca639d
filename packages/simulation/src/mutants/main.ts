/** `pnpm mutants`: attacks every mutant and writes `docs/mutants.md`. Exit code 1 when one survives. */
import { writeFileSync } from "node:fs";
import { pageOf, rowOf } from "./kill-table.ts";
import { MUTANTS } from "./mutants.ts";
import { attackMutant } from "./run-attack.ts";

const rows: string[] = [];
let failed = false;
for (const mutant of MUTANTS) {
  const { mutated, sound } = await attackMutant(mutant);
  rows.push(rowOf(mutant, mutated));
  console.log(rows.at(-1));
  if (mutated.seed === undefined || sound.seed !== undefined) {
    failed = true;
    const why = mutated.seed === undefined ? "survives" : "is killed by what the unchanged elector does too";
    console.log(`mutant ${mutant.number} ${why}`);
  }
}
writeFileSync(new URL("../../../../docs/mutants.md", import.meta.url), pageOf(rows));
process.exitCode = failed ? 1 : 0;
