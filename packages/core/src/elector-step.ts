import { elapsedMs } from "./clock.ts";
import { type Answer, type Effect, type ElectorState, type Input, leadingTerm } from "./elector-state.ts";
import type { StopReason } from "./errors.ts";
import type { ElectorConfig } from "./options.ts";
import { Draft, type Read } from "./step/draft.ts";
import { acquireAnswered, readWhileFollowing, sendAttempt, startCampaign } from "./step/following.ts";
import {
  abortTask,
  endTerm,
  getBeforeBelieving,
  judgeRead,
  latchDeadline,
  loseTerm,
  readFailedWhileLeading,
  renewAnswered,
  sendRenewal,
} from "./step/leading.ts";
import { scheduleAttempt } from "./step/observing.ts";
import { beginRelease, releaseAnswered, releaseRead, sendRelease } from "./step/releasing.ts";
import { sendGet } from "./step/requests.ts";
import { openWatch, wantsWatch, watchEnded, watchEvent } from "./step/watching.ts";

/** What follows from an input. */
export interface Step {
  readonly state: ElectorState;
  readonly effects: readonly Effect[];
  /** When a `tick` is wanted at the latest, in monotonic milliseconds; infinite for never. */
  readonly wakeAtMs: number;
}

/** A microsecond: no timer is finer. */
const SHORTEST_WAIT_MS = 0.001;

/** The elector's decisions: `state + input -> state + what to do`. No I/O, no clock; `config.random` is the only other source. */
export function step(config: ElectorConfig, state: ElectorState, input: Input): Step {
  const d = new Draft(config, state, input.at);
  apply(d, input);
  // A due time that rounding missed by less than can be added to `now` would be asked for again and again.
  return { state: d.state, effects: d.effects, wakeAtMs: Math.max(wakeAtMs(d), d.nowMs + SHORTEST_WAIT_MS) };
}

function apply(d: Draft, input: Input): void {
  latchDeadline(d);
  switch (input.kind) {
    case "start":
      startCampaign(d, input.goal);
      break;
    case "end":
      requestEnd(d, input.reason, input.stop);
      break;
    case "taskSettled":
      taskSettled(d, input.finished);
      break;
    case "answered":
      requestAnswered(d, input.id, input.answer);
      break;
    case "event":
      watchEvent(d, input.event);
      break;
    case "watchEnded":
      watchEnded(d, input.error);
      break;
    case "tick":
      break;
  }
  giveUpOnTask(d);
  openWatch(d);
  act(d);
}

function requestEnd(d: Draft, reason: StopReason, stop: boolean): void {
  const s = d.state;
  if (s.phase.kind === "stopped") return;
  if (stop || (s.phase.kind === "leading" && s.goal === "acquire")) s.goal = "stop";
  if (s.phase.kind !== "leading") return;
  abortTask(d, reason);
  s.phase = { kind: "draining", term: s.phase.term, reason };
}

function taskSettled(d: Draft, finished: StopReason | undefined): void {
  const s = d.state;
  if (!s.taskRunning) return;
  s.taskRunning = false;
  s.drainUntilMs = undefined;
  if (finished !== undefined) s.goal = "stop";
  const { phase } = s;
  if (phase.kind === "leading") {
    const reason = finished ?? "released";
    d.effects.push({ kind: "abortTerm", reason });
    endTerm(d, reason);
    beginRelease(d, phase.term.base, d.longStandBackMs());
  } else if (phase.kind === "draining") {
    endTerm(d, phase.reason);
    beginRelease(d, phase.term.base, d.longStandBackMs());
  } else {
    s.notBeforeMs = d.nowMs + d.config.retryPeriodMs;
    scheduleAttempt(d);
  }
}

/** R10: a task that outlives its drain timeout. The lock is never released under it; it lapses. */
function giveUpOnTask(d: Draft): void {
  const s = d.state;
  if (!s.taskRunning || s.drainUntilMs === undefined || d.nowMs < s.drainUntilMs) return;
  s.drainUntilMs = undefined;
  d.anomaly(
    "drain-timeout",
    `The task did not stop within ${d.config.drainTimeoutMs} ms of its signal; the lock is left to lapse`,
  );
  if (s.phase.kind === "draining") loseTerm(d, s.phase.reason);
}

