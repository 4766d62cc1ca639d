import { InvalidArgumentError } from "commander";
import { usageError } from "../failure.ts";

/** What a script can do to the leader; `heal` is for those that were cut off. */
export type Step = "kill" | "freeze" | "cut" | "heal" | "stop";

/**
 * What runs where there is no terminal: each step there is. `stop` comes last: in the first lease after a simultaneous start, a
 * hand-over can take as long as a crash, because a standby whose own attempt to create the record met another's waits a whole
 * lease for it.
 */
export const DEFAULT_SCRIPT: readonly Step[] = ["kill", "freeze", "cut", "heal", "stop"];

/**
 * Reads `"kill, freeze, cut, heal, stop"`, for an option of commander.
 * @throws `InvalidArgumentError` when a step is none, or heals what was not cut off
 */
export function parseScript(text: string): readonly Step[] {
  const words = text.split(/[\s,]+/).filter((word) => word !== "");
  if (words.length === 0)
    throw new InvalidArgumentError(`Expected steps out of ${DEFAULT_SCRIPT.join(", ")}.`);
  let cut = 0;
  for (const word of words) {
    if (!isStep(word)) {
      throw new InvalidArgumentError(
        `Expected steps out of ${DEFAULT_SCRIPT.join(", ")}, got ${JSON.stringify(word)}.`,
      );
    }
    if (word === "cut") cut += 1;
    if (word === "heal" && cut === 0) {
      throw new InvalidArgumentError('Expected "cut" before "heal": nobody is cut off.');
    }
    if (word === "heal") cut = 0;
  }
  return words.filter(isStep);
}

function isStep(word: string): word is Step {
  return DEFAULT_SCRIPT.some((step) => step === word);
}

/**
 * Whether after each step somebody can take over: what is cut off and not healed cannot.
 * @throws {@link usageError} when not
 */
export function checkScript(steps: readonly Step[], replicas: number): void {
  let cut = 0;
  for (const step of steps) {
    if (step === "heal") cut = 0;
    else if (cut >= replicas - 1) {
      throw usageError(
        `Expected "heal" before "${step}" in --script: all replicas but the leader are cut off`,
      );
    }
    if (step === "cut") cut += 1;
  }
}
