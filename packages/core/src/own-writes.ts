import type { Random, TimeReading } from "./clock.ts";
import { formatMicroTime } from "./micro-time.ts";
import type { LeaderElectionRecord } from "./resource-lock.ts";

/** What was last written as a renew time. */
export interface LastRenewTime {
  readonly epochMicros: number;
  readonly monotonicMs: number;
}

/**
 * A renew time for a new attempt: the wall clock, but never behind the time that really passed since the previous one, and
 * always later than it. It keeps advancing in real time after a wall clock stepped back because client-go sees whole seconds
 * only and would take a record that stays within one second for a dead one. Its three sub-millisecond digits are random, so
 * that two processes with one identity cannot take each other's write for their own.
 */
export function nextRenewTime(
  last: LastRenewTime | undefined,
  at: TimeReading,
  random: Random,
): LastRenewTime {
  const advancedMs = last === undefined ? 0 : last.epochMicros / 1000 + (at.monotonicMs - last.monotonicMs);
  const wholeMs = Math.floor(Math.max(at.wallMs, advancedMs));
  const epochMicros = wholeMs * 1000 + Math.floor(random() * 1000);
  return {
    epochMicros: Math.max(epochMicros, (last?.epochMicros ?? 0) + 1),
    monotonicMs: at.monotonicMs,
  };
}

/** Tells one write from every other: holder and renew time, as six-digit strings. Belongs to one elector. */
export function fingerprintOf(record: LeaderElectionRecord): string {
  return `${record.renewTime ?? ""} ${record.holderIdentity}`;
}

/** The API refuses more: the counter stays here. */
const MAX_TRANSITIONS = 2 ** 31 - 1;
/** As client-go writes it on release: the API refuses 0. */
const RELEASED_DURATION_MS = 1000;

/** The record of a new term. Taking over from another holder, or from none, is a transition. */
export function acquiringRecord(
  previous: LeaderElectionRecord | undefined,
  identity: string,
  leaseDurationMs: number,
  time: LastRenewTime,
): LeaderElectionRecord {
  const renewTime = formatMicroTime(time.epochMicros);
  const transitions =
    previous === undefined ? 0 : previous.leaderTransitions + (previous.holderIdentity === identity ? 0 : 1);
  return {
    ...previous,
    holderIdentity: identity,
    leaseDurationMs,
    acquireTime: renewTime,
    renewTime,
    leaderTransitions: Math.min(transitions, MAX_TRANSITIONS),
  };
}

/** The record of a renewal: as it stands, with a new renew time. */
export function renewingRecord(
  current: LeaderElectionRecord,
  leaseDurationMs: number,
  time: LastRenewTime,
): LeaderElectionRecord {
  return { ...current, leaseDurationMs, renewTime: formatMicroTime(time.epochMicros) };
}

/** The record of a release, as client-go writes it: no holder, one second, transitions unchanged. */
export function releasingRecord(current: LeaderElectionRecord, time: LastRenewTime): LeaderElectionRecord {
  const renewTime = formatMicroTime(time.epochMicros);
  return {
    ...current,
    holderIdentity: "",
    leaseDurationMs: RELEASED_DURATION_MS,
    acquireTime: renewTime,
    renewTime,
  };
}