function act(d: Draft): void {
  const s = d.state;
  if (s.goal === "stop" && s.phase.kind === "following" && s.call?.kind === "get") {
    d.effects.push({ kind: "cancelCall", id: s.call.id });
    s.call = undefined;
  }
  if (s.call !== undefined) return; // one request at a time
  switch (s.phase.kind) {
    case "following":
      if (s.goal === "stop") comeToRest(d);
      else if (d.nowMs >= s.readAtMs) sendGet(d);
      else if (d.nowMs >= s.attemptAtMs) sendAttempt(d);
      break;
    case "leading":
    case "draining":
      if (s.phase.term.hint !== undefined) getBeforeBelieving(d);
      else if (d.nowMs < s.phase.term.renewAtMs) break;
      else if (s.phase.term.conflictUnread) sendGet(d);
      else sendRenewal(d, s.phase.term);
      break;
    case "releasing":
      if (s.phase.base === undefined) sendGet(d);
      else sendRelease(d, s.phase.base);
      break;
  }
}

function comeToRest(d: Draft): void {
  const s = d.state;
  if (s.pending.length > 0) {
    // R10: an acquire whose fate is unknown may have made us holder. One read, and a release if it did.
    s.phase = { kind: "releasing", base: undefined, writesLeft: 1, standBackMs: 0 };
    sendGet(d);
    return;
  }
  if (s.taskRunning && s.drainUntilMs !== undefined) return;
  s.phase = { kind: "stopped" };
  s.readAtMs = Number.POSITIVE_INFINITY;
  s.attemptAtMs = Number.POSITIVE_INFINITY;
  if (s.watch.kind !== "none") {
    if (s.watch.kind === "open") d.effects.push({ kind: "closeWatch" });
    s.watch = { kind: "closed", openAtMs: Number.NEGATIVE_INFINITY, failures: 0 };
  }
  d.effects.push({ kind: "stopped" });
}

function wakeAtMs(d: Draft): number {
  const s = d.state;
  let wake = Number.POSITIVE_INFINITY;
  if (s.phase.kind === "stopped") return wake;
  if (s.taskRunning && s.drainUntilMs !== undefined) wake = s.drainUntilMs;
  if (wantsWatch(d) && s.watch.kind === "closed") wake = Math.min(wake, s.watch.openAtMs);
  const term = leadingTerm(s);
  if (term !== undefined) {
    const leftMs = d.config.renewDeadlineMs - elapsedMs(term.confirmedAt, d.at);
    // Not only at the deadline: a timer that stood still in a suspend must not keep the task from being told.
    wake = Math.min(wake, d.nowMs + leftMs, d.nowMs + d.config.retryPeriodMs);
    if (s.call === undefined) wake = Math.min(wake, term.renewAtMs);
  } else if (s.phase.kind === "following" && s.goal !== "stop" && s.call === undefined) {
    wake = Math.min(wake, s.readAtMs, s.attemptAtMs);
  }
  return wake;
}

function requestAnswered(d: Draft, id: number, answer: Answer): void {
  const s = d.state;
  const { call } = s;
  if (call?.id !== id) return; // cancelled
  s.call = undefined;
  if (!answer.ok && answer.error.code !== "ERR_LOCK_CONFLICT") {
    d.effects.push({ kind: "error", error: answer.error });
  }
  if (call.kind === "get") readAnswered(d, call, answer);
  else if (call.attempt.purpose === "acquire") acquireAnswered(d, call.attempt, answer);
  else if (call.attempt.purpose === "renew") renewAnswered(d, call.attempt, answer);
  else releaseAnswered(d, answer);
}

function readAnswered(d: Draft, call: Read, answer: Answer): void {
  const s = d.state;
  if (leadingTerm(s) !== undefined) {
    if (answer.ok) judgeRead(d, answer.found);
    else readFailedWhileLeading(d, answer.error);
  } else if (s.phase.kind === "releasing") {
    releaseRead(d, call, answer);
  } else if (answer.ok) {
    readWhileFollowing(d, call, answer.found);
  } else {
    s.readAtMs = d.nowMs + d.retryDelayMs(answer.error);
  }
}
