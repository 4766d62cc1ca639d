/** A command that ran for as long as this did not crash at its start. */
export const LONG_LIFE_MS = 60_000;
const LONGEST_DELAY_MS = 60_000;

/**
 * How long a replica whose command ended stands back, so that a standby gets its turn: three retry periods, and twice as long
 * with every further command in a row that lived for less than {@link LONG_LIFE_MS}.
 */
export function restartDelayMs(retryPeriodMs: number, shortLives: number): number {
  const standBackMs = 3 * retryPeriodMs;
  const growth = 2 ** Math.min(Math.max(shortLives - 1, 0), 16);
  return Math.max(standBackMs, Math.min(standBackMs * growth, LONGEST_DELAY_MS));
}
