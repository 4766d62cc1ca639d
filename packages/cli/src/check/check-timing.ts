import { LeaderElector, type ResourceLock } from "@tenure/core";
import { formatDuration } from "../duration.ts";
import { type GivenTiming, inOptionNames, resolveTiming } from "../run/run-timing.ts";
import type { CheckItem } from "./check-report.ts";

/** Whether an elector would take these durations: the elector itself says so. It is never started. */
export function checkTiming(lock: ResourceLock, given: GivenTiming): CheckItem {
  const timing = resolveTiming(given);
  const { leaseDurationMs, renewDeadlineMs, retryPeriodMs, killGraceMs, killMarginMs } = timing;
  try {
    new LeaderElector({
      lock,
      leaseDurationMs,
      renewDeadlineMs,
      retryPeriodMs,
      abortGraceMs: killGraceMs + killMarginMs,
    });
  } catch (error) {
    if (!(error instanceof RangeError || error instanceof TypeError)) throw error;
    return { check: "settings", result: "missing", detail: inOptionNames(error.message) };
  }
  return {
    check: "settings",
    result: "ok",
    detail:
      `lease ${formatDuration(leaseDurationMs)}, renew deadline ${formatDuration(renewDeadlineMs)}, ` +
      `retry period ${formatDuration(retryPeriodMs)}, kill grace ${formatDuration(killGraceMs)}`,
  };
}
