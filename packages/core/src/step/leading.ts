/** A term: renewing, judging what is found, and losing it (R5, R6, R9). */
import { elapsedMs } from "../clock.ts";
import { type Answer, type Attempt, type LeadingTerm, leadingTerm } from "../elector-state.ts";
import type { LeaderElectionError, StopReason } from "../errors.ts";
import { fingerprintOf, renewingRecord } from "../own-writes.ts";
import type { VersionedRecord } from "../resource-lock.ts";
import { isShortened, isTokenGood, reportRegression } from "./checks.ts";
import { type Draft, IMMEDIATE_REISSUES } from "./draft.ts";
import { adopt, isOwn, observeRecord, pendingUpdate, reportDuplicate, scheduleAttempt } from "./observing.ts";
import { sendGet, sendWrite } from "./requests.ts";

/** Every entry checks it first; once passed the term is lost for good, also when an answer says that a renewal landed. */
export function latchDeadline(d: Draft): void {
  const term = leadingTerm(d.state);
  if (term === undefined) return;
  const lateMs = elapsedMs(term.confirmedAt, d.at) - d.config.renewDeadlineMs;
  if (lateMs < 0) return;
  // Much later than a timer ever is: the process did not run, or a clock jumped.
  loseTerm(d, lateMs > d.config.retryPeriodMs / 4 ? "stalled" : "deadline");
}

/** R9 */
export function loseTerm(d: Draft, reason: StopReason): void {
  const s = d.state;
  const { phase } = s;
  if (phase.kind === "leading") abortTask(d, reason);
  endTerm(d, phase.kind === "draining" ? phase.reason : reason);
  if (s.goal === "acquire") s.goal = "stop";
  s.phase = { kind: "following" };
  s.attemptAtMs = Number.POSITIVE_INFINITY;
  s.readAtMs = d.nowMs + d.retryDelayMs();
  s.mustRead = true;
}

/** R9: to what was found in the place of our record, which is the view from now on. */
function loseTermTo(d: Draft, reason: StopReason, found: VersionedRecord | undefined): void {
  loseTerm(d, reason);
  observeRecord(d, found, found?.fencingToken ?? d.state.view?.order);
}

export function endTerm(d: Draft, reason: StopReason): void {
  d.effects.push({ kind: "endTerm", reason });
  // R7: no write of this term gives any right from now on. Its fingerprints are still known.
  d.state.pending = [];
}

export function abortTask(d: Draft, reason: StopReason): void {
  d.effects.push({ kind: "abortTerm", reason });
  d.state.drainUntilMs = d.nowMs + d.config.drainTimeoutMs;
}

export function changeTerm(d: Draft, change: Partial<LeadingTerm>): void {
  const s = d.state;
  if (s.phase.kind === "leading" || s.phase.kind === "draining") {
    s.phase = { ...s.phase, term: { ...s.phase.term, ...change } };
  }
}

export function getBeforeBelieving(d: Draft): void {
  changeTerm(d, { hint: undefined, hintOrder: undefined });
  sendGet(d);
}

export function sendRenewal(d: Draft, { base }: LeadingTerm): void {
  sendWrite(d, "renew", base, (time) => renewingRecord(base.record, d.config.leaseDurationMs, time));
}

export function renewAnswered(d: Draft, attempt: Attempt, answer: Answer): void {
  const s = d.state;
  const { phase } = s;
  if (leadingTerm(s) === undefined) {
    if (!answer.ok || answer.found === undefined) return;
    // R7: the term is over. What this renewal wrote is only a base for a new write.
    if (phase.kind === "releasing") s.phase = { ...phase, base: answer.found };
    adopt(d, answer.found);
    scheduleAttempt(d);
  } else if (answer.ok && answer.found !== undefined) {
    renewed(d, attempt, answer.found);
  } else {
    const error = answer.ok ? undefined : answer.error;
    const conflict = error?.code === "ERR_LOCK_CONFLICT";
    changeTerm(d, {
      renewAtMs: d.nowMs + d.leaderDelayMs(error),
      ...(conflict ? { hint: "conflict" as const, conflictUnread: true } : {}),
    });
  }
}

function renewed(d: Draft, attempt: Attempt, found: VersionedRecord): void {
  const s = d.state;
  const term = leadingTerm(s);
  if (term === undefined) return;
  if (isShortened(d, found)) {
    loseTermTo(d, "taken-over", found);
    return;
  }
  if (!isTokenGood(d, found, attempt.tokenFloor)) {
    loseTermTo(d, "token-regression", found);
    return;
  }
  observeRecord(d, found, found.fencingToken);
  s.pending = [];
  const overtaken =
    term.hintOrder === undefined || found.fencingToken === undefined || term.hintOrder > found.fencingToken;
  changeTerm(d, {
    base: found,
    confirmedAt: attempt.sentAt,
    renewAtMs: attempt.sentAt.monotonicMs + d.config.retryPeriodMs,
    // An event of before this write is answered by it.
    hint: overtaken ? term.hint : undefined,
    conflictUnread: false,
    reissues: 0,
  });
}

/** S6: without an answer a conflict stays unexplained; the next request is a read again. */
export function readFailedWhileLeading(d: Draft, error: LeaderElectionError): void {
  if (leadingTerm(d.state)?.conflictUnread) changeTerm(d, { renewAtMs: d.nowMs + d.leaderDelayMs(error) });
}

/** R5: what a read means for a leader. */
export function judgeRead(d: Draft, found: VersionedRecord | undefined): void {
  const s = d.state;
  const term = leadingTerm(s);
  if (term === undefined) return;
  changeTerm(d, { conflictUnread: false });
  const lost = whyLost(d, term, found);
  if (lost !== undefined) {
    if (lost === "identity-conflict") reportDuplicate(d);
    loseTermTo(d, lost, found);
    return;
  }
  if (found === undefined) return; // whyLost has it
  const landed = pendingUpdate(d, found, "renew");
  if (landed !== undefined) {
    renewed(d, landed, found);
  } else if (found.version !== term.base.version) {
    // Still our own write, edited around: adopt the version, re-issue at once, a few times.
    if (isShortened(d, found)) {
      loseTermTo(d, "taken-over", found);
      return;
    }
    const atOnce = term.reissues < IMMEDIATE_REISSUES;
    observeRecord(d, found, found.fencingToken);
    s.pending = [];
    changeTerm(d, {
      base: found,
      renewAtMs: d.nowMs + (atOnce ? 0 : d.retryDelayMs()),
      reissues: atOnce ? term.reissues + 1 : 0,
    });
  }
}

function whyLost(d: Draft, term: LeadingTerm, found: VersionedRecord | undefined): StopReason | undefined {
  if (found === undefined || found.incarnation !== term.base.incarnation) return "deleted";
  if (
    !d.config.acceptTokenRegression &&
    found.fencingToken !== undefined &&
    term.base.fencingToken !== undefined &&
    found.fencingToken < term.base.fencingToken
  ) {
    reportRegression(d, found.fencingToken, term.base.fencingToken);
    return "token-regression";
  }
  const fingerprint = fingerprintOf(found.record);
  const ours =
    fingerprint === fingerprintOf(term.base.record) || pendingUpdate(d, found, "renew") !== undefined;
  if (ours) return undefined;
  const ourName = found.record.holderIdentity === d.config.identity;
  return ourName && !isOwn(d, found) ? "identity-conflict" : "taken-over";
}
