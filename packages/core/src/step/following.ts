/** Observing and trying (R1, R3, R6). */
import type { Answer, Attempt } from "../elector-state.ts";
import { acquiringRecord } from "../own-writes.ts";
import type { VersionedRecord } from "../resource-lock.ts";
import { isUnseenFor } from "../view.ts";
import { isShortened, isTokenGood, noticeRegression } from "./checks.ts";
import { type Draft, IMMEDIATE_REISSUES, type Read } from "./draft.ts";
import {
  adopt,
  awaitsAbsence,
  isWatchTrusted,
  nextReadAtMs,
  observeRecord,
  pendingUpdate,
  readNow,
  scheduleAttempt,
} from "./observing.ts";
import { beginRelease } from "./releasing.ts";
import { isOvertaken, sendGet, sendWrite } from "./requests.ts";
import { watchFailed } from "./watching.ts";

export function startCampaign(d: Draft, goal: "run" | "acquire"): void {
  const s = d.state;
  s.goal = goal;
  s.phase = { kind: "following" };
  s.pending = [];
  s.notBeforeMs = Number.NEGATIVE_INFINITY;
  s.attemptAtMs = Number.POSITIVE_INFINITY;
  s.blocked = false;
  readNow(d);
}

export function sendAttempt(d: Draft): void {
  const s = d.state;
  if (s.view === undefined) return;
  const { identity, leaseDurationMs } = d.config;
  const { current } = s.view;
  if (awaitsAbsence(d) && isUnseenFor(s.view, d.at, d.absenceGapMs())) {
    // R2: nobody looked for too long; something may have come and gone. The read restarts the wait.
    readNow(d);
    sendGet(d);
    return;
  }
  s.phase = { kind: "acquiring" };
  sendWrite(d, "acquire", current, (time) =>
    acquiringRecord(current?.record, identity, leaseDurationMs, time),
  );
}

export function readWhileFollowing(d: Draft, call: Read, found: VersionedRecord | undefined): void {
  const s = d.state;
  const overtaken = isOvertaken(d, call, found);
  distrustLaggingWatch(d, overtaken, found);
  s.blocked = false;
  s.mustRead = call.outdated || (overtaken && found === undefined);
  const landed = found === undefined ? undefined : pendingUpdate(d, found, "acquire");
  if (landed !== undefined && found !== undefined && s.goal !== "stop") {
    acquired(d, landed, found);
    return;
  }
  if (!overtaken) {
    noticeRegression(d, found);
    // R4: a read always replaces the view, also with something older: a store that was rolled back.
    observeRecord(d, found, found?.fencingToken ?? s.view?.order);
  }
  s.readAtMs = s.mustRead ? d.nowMs : nextReadAtMs(d);
  scheduleAttempt(d);
}

/** R3: after a conflict the read found another version than the one that the watch called current. */
function distrustLaggingWatch(d: Draft, overtaken: boolean, found: VersionedRecord | undefined): void {
  const s = d.state;
  if (!s.blocked || !isWatchTrusted(d) || overtaken) return;
  if (found?.version === s.view?.current?.version) return;
  d.effects.push({ kind: "closeWatch" });
  watchFailed(d);
}

export function acquireAnswered(d: Draft, attempt: Attempt, answer: Answer): void {
  const s = d.state;
  s.phase = { kind: "following" };
  if (answer.ok && answer.found !== undefined) {
    if (s.goal === "stop") beginRelease(d, answer.found, 0);
    else acquired(d, attempt, answer.found);
    return;
  }
  const error = answer.ok ? undefined : answer.error;
  const conflict = error?.code === "ERR_LOCK_CONFLICT";
  const newer = s.view?.current?.version !== attempt.expectedVersion;
  if (conflict && !newer && attempt.expectedVersion === undefined) forgetAbsence(d);
  if (conflict) s.conflicts += 1;
  if (!newer || s.conflicts > IMMEDIATE_REISSUES) s.retryAtMs = d.nowMs + d.retryDelayMs();
  s.notBeforeMs = Math.max(s.notBeforeMs, d.nowMs + d.askedDelayMs(error));
  if (conflict && s.pending.length <= 1) {
    // R3: somebody was faster. No write until the winner's record is seen, by watch or by one read.
    if (!newer) awaitWinner(d);
  } else if (conflict || error === undefined || error.outcome === "unknown") {
    // R6: a follower reads first. A conflict with an earlier attempt open may be that attempt, landed.
    readNow(d);
  }
  scheduleAttempt(d);
}

/** R2: a create met a record. If the next look finds none again, that one vanished, and the wait begins anew. */
function forgetAbsence(d: Draft): void {
  const s = d.state;
  if (s.view !== undefined) s.view = { ...s.view, lastSeenAt: undefined };
  s.held ??= { incarnation: "", durationMs: d.config.leaseDurationMs };
}

function awaitWinner(d: Draft): void {
  const s = d.state;
  s.blocked = true;
  const delayMs = isWatchTrusted(d) ? d.retryDelayMs() : d.config.random() * d.config.retryPeriodMs;
  s.readAtMs = Math.min(s.readAtMs, d.nowMs + delayMs);
}

/** R2: while a create was on its way, another object was seen held and went; its leader may still believe. */
function isCreateAfterAnother(d: Draft, attempt: Attempt, found: VersionedRecord): boolean {
  if (attempt.expectedVersion !== undefined) return false;
  const { held, newcomer } = d.state;
  const before = newcomer?.incarnation === found.incarnation ? newcomer.after : held?.incarnation;
  return before !== attempt.heldIncarnation && before !== found.incarnation;
}

/** An acquire was confirmed: answered, or its fingerprint found by a read. It counts from when that attempt was sent. */
function acquired(d: Draft, attempt: Attempt, found: VersionedRecord): void {
  const s = d.state;
  const cameAfterAnother = isCreateAfterAnother(d, attempt, found);
  const outrun = adopt(d, found);
  s.pending = [];
  if (d.isPastDeadline(attempt.sentAt) || cameAfterAnother) {
    scheduleAttempt(d);
    return;
  }
  if (isShortened(d, found) || !isTokenGood(d, found, attempt.tokenFloor)) {
    beginRelease(d, found, d.config.retryPeriodMs);
    return;
  }
  const token = found.fencingToken ?? 0n; // isTokenGood has seen it
  s.phase = {
    kind: "leading",
    term: {
      token,
      base: found,
      confirmedAt: attempt.sentAt,
      renewAtMs: attempt.sentAt.monotonicMs + d.config.retryPeriodMs,
      hint: outrun ? "event" : undefined,
      hintOrder: undefined,
      conflictUnread: false,
      reissues: 0,
    },
  };
  s.newcomer = undefined;
  s.readAtMs = Number.POSITIVE_INFINITY;
  s.attemptAtMs = Number.POSITIVE_INFINITY;
  s.mustRead = false;
  s.blocked = false;
  s.taskRunning = true;
  s.drainUntilMs = undefined;
  d.effects.push({ kind: "startTerm", token });
}
