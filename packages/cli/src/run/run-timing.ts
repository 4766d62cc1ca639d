/** The durations of an election with a command at its end; milliseconds. */
export interface RunTiming {
  readonly leaseDurationMs: number;
  readonly renewDeadlineMs: number;
  readonly retryPeriodMs: number;
  /** What the command has to end by itself after its term was lost. */
  readonly killGraceMs: number;
  /** What it has to end by itself when it is stopped while leading; the lease is renewed meanwhile. */
  readonly drainTimeoutMs: number;
  /** What SIGKILL may take until nothing runs any more, late timers included; off the safety margin, as the grace is. */
  readonly killMarginMs: number;
}

/** What the command line may leave out. */
export type GivenTiming = { readonly [Name in keyof Omit<RunTiming, "killMarginMs">]?: number | undefined };

/** On Kubernetes a retry period below a second costs a second of the safety margin: client-go sees whole seconds only. */
const SHORTEST_USUAL_PERIOD_MS = 1_000;

/**
 * Fills in client-go's durations, 15/10/2 s, or the same proportions where the lease has another. Half of what lies between
 * deadline and lease goes to the command, a quarter (but no more than 200 ms) to SIGKILL, and the rest stays for clocks whose
 * rates differ. The elector refuses what is not safe.
 */
export function resolveTiming(given: GivenTiming): RunTiming {
  const leaseDurationMs = given.leaseDurationMs ?? 15_000;
  const renewDeadlineMs = given.renewDeadlineMs ?? Math.floor((leaseDurationMs * 2) / 3);
  const spareMs = Math.max(0, leaseDurationMs - renewDeadlineMs);
  const usualPeriodMs = Math.floor((renewDeadlineMs * 2) / 10);
  const roomForASecond = renewDeadlineMs >= 2.5 * SHORTEST_USUAL_PERIOD_MS;
  return {
    leaseDurationMs,
    renewDeadlineMs,
    retryPeriodMs:
      given.retryPeriodMs ??
      (roomForASecond ? Math.max(SHORTEST_USUAL_PERIOD_MS, usualPeriodMs) : usualPeriodMs),
    killGraceMs: given.killGraceMs ?? Math.floor(spareMs / 2),
    drainTimeoutMs: given.drainTimeoutMs ?? 10_000,
    killMarginMs: Math.floor(Math.min(200, spareMs / 4)),
  };
}

const OPTIONS = {
  leaseDurationMs: "--lease-duration",
  renewDeadlineMs: "--renew-deadline",
  retryPeriodMs: "--retry-period",
  abortGraceMs: "--kill-grace (plus the time that SIGKILL may take)",
  drainTimeoutMs: "--drain-timeout",
  identity: "--identity",
};

/** The elector's complaint, in the words of the command line. */
export function inOptionNames(message: string): string {
  return message.replace(/`(\w+)`/g, (quoted, name: string) =>
    Object.hasOwn(OPTIONS, name) ? OPTIONS[name as keyof typeof OPTIONS] : quoted,
  );
}
