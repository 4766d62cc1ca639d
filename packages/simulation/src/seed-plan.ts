import { generate, type Profile } from "./generate.ts";
import type { Scenario } from "./scenario.ts";

/** Two seeds of three at the default settings, one at the bound of SAFE. */
export function settingsOf(seed: number): Profile["settings"] {
  return seed % 3 === 0 ? "bound" : "default";
}

/** The world of a seed, as `pnpm simulate` runs it. */
export function worldOf(seed: number): Scenario {
  return generate(seed, { settings: settingsOf(seed) });
}
