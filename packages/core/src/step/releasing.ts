/** Giving the lock back (R10). */
import type { Answer } from "../elector-state.ts";
import { releasingRecord } from "../own-writes.ts";
import type { VersionedRecord } from "../resource-lock.ts";
import type { Draft, Read } from "./draft.ts";
import { adopt, isOursAlone, nextReadAtMs, observeRecord, scheduleAttempt } from "./observing.ts";
import { isOvertaken, sendWrite } from "./requests.ts";

/** R10: gives `base` back by compare-and-swap, with no read first. A renewal under way is waited for. */
export function beginRelease(d: Draft, base: VersionedRecord, standBackMs: number): void {
  d.state.phase = { kind: "releasing", base, writesLeft: 2, standBackMs };
}

export function sendRelease(d: Draft, base: VersionedRecord): void {
  const s = d.state;
  if (s.phase.kind !== "releasing") return;
  s.phase = { ...s.phase, writesLeft: s.phase.writesLeft - 1 };
  sendWrite(d, "release", base, (time) => releasingRecord(base.record, time));
}

export function releaseAnswered(d: Draft, answer: Answer): void {
  const s = d.state;
  if (s.phase.kind !== "releasing") return;
  if (answer.ok && answer.found !== undefined) {
    adopt(d, answer.found);
    released(d, false);
  } else if (s.phase.writesLeft > 0) {
    s.phase = { ...s.phase, base: undefined };
  } else {
    released(d, true);
  }
}

export function releaseRead(d: Draft, call: Read, answer: Answer): void {
  const s = d.state;
  if (s.phase.kind !== "releasing") return;
  if (!answer.ok) {
    // One that was sent while leading decides nothing: the release on the last confirmed version is still to come.
    if (s.phase.base === undefined) released(d, true);
    return;
  }
  const { found } = answer;
  if (!isOvertaken(d, call, found)) observeRecord(d, found, found?.fencingToken ?? s.view?.order);
  // R10: repeated only on a record that this elector wrote; the holder's name alone proves nothing.
  if (found !== undefined && found.record.holderIdentity !== "" && isOursAlone(d, found)) {
    s.phase = { ...s.phase, base: found };
  } else {
    released(d, false);
  }
}

function released(d: Draft, unknown: boolean): void {
  const s = d.state;
  if (s.phase.kind !== "releasing") return;
  s.notBeforeMs = d.nowMs + s.phase.standBackMs;
  s.phase = { kind: "following" };
  s.pending = [];
  s.mustRead = unknown;
  s.readAtMs = unknown ? d.nowMs + d.retryDelayMs() : nextReadAtMs(d);
  scheduleAttempt(d);
}
