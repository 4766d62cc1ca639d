import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Attack } from "./attack.ts";
import type { Mutant } from "./mutants.ts";

const ATTACK = fileURLToPath(new URL("./attack.ts", import.meta.url));
/** The slowest mutant takes a few seconds of one core. */
const BUDGET_MS = 120_000;

/** A mutant that was attacked, and the elector as it is in the same worlds. */
export interface Trial {
  readonly mutated: Attack;
  readonly sound: Attack;
}

/** Attacks a mutant until it fails, then the unchanged elector with the same seeds, each in a process of its own. */
export async function attackMutant({ number }: Mutant): Promise<Trial> {
  const mutated = await attack(["--mutant", String(number), "--budget-ms", String(BUDGET_MS)]);
  const seeds = String(mutated.seed ?? 1);
  const sound = await attack([
    "--mutant",
    String(number),
    "--sound",
    "--seeds",
    seeds,
    "--budget-ms",
    String(BUDGET_MS),
  ]);
  return { mutated, sound };
}

async function attack(args: readonly string[]): Promise<Attack> {
  const { stdout } = await promisify(execFile)(process.execPath, [ATTACK, ...args]);
  return JSON.parse(stdout) as Attack; // what attack.ts prints
}
