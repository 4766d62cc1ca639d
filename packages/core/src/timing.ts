import { BOOT_TIME_GRAIN_MS } from "./clock.ts";

/** client-go's `JitterFactor`: a wait of P lasts P to J * P. */
export const JITTER_FACTOR = 1.2;

/** The symbols of the two timing rules; all in milliseconds but the rate error. */
export interface Timing {
  /** D: how long an observer waits, as stored. */
  readonly leaseDurationMs: number;
  /** H: how long a leader believes after it sent its last confirmed write. */
  readonly renewDeadlineMs: number;
  /** P */
  readonly retryPeriodMs: number;
  /** T */
  readonly requestTimeoutMs: number;
  /** A: what the task needs to stop after its signal. */
  readonly abortGraceMs: number;
  /** rho: how far any clock's rate may be off. */
  readonly clockRateError: number;
}

/**
 * The latest a renew deadline plus abort grace may be for two terms never to overlap while every clock's rate error is at
 * most rho: `H + A + e < D * (1 - rho) / (1 + rho)`, e being the grain of boot time. (Gray and Cheriton 1989.)
 */
export function safeBoundMs(leaseDurationMs: number, clockRateError: number): number {
  return (leaseDurationMs * (1 - clockRateError)) / (1 + clockRateError) - BOOT_TIME_GRAIN_MS;
}

/** SAFE: two terms can never overlap. */
export function isSafe(timing: Timing): boolean {
  return (
    timing.renewDeadlineMs + timing.abortGraceMs < safeBoundMs(timing.leaseDurationMs, timing.clockRateError)
  );
}

/** The longest request timeout with which `retries` more attempts fit before the deadline: `T + k * (J * P + T) <= H`. */
export function longestTimeoutMs(renewDeadlineMs: number, retryPeriodMs: number, retries: number): number {
  return (renewDeadlineMs - retries * JITTER_FACTOR * retryPeriodMs) / (retries + 1);
}

/** A default timeout shorter than this would fail healthy requests: rather one retry less. */
const SHORTEST_DEFAULT_TIMEOUT_MS = 250;

/** T when none is given: room for two retries where that leaves 250 ms, else for one; below 1 where not even one fits. */
export function defaultTimeoutMs(renewDeadlineMs: number, retryPeriodMs: number): number {
  const withTwo = longestTimeoutMs(renewDeadlineMs, retryPeriodMs, 2);
  return Math.floor(
    withTwo >= SHORTEST_DEFAULT_TIMEOUT_MS ? withTwo : longestTimeoutMs(renewDeadlineMs, retryPeriodMs, 1),
  );
}
