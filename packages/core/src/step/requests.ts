/** The requests: one at a time, each with what is needed to judge its answer. */
import type { Attempt } from "../elector-state.ts";
import { fingerprintOf, nextRenewTime } from "../own-writes.ts";
import type { LeaderElectionRecord, VersionedRecord } from "../resource-lock.ts";
import type { Draft, Read } from "./draft.ts";

/** Fingerprints remembered: far more than can be in flight. */
const FINGERPRINTS_KEPT = 32;

export function sendGet(d: Draft): void {
  const s = d.state;
  const id = s.nextCallId++;
  s.call = { kind: "get", id, orderAtSend: s.view?.order, outdated: false };
  d.effects.push({ kind: "get", id });
}

export function sendWrite(
  d: Draft,
  purpose: Attempt["purpose"],
  expected: VersionedRecord | undefined,
  build: (time: ReturnType<typeof nextRenewTime>) => LeaderElectionRecord,
): void {
  const s = d.state;
  const time = nextRenewTime(s.lastRenewTime, d.at, d.config.random);
  const record = build(time);
  const attempt: Attempt = {
    purpose,
    expectedVersion: expected?.version,
    fingerprint: fingerprintOf(record),
    sentAt: d.at,
    tokenFloor: s.highestToken,
    heldIncarnation: s.held?.incarnation,
  };
  const id = s.nextCallId++;
  s.lastRenewTime = time;
  s.ownFingerprints = [...s.ownFingerprints.slice(1 - FINGERPRINTS_KEPT), attempt.fingerprint];
  s.call = { kind: "write", id, attempt };
  if (purpose !== "release") {
    // R6: at another base it cannot land any more, and older than its own deadline it can give nothing.
    const alive = s.pending.filter(
      ({ expectedVersion, sentAt }) =>
        expectedVersion === attempt.expectedVersion && !d.isPastDeadline(sentAt),
    );
    s.pending = [...alive, attempt];
  }
  d.effects.push(
    expected === undefined ? { kind: "create", id, record } : { kind: "update", id, record, expected },
  );
}

/** Events that came while the read was under way have told something later than what it found. */
export function isOvertaken(d: Draft, { orderAtSend }: Read, found: VersionedRecord | undefined): boolean {
  const order = d.state.view?.order;
  return order !== undefined && order !== orderAtSend && order > (found?.fencingToken ?? 0n);
}
