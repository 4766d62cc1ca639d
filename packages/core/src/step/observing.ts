/** What an elector knows of the record, and when it may try to take it (R2, R4, R7, R8). */
import type { Attempt } from "../elector-state.ts";
import { fingerprintOf } from "../own-writes.ts";
import type { VersionedRecord } from "../resource-lock.ts";
import { effectiveDurationMs, freeAtMs, observe, remember } from "../view.ts";
import { type Draft, IMMEDIATE_REISSUES } from "./draft.ts";

/** R3: candidates that react to the same event spread over this. */
const ATTEMPT_JITTER_MS = 25;
/** R1: how often a standby reads although its watch is healthy. */
const SAFETY_READ_MS = 5 * 60_000;
/** A lease this long is worth a word. */
const LONG_DURATION_MS = 60 * 60_000;

export function observeRecord(
  d: Draft,
  current: VersionedRecord | undefined,
  order: bigint | undefined,
): void {
  const s = d.state;
  const ownDurationMs = d.config.leaseDurationMs;
  const before = s.view?.current;
  const found = { current, order, at: d.at };
  s.view = observe(s.view, s.held, found, ownDurationMs, d.absenceGapMs());
  noticeNewcomer(d, current);
  s.held = remember(s.held, current, ownDurationMs);
  if (before?.version !== current?.version) {
    s.blocked = false;
    // Neither a stranger who keeps editing beside the record nor a store that shows old ones must make every one of our
    // conflicts an immediate retry.
    if (s.view.firstSeenMs === d.nowMs && isNewest(d, order)) s.conflicts = 0;
    if (s.conflicts <= IMMEDIATE_REISSUES) s.retryAtMs = Number.NEGATIVE_INFINITY;
    const landed = current !== undefined && pendingUpdate(d, current) !== undefined;
    if (!landed) s.pending = [];
  }
  if (order !== undefined && (s.highestToken === undefined || order >= s.highestToken)) {
    s.highestToken = order;
    s.regressionReported = false;
  }
  if (current !== undefined) noticeHolder(d, before, current);
}

/** Newer than all that was seen before, or without an order. */
function isNewest({ state: { highestToken } }: Draft, order: bigint | undefined): boolean {
  return order === undefined || highestToken === undefined || order > highestToken;
}

/** Takes in the answer to a write of ours, unless events have told something newer: then true. */
export function adopt(d: Draft, found: VersionedRecord): boolean {
  const known = d.state.view?.order;
  const outrun = known !== undefined && found.fencingToken !== undefined && known > found.fencingToken;
  if (outrun) d.state.held = remember(d.state.held, found, d.config.leaseDurationMs);
  else observeRecord(d, found, found.fencingToken);
  return outrun;
}

function noticeHolder(d: Draft, before: VersionedRecord | undefined, current: VersionedRecord): void {
  const s = d.state;
  const { identity, leaseDurationMs } = d.config;
  const holder = current.record.holderIdentity;
  const changed = holder !== before?.record.holderIdentity;
  if (holder !== "" && changed) d.effects.push({ kind: "newLeader", identity: holder });
  if (holder !== identity) {
    if (holder !== "") s.duplicateReported = false;
  } else if (before !== undefined && !isOwn(d, current)) {
    // R8: at first sight our former life. Once it writes again, somebody else lives under our name.
    const wasOurs = before.record.holderIdentity === identity;
    if (wasOurs && fingerprintOf(before.record) !== fingerprintOf(current.record)) reportDuplicate(d);
  }
  const durationMs = effectiveDurationMs(current.record, leaseDurationMs);
  if (
    holder !== "" &&
    durationMs > Math.max(LONG_DURATION_MS, 10 * leaseDurationMs) &&
    (changed || current.record.leaseDurationMs !== before?.record.leaseDurationMs)
  ) {
    d.anomaly("long-duration", `"${holder}" holds the lock with a lease of ${durationMs} ms`);
  }
}

