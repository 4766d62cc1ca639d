import { elapsedMs, type TimeReading } from "../clock.ts";
import { type Anomaly, type Call, type Effect, type ElectorState, leadingTerm } from "../elector-state.ts";
import { LeaderElectionError } from "../errors.ts";
import type { ElectorConfig } from "../options.ts";
import { JITTER_FACTOR } from "../timing.ts";

/** R6: re-issues at once after somebody edited the record around our write. */
export const IMMEDIATE_REISSUES = 3;

/** A read under way. */
export type Read = Extract<Call, { kind: "get" }>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One step under construction: a private copy of the state, the effects so far, and the waits that every part needs. */
export class Draft {
  readonly config: ElectorConfig;
  readonly state: Mutable<ElectorState>;
  readonly at: TimeReading;
  readonly nowMs: number;
  readonly effects: Effect[] = [];

  constructor(config: ElectorConfig, state: ElectorState, at: TimeReading) {
    this.config = config;
    this.state = { ...state };
    this.at = at;
    this.nowMs = at.monotonicMs;
  }

  /** P to J * P, or as long as the store asked. */
  retryDelayMs(error?: LeaderElectionError): number {
    const { retryPeriodMs, random } = this.config;
    const jitteredMs = retryPeriodMs * (1 + (JITTER_FACTOR - 1) * random());
    return Math.max(jitteredMs, this.askedDelayMs(error));
  }

  /** What the store asks for, but never more than the renew deadline: a day's wait is no election. */
  askedDelayMs(error: LeaderElectionError | undefined): number {
    const askedMs = error?.retryAfterMs ?? 0;
    return askedMs > 0 ? Math.min(askedMs, this.config.renewDeadlineMs) : 0;
  }

  /** As {@link retryDelayMs}, but a store that asks for patience does not get a leader's last chance. */
  leaderDelayMs(error: LeaderElectionError | undefined): number {
    const term = leadingTerm(this.state);
    const plainMs = this.retryDelayMs();
    if (term === undefined) return plainMs;
    const leftMs = this.config.renewDeadlineMs - elapsedMs(term.confirmedAt, this.at);
    return Math.max(plainMs, Math.min(this.askedDelayMs(error), leftMs - this.config.requestTimeoutMs));
  }

  /** R10: after giving the lock back on purpose, long enough for a polling standby to win. */
  longStandBackMs(): number {
    const { retryPeriodMs, requestTimeoutMs } = this.config;
    return 2 * JITTER_FACTOR * retryPeriodMs + requestTimeoutMs;
  }

  /** R2: two looks at an absence may lie this far apart: one poll may fail. */
  absenceGapMs(): number {
    return 2 * (JITTER_FACTOR * this.config.retryPeriodMs + this.config.requestTimeoutMs);
  }

  isPastDeadline(sentAt: TimeReading): boolean {
    return elapsedMs(sentAt, this.at) >= this.config.renewDeadlineMs;
  }

  anomaly(kind: Anomaly["kind"], message: string, error?: LeaderElectionError): void {
    this.effects.push({ kind: "anomaly", anomaly: { kind, message, error } });
  }

  error(code: LeaderElectionError["code"], message: string): void {
    this.effects.push({ kind: "error", error: new LeaderElectionError(code, message) });
  }
}
