import type { LockCapabilities } from "@tenure/core";
import type { CaseContext } from "./case-context.ts";
import type { Hook, OptionalHook } from "./fixture.ts";

/** What a lock must have promised, or not, for a case to apply to it. */
export type Claim = "fencing" | "no fencing" | "a watch" | "no watch" | "data that survives a restart";

/** One check of the suite. */
export interface ConformanceCase {
  /** Stable between majors: `"cas/04"`. */
  readonly id: string;
  /** One sentence about the behaviour. */
  readonly title: string;
  /** What the fixture must give for it. */
  readonly needs?: readonly (Hook | OptionalHook)[] | undefined;
  /** What the backend must have claimed, or not claimed. */
  readonly claims?: readonly Claim[] | undefined;
  /** How long it may take, before scaling. @defaultValue 15000 */
  readonly budgetMs?: number | undefined;
  /** How many leases it waits for beside that; leases are longer where the lock's grain is coarse. @defaultValue 0 */
  readonly budgetLeases?: number | undefined;
  run(context: CaseContext): Promise<void>;
}

/** Why a claim does not hold for these capabilities; `undefined` when it does. */
export function claimMissing(claim: Claim, capabilities: LockCapabilities): string | undefined {
  const { fencing, watch, durability } = capabilities;
  switch (claim) {
    case "fencing":
      return fencing === "none" ? "the backend claims no fencing tokens" : undefined;
    case "no fencing":
      return fencing === "none" ? undefined : "the backend claims fencing tokens";
    case "a watch":
      return watch === "none" ? "the backend claims no watch" : undefined;
    case "no watch":
      return watch === "none" ? undefined : "the backend claims a watch";
    case "data that survives a restart":
      return durability === "best-effort" ? "the backend claims best-effort durability" : undefined;
  }
}
