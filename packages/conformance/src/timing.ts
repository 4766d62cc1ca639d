import type { LockCapabilities } from "@tenure/core";

/** The durations of the suite's elections, which fit each other as the elector wants them. */
export interface ElectionTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  readonly requestTimeoutMs: number;
}

/**
 * A lease of one second, or of four of the lock's grain where that is coarse: there the elector takes one off, because peers
 * may see whole grains only.
 */
export function electionTiming({ granularityMs }: LockCapabilities, scale: number): ElectionTiming {
  const grains = granularityMs >= 1000 ? 4 : 3;
  const leaseDurationMs = Math.max(
    Math.ceil((1000 * scale) / granularityMs) * granularityMs,
    grains * granularityMs,
  );
  const safeMs = granularityMs >= 1000 ? leaseDurationMs - granularityMs : leaseDurationMs;
  const renewDeadlineMs = Math.floor(safeMs * 0.7);
  const retryPeriodMs = Math.floor(leaseDurationMs / 8);
  return {
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs,
    // One more attempt fits before the deadline.
    requestTimeoutMs: Math.floor((renewDeadlineMs - 1.2 * retryPeriodMs) / 2),
  };
}
