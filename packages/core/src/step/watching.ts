/** The watch: an accelerator, never a proof (R1, R3, R4, R5). */
import { type LeadingTerm, leadingTerm } from "../elector-state.ts";
import type { LeaderElectionError } from "../errors.ts";
import type { LockEvent, VersionedRecord } from "../resource-lock.ts";
import { effectiveDurationMs } from "../view.ts";
import type { Draft } from "./draft.ts";
import { changeTerm } from "./leading.ts";
import { awaitsAbsence, isOwn, nextReadAtMs, observeRecord, readNow, scheduleAttempt } from "./observing.ts";

/** A watch that keeps failing is opened no less often than this. */
const WATCH_BACKOFF_LIMIT_MS = 5 * 60_000;

export function watchEvent(d: Draft, event: LockEvent): void {
  const s = d.state;
  if (s.phase.kind === "stopped" || s.watch.kind !== "open") return;
  const current = event.kind === "changed" ? event.current : undefined;
  const order = event.kind === "deleted" ? event.fencingToken : current?.fencingToken;
  const term = leadingTerm(s);
  const known = term === undefined ? s.view?.order : term.base.fencingToken;
  if (order !== undefined && known !== undefined && order <= known) {
    // R4: events never move the view back.
    if (order === known) trustWatch(d);
    return;
  }
  if (order !== undefined) trustWatch(d);
  if (term !== undefined) {
    // R5: while leading an event never decides. What is not ours is read.
    if (current !== undefined && isUntouched(d, term, current)) return;
    changeTerm(d, { hint: "event", hintOrder: order });
  } else if (order === undefined) {
    readNow(d);
  } else {
    const wasBlocked = s.blocked;
    observeRecord(d, current, order);
    if (((wasBlocked && !s.blocked) || awaitsAbsence(d)) && !s.mustRead) s.readAtMs = nextReadAtMs(d);
    if (s.phase.kind === "following") scheduleAttempt(d);
  }
}

/** Our own write of this term, at most edited around. */
function isUntouched(d: Draft, term: LeadingTerm, current: VersionedRecord): boolean {
  const ownDurationMs = d.config.leaseDurationMs;
  return (
    isOwn(d, current) &&
    current.incarnation === term.base.incarnation &&
    effectiveDurationMs(current.record, ownDurationMs) >= ownDurationMs
  );
}

function trustWatch(d: Draft): void {
  const s = d.state;
  if (s.watch.kind !== "open" || s.watch.trusted) return;
  s.watch = { kind: "open", trusted: true, failures: 0 };
  s.watchReported = false;
  if (s.phase.kind === "following" && !s.mustRead) s.readAtMs = nextReadAtMs(d);
}

export function wantsWatch(d: Draft): boolean {
  const s = d.state;
  return s.view !== undefined && s.goal !== "stop" && s.phase.kind !== "stopped";
}

export function openWatch(d: Draft): void {
  const s = d.state;
  if (!wantsWatch(d) || s.watch.kind !== "closed" || d.nowMs < s.watch.openAtMs) return;
  s.watch = { kind: "open", trusted: false, failures: s.watch.failures };
  d.effects.push({ kind: "openWatch", from: s.view?.current });
}

export function watchEnded(d: Draft, error: LeaderElectionError | undefined): void {
  const s = d.state;
  if (s.watch.kind !== "open") return;
  watchFailed(d);
  if (error !== undefined && !s.watchReported) {
    s.watchReported = true;
    d.anomaly("watch-unavailable", `Cannot watch, polling instead: ${error.message}`, error);
  }
}

export function watchFailed(d: Draft): void {
  const s = d.state;
  const failures = s.watch.kind === "open" ? s.watch.failures + 1 : 1;
  const backoffMs = d.retryDelayMs() * 2 ** Math.min(failures - 1, 20);
  s.watch = {
    kind: "closed",
    openAtMs: d.nowMs + Math.min(backoffMs, WATCH_BACKOFF_LIMIT_MS),
    failures,
  };
  if (s.phase.kind === "following") s.readAtMs = Math.min(s.readAtMs, d.nowMs + d.retryDelayMs());
}
