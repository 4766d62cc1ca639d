import { type ConformanceCase, claimMissing } from "./conformance-case.ts";
import type { LockFixture } from "./fixture.ts";

/** Why a case does not apply to a fixture; `undefined` when it does. */
export function whyNotRun(each: ConformanceCase, fixture: LockFixture): string | undefined {
  for (const claim of each.claims ?? []) {
    const missing = claimMissing(claim, fixture.capabilities);
    if (missing !== undefined) return missing;
  }
  for (const hook of each.needs ?? []) {
    const given = fixture.hooks[hook] ?? `the fixture does not give the hook "${hook}"`;
    if (given !== true) return given;
  }
  return undefined;
}