/** R2: an object in the place of a held one. Whoever led on the old one may believe for a lease duration from now. */
function noticeNewcomer(d: Draft, current: VersionedRecord | undefined): void {
  const s = d.state;
  if (current === undefined || s.held === undefined || current.incarnation === s.held.incarnation) return;
  if (current.incarnation === s.newcomer?.incarnation) return;
  const waitMs = Math.max(s.held.durationMs, d.config.leaseDurationMs);
  const { incarnation } = current;
  s.newcomer = { incarnation, after: s.held.incarnation, untilMs: d.nowMs + waitMs };
}

/** When the next attempt may be sent. Drawn anew with every change of the view, which so drops an attempt that waited. */
export function scheduleAttempt(d: Draft): void {
  const s = d.state;
  if (s.view === undefined || s.goal === "stop" || s.taskRunning || s.blocked || s.mustRead) {
    s.attemptAtMs = Number.POSITIVE_INFINITY;
    return;
  }
  const { current } = s.view;
  const freeMs = isOursAlone(d, current) ? d.nowMs : freeAtMs(s.view, d.config.observerMarginMs);
  const notBeforeMs = Math.max(s.notBeforeMs, s.retryAtMs, newcomerUntilMs(d, current), d.nowMs);
  s.attemptAtMs = Math.max(freeMs, notBeforeMs) + d.config.random() * ATTEMPT_JITTER_MS;
}

/** R7: nobody but us can believe in a record that we wrote, and our task has ended. */
export function isOursAlone(d: Draft, current: VersionedRecord | undefined): boolean {
  return current !== undefined && isOwn(d, current) && d.nowMs >= newcomerUntilMs(d, current);
}

function newcomerUntilMs(d: Draft, current: VersionedRecord | undefined): number {
  const { newcomer } = d.state;
  return newcomer !== undefined && newcomer.incarnation === current?.incarnation
    ? newcomer.untilMs
    : Number.NEGATIVE_INFINITY;
}

export function isOwn(d: Draft, found: VersionedRecord): boolean {
  const { holderIdentity } = found.record;
  // Whatever this elector writes bears its name, or none.
  if (holderIdentity !== "" && holderIdentity !== d.config.identity) return false;
  // Most often the newest of them.
  return d.state.ownFingerprints.lastIndexOf(fingerprintOf(found.record)) >= 0;
}

/** R6: only an update is recognised. Absence repeats, so of several creates more than one could land. */
export function pendingUpdate(
  d: Draft,
  found: VersionedRecord,
  purpose?: Attempt["purpose"],
): Attempt | undefined {
  if (d.state.pending.length === 0) return undefined;
  const fingerprint = fingerprintOf(found.record);
  return d.state.pending.find(
    (attempt) =>
      attempt.fingerprint === fingerprint &&
      attempt.expectedVersion !== undefined &&
      (purpose === undefined || attempt.purpose === purpose),
  );
}

export function awaitsAbsence(d: Draft): boolean {
  const { view } = d.state;
  return view !== undefined && view.current === undefined && view.waitMs > 0;
}

/** The stream that stands has told something current. */
export function isWatchTrusted({ state: { watch } }: Draft): boolean {
  return watch.kind === "open" && watch.trusted;
}

/** Reads at once; nothing is written before. */
export function readNow(d: Draft): void {
  const s = d.state;
  s.mustRead = true;
  s.readAtMs = d.nowMs;
  s.attemptAtMs = Number.POSITIVE_INFINITY;
  if (s.call?.kind === "get") s.call = { ...s.call, outdated: true };
}

/** R1: with a watch that works a rare safety read, else a poll. R2: an absence is always polled. */
export function nextReadAtMs(d: Draft): number {
  const seldom = isWatchTrusted(d) && !awaitsAbsence(d);
  return d.nowMs + (seldom ? SAFETY_READ_MS * (0.9 + 0.2 * d.config.random()) : d.retryDelayMs());
}

export function reportDuplicate(d: Draft): void {
  if (d.state.duplicateReported) return;
  d.state.duplicateReported = true;
  d.anomaly(
    "duplicate-identity",
    `Another process writes as "${d.config.identity}": every process needs an identity of its own`,
  );
}
