import { FAULT_KINDS, generate, type Profile } from "../src/generate.ts";
import type { Property } from "../src/property.ts";
import type { RegisterHistory } from "../src/register-history.ts";
import { run } from "../src/run.ts";

/** What a world's registers were asked and answered. */
export interface RegisterWorld {
  readonly fenced: RegisterHistory;
  readonly unfenced: RegisterHistory;
  /** Writes that the unfenced register took from a term after one of a later term. */
  readonly unfencedViolations: number;
}

/**
 * A store that was rolled back may give a token twice, and the register then cannot tell the two terms apart: that is outside
 * the promise, so no world here is restored.
 */
const WITHOUT_RESTORE = FAULT_KINDS.filter((kind) => kind !== "restore");

const PROFILES: Readonly<Record<string, Profile>> = {
  default: { settings: "default" },
  bound: { settings: "bound" },
  // No clock keeps its word, and identities tell nobody apart: only the tokens are left.
  "beyond the clock model": { settings: "default", actualRateError: 0.4, oneIdentity: true },
};

/** Beyond the clock model leaders overlap. That is no news here: tokens and the fence are what is judged. */
const JUDGED: ReadonlySet<Property> = new Set(["S4", "S5"]);

/** Three minutes full of pauses and a healed while, with a write a second: some hundred operations, which a checker can take. */
const SHORT = { always: ["pause"], only: WITHOUT_RESTORE, chaosMs: 180_000, faultEveryMs: 10_000 } as const;
const WORK_EVERY_MS = 1000;

/**
 * Runs the worlds of the seeds from 1 in every profile.
 * @throws Error when one of them breaks a property of tokens by the referee's account.
 */
export async function runRegisterWorlds(seedsPerProfile: number): Promise<readonly RegisterWorld[]> {
  const worlds: RegisterWorld[] = [];
  for (const [profileName, profile] of Object.entries(PROFILES)) {
    for (let seed = 1; seed <= seedsPerProfile; seed++) {
      const scenario = { ...generate(seed, { ...profile, ...SHORT }), workEveryMs: WORK_EVERY_MS };
      const { histories, violation, counts } = await run(scenario, { history: true, judged: JUDGED });
      if (violation !== undefined) throw new Error(`${profileName}, seed ${seed}: ${violation.message}`);
      if (histories === undefined) throw new Error("a world that was asked for its history kept none");
      const named = (history: RegisterHistory): RegisterHistory => ({
        ...history,
        name: `${profileName}, ${history.name}`,
      });
      worlds.push({
        fenced: named(histories.fenced),
        unfenced: named(histories.unfenced),
        unfencedViolations: counts.get("unfenced register violated") ?? 0,
      });
    }
  }
  return worlds;
}
