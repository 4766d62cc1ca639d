import { elapsedMs, type TimeReading } from "./clock.ts";
import {
  type Anomaly,
  type Answer,
  type Attempt,
  type Call,
  type Effect,
  type ElectorState,
  type Input,
  type LeadingTerm,
  leadingTerm,
} from "./elector-state.ts";
import { LeaderElectionError, type StopReason } from "./errors.ts";
import type { ElectorConfig } from "./options.ts";
import {
  acquiringRecord,
  fingerprintOf,
  nextRenewTime,
  releasingRecord,
  renewingRecord,
} from "./own-writes.ts";
import type { LeaderElectionRecord, LockEvent, VersionedRecord } from "./resource-lock.ts";
import { JITTER_FACTOR } from "./timing.ts";
import { effectiveDurationMs, freeAtMs, observe, remember } from "./view.ts";

/** What follows from an input. */
export interface Step {
  readonly state: ElectorState;
  readonly effects: readonly Effect[];
  /** When a `tick` is wanted at the latest, in monotonic milliseconds; infinite for never. */
  readonly wakeAtMs: number;
}

/** R3: candidates that react to the same event spread over this. */
const ATTEMPT_JITTER_MS = 25;
/** A microsecond: no timer is finer. */
const SHORTEST_WAIT_MS = 0.001;
/** R1: how often a standby reads although its watch is healthy. */
const SAFETY_READ_MS = 5 * 60_000;
/** R6: re-issues at once after somebody edited the record around our write. */
const IMMEDIATE_REISSUES = 3;
/** A watch that keeps failing is opened no less often than this. */
const WATCH_BACKOFF_LIMIT_MS = 5 * 60_000;
/** Fingerprints remembered: far more than can be in flight. */
const FINGERPRINTS_KEPT = 32;
/** A lease this long is worth a word. */
const LONG_DURATION_MS = 60 * 60_000;

/** The elector's decisions: `state + input -> state + what to do`. No I/O, no clock; `config.random` is the only other source. */
export function step(config: ElectorConfig, state: ElectorState, input: Input): Step {
  const transition = new Transition(config, state, input.at);
  transition.apply(input);
  return transition.finish();
}

type Read = Extract<Call, { kind: "get" }>;
type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** One step under construction: a private copy of the state, and the effects so far. */
class Transition {
  readonly #config: ElectorConfig;
  readonly #state: Mutable<ElectorState>;
  readonly #at: TimeReading;
  readonly #nowMs: number;
  readonly #effects: Effect[] = [];

  constructor(config: ElectorConfig, state: ElectorState, at: TimeReading) {
    this.#config = config;
    this.#state = { ...state };
    this.#at = at;
    this.#nowMs = at.monotonicMs;
  }

  apply(input: Input): void {
    this.#latchDeadline();
    switch (input.kind) {
      case "start":
        this.#start(input.goal);
        break;
      case "end":
        this.#end(input.reason, input.stop);
        break;
      case "taskSettled":
        this.#taskSettled(input.finished);
        break;
      case "answered":
        this.#answered(input.id, input.answer);
        break;
      case "event":
        this.#event(input.event);
        break;
      case "watchEnded":
        this.#watchEnded(input.error);
        break;
      case "tick":
        break;
    }
    this.#giveUpOnTask();
    this.#openWatch();
    this.#act();
  }

  finish(): Step {
    // A due time that rounding missed by less than can be added to `now` would be asked for again and again.
    const wakeAtMs = Math.max(this.#wakeAtMs(), this.#nowMs + SHORTEST_WAIT_MS);
    return { state: this.#state, effects: this.#effects, wakeAtMs };
  }

  // ---- the deadline -------------------------------------------------------------------------------------------------

  /** Every entry checks it first; once passed the term is lost for good, also when an answer says that a renewal landed. */
  #latchDeadline(): void {
    const term = leadingTerm(this.#state);
    if (term === undefined) return;
    const lateMs = elapsedMs(term.confirmedAt, this.#at) - this.#config.renewDeadlineMs;
    if (lateMs < 0) return;
    // Much later than a timer ever is: the process did not run, or a clock jumped.
    this.#lose(lateMs > this.#config.retryPeriodMs / 4 ? "stalled" : "deadline");
  }

  // ---- campaign and task --------------------------------------------------------------------------------------------

  #start(goal: "run" | "acquire"): void {
    const s = this.#state;
    s.goal = goal;
    s.phase = { kind: "following" };
    s.pending = [];
    s.notBeforeMs = Number.NEGATIVE_INFINITY;
    s.attemptAtMs = Number.POSITIVE_INFINITY;
    s.blocked = false;
    this.#readNow();
  }

  #end(reason: StopReason, stop: boolean): void {
    const s = this.#state;
    if (s.phase.kind === "stopped") return;
    const leads = s.phase.kind === "leading" || s.phase.kind === "draining";
    if (stop || (leads && s.goal === "acquire")) s.goal = "stop";
    if (s.phase.kind !== "leading") return;
    this.#abortTask(reason);
    s.phase = { kind: "draining", term: s.phase.term, reason };
  }

  #taskSettled(finished: StopReason | undefined): void {
    const s = this.#state;
    if (!s.taskRunning) return;
    s.taskRunning = false;
    s.drainUntilMs = undefined;
    if (finished !== undefined) s.goal = "stop";
    const { phase } = s;
    if (phase.kind === "leading") {
      const reason = finished ?? "released";
      this.#effects.push({ kind: "abortTerm", reason });
      this.#endTerm(reason);
      this.#release(phase.term.base, this.#longStandBackMs());
    } else if (phase.kind === "draining") {
      this.#endTerm(phase.reason);
      this.#release(phase.term.base, this.#longStandBackMs());
    } else {
      s.notBeforeMs = this.#nowMs + this.#config.retryPeriodMs;
      this.#schedule();
    }
  }

  #abortTask(reason: StopReason): void {
    this.#effects.push({ kind: "abortTerm", reason });
    this.#state.drainUntilMs = this.#nowMs + this.#config.drainTimeoutMs;
  }

  #endTerm(reason: StopReason): void {
    this.#effects.push({ kind: "endTerm", reason });
    // R7: no write of this term gives any right from now on. Its fingerprints are still known.
    this.#state.pending = [];
  }

  /** R9 */
  #lose(reason: StopReason): void {
    const s = this.#state;
    const { phase } = s;
    if (phase.kind === "leading") this.#abortTask(reason);
    this.#endTerm(phase.kind === "draining" ? phase.reason : reason);
    if (s.goal === "acquire") s.goal = "stop";
    s.phase = { kind: "following" };
    s.attemptAtMs = Number.POSITIVE_INFINITY;
    s.readAtMs = this.#nowMs + this.#retryDelayMs();
    s.mustRead = true;
  }

  /** R10: a task that outlives its drain timeout. The lock is never released under it; it lapses. */
  #giveUpOnTask(): void {
    const s = this.#state;
    if (!s.taskRunning || s.drainUntilMs === undefined || this.#nowMs < s.drainUntilMs) return;
    s.drainUntilMs = undefined;
    this.#anomaly(
      "drain-timeout",
      `The task did not stop within ${this.#config.drainTimeoutMs} ms of its signal; the lock is left to lapse`,
    );
    if (s.phase.kind === "draining") this.#lose(s.phase.reason);
  }

  // ---- what to do next ----------------------------------------------------------------------------------------------

  #act(): void {
    const s = this.#state;
    if (s.goal === "stop" && s.phase.kind === "following" && s.call?.kind === "get") {
      this.#effects.push({ kind: "cancelCall", id: s.call.id });
      s.call = undefined;
    }
    if (s.call !== undefined) return; // one request at a time
    switch (s.phase.kind) {
      case "following":
        if (s.goal === "stop") this.#comeToRest();
        else if (this.#nowMs >= s.readAtMs) this.#get();
        else if (this.#nowMs >= s.attemptAtMs) this.#attempt();
        break;
      case "leading":
      case "draining":
        if (s.phase.term.hint !== undefined) this.#getBeforeBelieving();
        else if (this.#nowMs >= s.phase.term.renewAtMs) this.#renew(s.phase.term);
        break;
      case "releasing":
        if (s.phase.base === undefined) this.#get();
        else this.#sendRelease(s.phase.base);
        break;
    }
  }

  #comeToRest(): void {
    const s = this.#state;
    if (s.pending.some(({ purpose }) => purpose === "acquire")) {
      // R10: an acquire whose fate is unknown may have made us holder. One read, and a release if it did.
      s.phase = { kind: "releasing", base: undefined, writesLeft: 1, standBackMs: 0 };
      this.#get();
      return;
    }
    if (s.taskRunning && s.drainUntilMs !== undefined) return;
    s.phase = { kind: "stopped" };
    s.readAtMs = Number.POSITIVE_INFINITY;
    s.attemptAtMs = Number.POSITIVE_INFINITY;
    if (s.watch.kind !== "none") {
      if (s.watch.kind === "open") this.#effects.push({ kind: "closeWatch" });
      s.watch = { kind: "closed", openAtMs: Number.NEGATIVE_INFINITY, failures: 0 };
    }
    this.#effects.push({ kind: "stopped" });
  }

  #wakeAtMs(): number {
    const s = this.#state;
    let wake = Number.POSITIVE_INFINITY;
    if (s.phase.kind === "stopped") return wake;
    if (s.taskRunning && s.drainUntilMs !== undefined) wake = s.drainUntilMs;
    if (this.#wantsWatch() && s.watch.kind === "closed") wake = Math.min(wake, s.watch.openAtMs);
    const term = leadingTerm(s);
    if (term !== undefined) {
      const leftMs = this.#config.renewDeadlineMs - elapsedMs(term.confirmedAt, this.#at);
      wake = Math.min(wake, this.#nowMs + leftMs);
      if (s.call === undefined) wake = Math.min(wake, term.renewAtMs);
    } else if (s.phase.kind === "following" && s.goal !== "stop" && s.call === undefined) {
      wake = Math.min(wake, s.readAtMs, s.attemptAtMs);
    }
    return wake;
  }

  // ---- requests -----------------------------------------------------------------------------------------------------

  #get(): void {
    const s = this.#state;
    const id = s.nextCallId++;
    s.call = { kind: "get", id, orderAtSend: s.view?.order, outdated: false };
    this.#effects.push({ kind: "get", id });
  }

  #getBeforeBelieving(): void {
    this.#changeTerm({ hint: undefined, hintOrder: undefined });
    this.#get();
  }

  #attempt(): void {
    const s = this.#state;
    if (s.view === undefined) return;
    const { identity, leaseDurationMs } = this.#config;
    const { current } = s.view;
    if (this.#awaitsAbsence() && this.#nowMs - s.view.lastSeenMs > this.#absenceGapMs()) {
      // R2: nobody looked for too long; something may have come and gone. The read restarts the wait.
      this.#readNow();
      this.#get();
      return;
    }
    s.phase = { kind: "acquiring" };
    this.#write("acquire", current, (time) =>
      acquiringRecord(current?.record, identity, leaseDurationMs, time),
    );
  }

  #renew({ base }: LeadingTerm): void {
    this.#write("renew", base, (time) => renewingRecord(base.record, this.#config.leaseDurationMs, time));
  }

  #sendRelease(base: VersionedRecord): void {
    const s = this.#state;
    if (s.phase.kind !== "releasing") return;
    s.phase = { ...s.phase, writesLeft: s.phase.writesLeft - 1 };
    this.#write("release", base, (time) => releasingRecord(base.record, time));
  }

  #write(
    purpose: Attempt["purpose"],
    expected: VersionedRecord | undefined,
    build: (time: ReturnType<typeof nextRenewTime>) => LeaderElectionRecord,
  ): void {
    const s = this.#state;
    const time = nextRenewTime(s.lastRenewTime, this.#at, this.#config.random);
    const record = build(time);
    const attempt: Attempt = {
      purpose,
      expectedVersion: expected?.version,
      fingerprint: fingerprintOf(record),
      sentAt: this.#at,
      tokenFloor: s.highestToken,
    };
    const id = s.nextCallId++;
    s.lastRenewTime = time;
    s.ownFingerprints = [...s.ownFingerprints.slice(1 - FINGERPRINTS_KEPT), attempt.fingerprint];
    s.call = { kind: "write", id, attempt };
    if (purpose !== "release") {
      // R6: at another base it cannot land any more, and older than its own deadline it can give nothing.
      const alive = s.pending.filter(
        ({ expectedVersion, sentAt }) =>
          expectedVersion === attempt.expectedVersion && !this.#isPastDeadline(sentAt),
      );
      s.pending = [...alive, attempt];
    }
    this.#effects.push(
      expected === undefined ? { kind: "create", id, record } : { kind: "update", id, record, expected },
    );
  }

  // ---- answers ------------------------------------------------------------------------------------------------------

  #answered(id: number, answer: Answer): void {
    const s = this.#state;
    const { call } = s;
    if (call?.id !== id) return; // cancelled
    s.call = undefined;
    if (!answer.ok && answer.error.code !== "ERR_LOCK_CONFLICT") {
      this.#effects.push({ kind: "error", error: answer.error });
    }
    if (call.kind === "get") this.#read(call, answer);
    else if (call.attempt.purpose === "acquire") this.#acquireAnswered(call.attempt, answer);
    else if (call.attempt.purpose === "renew") this.#renewAnswered(call.attempt, answer);
    else this.#releaseAnswered(answer);
  }

  #read(call: Read, answer: Answer): void {
    const s = this.#state;
    if (leadingTerm(s) !== undefined) {
      if (answer.ok) this.#judge(answer.found);
    } else if (s.phase.kind === "releasing") {
      this.#releaseRead(call, answer);
    } else if (answer.ok) {
      this.#readWhileFollowing(call, answer.found);
    } else {
      s.readAtMs = this.#nowMs + this.#retryDelayMs(answer.error);
    }
  }

  #readWhileFollowing(call: Read, found: VersionedRecord | undefined): void {
    const s = this.#state;
    const overtaken = this.#isOvertaken(call, found);
    this.#distrustLaggingWatch(overtaken, found);
    s.blocked = false;
    s.mustRead = call.outdated || (overtaken && found === undefined);
    const landed = found === undefined ? undefined : this.#pendingUpdate(found, "acquire");
    if (landed !== undefined && found !== undefined && s.goal !== "stop") {
      this.#acquired(landed, found);
      return;
    }
    if (!overtaken) {
      this.#noticeRegression(found);
      // R4: a read always replaces the view, also with something older: a store that was rolled back.
      this.#observe(found, found?.fencingToken ?? s.view?.order);
    }
    s.readAtMs = s.mustRead ? this.#nowMs : this.#nextReadAtMs();
    this.#schedule();
  }

  /** Events that came while the read was under way have told something later than what it found. */
  #isOvertaken({ orderAtSend }: Read, found: VersionedRecord | undefined): boolean {
    const order = this.#state.view?.order;
    return order !== undefined && order !== orderAtSend && order > (found?.fencingToken ?? 0n);
  }

  /** R3: after a conflict the read found another version than the one that the watch called current. */
  #distrustLaggingWatch(overtaken: boolean, found: VersionedRecord | undefined): void {
    const s = this.#state;
    if (!s.blocked || s.watch.kind !== "open" || !s.watch.trusted || overtaken) return;
    if (found?.version === s.view?.current?.version) return;
    this.#effects.push({ kind: "closeWatch" });
    this.#watchFailed();
  }

  #acquireAnswered(attempt: Attempt, answer: Answer): void {
    const s = this.#state;
    s.phase = { kind: "following" };
    if (answer.ok && answer.found !== undefined) {
      if (s.goal === "stop") this.#release(answer.found, 0);
      else this.#acquired(attempt, answer.found);
      return;
    }
    const error = answer.ok ? undefined : answer.error;
    const conflict = error?.code === "ERR_LOCK_CONFLICT";
    const newer = s.view?.current?.version !== attempt.expectedVersion;
    if (conflict && !newer && attempt.expectedVersion === undefined) this.#forgetAbsence();
    if (conflict) s.conflicts += 1;
    if (!newer || s.conflicts > IMMEDIATE_REISSUES) s.retryAtMs = this.#nowMs + this.#retryDelayMs();
    s.notBeforeMs = Math.max(s.notBeforeMs, this.#nowMs + this.#askedDelayMs(error));
    if (conflict && s.pending.length <= 1) {
      // R3: somebody was faster. No write until the winner's record is seen, by watch or by one read.
      if (!newer) this.#awaitWinner();
    } else if (conflict || error === undefined || error.outcome === "unknown") {
      // R6: a follower reads first. A conflict with an earlier attempt open may be that attempt, landed.
      this.#readNow();
    }
    this.#schedule();
  }

  /** R2: a create met a record. If the next look finds none again, that one vanished, and the wait begins anew. */
  #forgetAbsence(): void {
    const s = this.#state;
    if (s.view !== undefined) s.view = { ...s.view, lastSeenMs: Number.NEGATIVE_INFINITY };
    s.held ??= { incarnation: "", durationMs: this.#config.leaseDurationMs };
  }

  #awaitWinner(): void {
    const s = this.#state;
    s.blocked = true;
    const trusted = s.watch.kind === "open" && s.watch.trusted;
    const delayMs = trusted ? this.#retryDelayMs() : this.#config.random() * this.#config.retryPeriodMs;
    s.readAtMs = Math.min(s.readAtMs, this.#nowMs + delayMs);
  }

  /** Reads at once; nothing is written before. */
  #readNow(): void {
    const s = this.#state;
    s.mustRead = true;
    s.readAtMs = this.#nowMs;
    s.attemptAtMs = Number.POSITIVE_INFINITY;
    if (s.call?.kind === "get") s.call = { ...s.call, outdated: true };
  }

  /** An acquire was confirmed: answered, or its fingerprint found by a read. It counts from when that attempt was sent. */
  #acquired(attempt: Attempt, found: VersionedRecord): void {
    const s = this.#state;
    const outrun = this.#adopt(found);
    s.pending = [];
    if (this.#isPastDeadline(attempt.sentAt)) {
      this.#schedule();
      return;
    }
    if (this.#isShortened(found) || !this.#isTokenGood(found, attempt.tokenFloor)) {
      this.#release(found, this.#config.retryPeriodMs);
      return;
    }
    const token = found.fencingToken ?? 0n; // isTokenGood has seen it
    s.phase = {
      kind: "leading",
      term: {
        token,
        base: found,
        confirmedAt: attempt.sentAt,
        renewAtMs: attempt.sentAt.monotonicMs + this.#config.retryPeriodMs,
        hint: outrun ? "event" : undefined,
        hintOrder: undefined,
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
    this.#effects.push({ kind: "startTerm", token });
  }

  #renewAnswered(attempt: Attempt, answer: Answer): void {
    const s = this.#state;
    const { phase } = s;
    if (leadingTerm(s) === undefined) {
      if (!answer.ok || answer.found === undefined) return;
      // R7: the term is over. What this renewal wrote is only a base for a new write.
      if (phase.kind === "releasing") s.phase = { ...phase, base: answer.found };
      this.#adopt(answer.found);
      this.#schedule();
    } else if (answer.ok && answer.found !== undefined) {
      this.#renewed(attempt, answer.found);
    } else {
      const error = answer.ok ? undefined : answer.error;
      const conflict = error?.code === "ERR_LOCK_CONFLICT";
      this.#changeTerm({
        renewAtMs: this.#nowMs + this.#leaderDelayMs(error),
        ...(conflict ? { hint: "conflict" as const } : {}),
      });
    }
  }

  #renewed(attempt: Attempt, found: VersionedRecord): void {
    const s = this.#state;
    const term = leadingTerm(s);
    if (term === undefined) return;
    if (this.#isShortened(found)) {
      this.#lose("taken-over");
      this.#observe(found, found.fencingToken);
      return;
    }
    if (!this.#isTokenGood(found, attempt.tokenFloor)) {
      this.#lose("token-regression");
      this.#observe(found, found.fencingToken);
      return;
    }
    this.#observe(found, found.fencingToken);
    s.pending = [];
    const overtaken =
      term.hintOrder === undefined || found.fencingToken === undefined || term.hintOrder > found.fencingToken;
    this.#changeTerm({
      base: found,
      confirmedAt: attempt.sentAt,
      renewAtMs: attempt.sentAt.monotonicMs + this.#config.retryPeriodMs,
      // An event of before this write is answered by it.
      hint: overtaken ? term.hint : undefined,
      reissues: 0,
    });
  }

  /** R5: what a read means for a leader. */
  #judge(found: VersionedRecord | undefined): void {
    const s = this.#state;
    const term = leadingTerm(s);
    if (term === undefined) return;
    const lost = this.#whyLost(term, found);
    if (lost !== undefined) {
      if (lost === "identity-conflict") this.#reportDuplicate();
      this.#lose(lost);
      this.#observe(found, found?.fencingToken ?? s.view?.order);
      return;
    }
    if (found === undefined) return; // whyLost has it
    const landed = this.#pendingUpdate(found, "renew");
    if (landed !== undefined) {
      this.#renewed(landed, found);
    } else if (found.version !== term.base.version) {
      // Still our own write, edited around: adopt the version, re-issue at once, a few times.
      if (this.#isShortened(found)) {
        this.#lose("taken-over");
        this.#observe(found, found.fencingToken);
        return;
      }
      const atOnce = term.reissues < IMMEDIATE_REISSUES;
      this.#observe(found, found.fencingToken);
      s.pending = [];
      this.#changeTerm({
        base: found,
        renewAtMs: this.#nowMs + (atOnce ? 0 : this.#retryDelayMs()),
        reissues: atOnce ? term.reissues + 1 : 0,
      });
    }
  }

  #whyLost(term: LeadingTerm, found: VersionedRecord | undefined): StopReason | undefined {
    if (found === undefined || found.incarnation !== term.base.incarnation) return "deleted";
    if (
      !this.#config.acceptTokenRegression &&
      found.fencingToken !== undefined &&
      term.base.fencingToken !== undefined &&
      found.fencingToken < term.base.fencingToken
    ) {
      this.#reportRegression(found.fencingToken, term.base.fencingToken);
      return "token-regression";
    }
    const fingerprint = fingerprintOf(found.record);
    const ours =
      fingerprint === fingerprintOf(term.base.record) || this.#pendingUpdate(found, "renew") !== undefined;
    if (ours) return undefined;
    const ourName = found.record.holderIdentity === this.#config.identity;
    return ourName && !this.#isOwn(found) ? "identity-conflict" : "taken-over";
  }

  // ---- release ------------------------------------------------------------------------------------------------------

  /** R10: gives `base` back by compare-and-swap, with no read first. A renewal under way is waited for. */
  #release(base: VersionedRecord, standBackMs: number): void {
    this.#state.phase = { kind: "releasing", base, writesLeft: 2, standBackMs };
  }

  #releaseAnswered(answer: Answer): void {
    const s = this.#state;
    if (s.phase.kind !== "releasing") return;
    if (answer.ok && answer.found !== undefined) {
      this.#adopt(answer.found);
      this.#released(false);
    } else if (s.phase.writesLeft > 0) {
      s.phase = { ...s.phase, base: undefined };
    } else {
      this.#released(true);
    }
  }

  #releaseRead(call: Read, answer: Answer): void {
    const s = this.#state;
    if (s.phase.kind !== "releasing") return;
    if (!answer.ok) {
      // One that was sent while leading decides nothing: the release on the last confirmed version is still to come.
      if (s.phase.base === undefined) this.#released(true);
      return;
    }
    const { found } = answer;
    if (!this.#isOvertaken(call, found)) this.#observe(found, found?.fencingToken ?? s.view?.order);
    // R10: repeated only on a record that this elector wrote; the holder's name alone proves nothing.
    if (found !== undefined && found.record.holderIdentity !== "" && this.#isOursAlone(found)) {
      s.phase = { ...s.phase, base: found };
    } else {
      this.#released(false);
    }
  }

  #released(unknown: boolean): void {
    const s = this.#state;
    if (s.phase.kind !== "releasing") return;
    s.notBeforeMs = this.#nowMs + s.phase.standBackMs;
    s.phase = { kind: "following" };
    s.pending = [];
    s.mustRead = unknown;
    s.readAtMs = unknown ? this.#nowMs + this.#retryDelayMs() : this.#nextReadAtMs();
    this.#schedule();
  }

  // ---- the view -----------------------------------------------------------------------------------------------------

  /** Takes in the answer to a write of ours, unless events have told something newer: then true. */
  #adopt(found: VersionedRecord): boolean {
    const known = this.#state.view?.order;
    const outrun = known !== undefined && found.fencingToken !== undefined && known > found.fencingToken;
    if (outrun) this.#state.held = remember(this.#state.held, found, this.#config.leaseDurationMs);
    else this.#observe(found, found.fencingToken);
    return outrun;
  }

  #observe(current: VersionedRecord | undefined, order: bigint | undefined): void {
    const s = this.#state;
    const ownDurationMs = this.#config.leaseDurationMs;
    const before = s.view?.current;
    const found = { current, order, atMs: this.#nowMs };
    s.view = observe(s.view, s.held, found, ownDurationMs, this.#absenceGapMs());
    this.#noticeNewcomer(current);
    s.held = remember(s.held, current, ownDurationMs);
    if (before?.version !== current?.version) {
      s.blocked = false;
      // A stranger who keeps editing beside the record must not make every one of our conflicts an immediate retry.
      if (s.view.firstSeenMs === this.#nowMs) s.conflicts = 0;
      if (s.conflicts <= IMMEDIATE_REISSUES) s.retryAtMs = Number.NEGATIVE_INFINITY;
      const landed = current !== undefined && this.#pendingUpdate(current) !== undefined;
      if (!landed) s.pending = [];
    }
    if (order !== undefined && (s.highestToken === undefined || order >= s.highestToken)) {
      s.highestToken = order;
      s.regressionReported = false;
    }
    if (current !== undefined) this.#noticeHolder(before, current);
  }

  #noticeHolder(before: VersionedRecord | undefined, current: VersionedRecord): void {
    const s = this.#state;
    const { identity, leaseDurationMs } = this.#config;
    const holder = current.record.holderIdentity;
    const changed = holder !== before?.record.holderIdentity;
    if (holder !== "" && changed) this.#effects.push({ kind: "newLeader", identity: holder });
    if (holder !== identity) {
      if (holder !== "") s.duplicateReported = false;
    } else if (before !== undefined && !this.#isOwn(current)) {
      // R8: at first sight our former life. Once it writes again, somebody else lives under our name.
      const wasOurs = before.record.holderIdentity === identity;
      if (wasOurs && fingerprintOf(before.record) !== fingerprintOf(current.record)) this.#reportDuplicate();
    }
    const durationMs = effectiveDurationMs(current.record, leaseDurationMs);
    if (
      holder !== "" &&
      durationMs > Math.max(LONG_DURATION_MS, 10 * leaseDurationMs) &&
      (changed || current.record.leaseDurationMs !== before?.record.leaseDurationMs)
    ) {
      this.#anomaly("long-duration", `"${holder}" holds the lock with a lease of ${durationMs} ms`);
    }
  }

  /** When the next attempt may be sent. Drawn anew with every change of the view, which so drops an attempt that waited. */
  #schedule(): void {
    const s = this.#state;
    const mayWrite = s.view !== undefined && s.goal !== "stop" && !s.taskRunning && !s.blocked && !s.mustRead;
    if (!mayWrite || s.view === undefined) {
      s.attemptAtMs = Number.POSITIVE_INFINITY;
      return;
    }
    const { current } = s.view;
    const freeMs = this.#isOursAlone(current) ? this.#nowMs : freeAtMs(s.view, this.#config.observerMarginMs);
    const notBeforeMs = Math.max(s.notBeforeMs, s.retryAtMs, this.#newcomerUntilMs(current), this.#nowMs);
    s.attemptAtMs = Math.max(freeMs, notBeforeMs) + this.#config.random() * ATTEMPT_JITTER_MS;
  }

  /** Our own write of this term, at most edited around. */
  #isUntouched(term: LeadingTerm, current: VersionedRecord): boolean {
    const ownDurationMs = this.#config.leaseDurationMs;
    return (
      this.#isOwn(current) &&
      current.incarnation === term.base.incarnation &&
      effectiveDurationMs(current.record, ownDurationMs) >= ownDurationMs
    );
  }

  /** R2: an object in the place of a held one. Whoever led on the old one may believe for a lease duration from now. */
  #noticeNewcomer(current: VersionedRecord | undefined): void {
    const s = this.#state;
    if (current === undefined || s.held === undefined || current.incarnation === s.held.incarnation) return;
    if (current.incarnation === s.newcomer?.incarnation) return;
    const waitMs = Math.max(s.held.durationMs, this.#config.leaseDurationMs);
    s.newcomer = { incarnation: current.incarnation, untilMs: this.#nowMs + waitMs };
  }

  /** R7: nobody but us can believe in a record that we wrote, and our task has ended. */
  #isOursAlone(current: VersionedRecord | undefined): boolean {
    return current !== undefined && this.#isOwn(current) && this.#nowMs >= this.#newcomerUntilMs(current);
  }

  #newcomerUntilMs(current: VersionedRecord | undefined): number {
    const { newcomer } = this.#state;
    return newcomer !== undefined && newcomer.incarnation === current?.incarnation
      ? newcomer.untilMs
      : Number.NEGATIVE_INFINITY;
  }

  #isOwn(found: VersionedRecord): boolean {
    return this.#state.ownFingerprints.includes(fingerprintOf(found.record));
  }

  /** R6: only an update is recognised. Absence repeats, so of several creates more than one could land. */
  #pendingUpdate(found: VersionedRecord, purpose?: Attempt["purpose"]): Attempt | undefined {
    const fingerprint = fingerprintOf(found.record);
    return this.#state.pending.find(
      (attempt) =>
        attempt.fingerprint === fingerprint &&
        attempt.expectedVersion !== undefined &&
        (purpose === undefined || attempt.purpose === purpose),
    );
  }

  // ---- the watch ----------------------------------------------------------------------------------------------------

  #event(event: LockEvent): void {
    const s = this.#state;
    if (s.phase.kind === "stopped" || s.watch.kind !== "open") return;
    const current = event.kind === "changed" ? event.current : undefined;
    const order = event.kind === "deleted" ? event.fencingToken : current?.fencingToken;
    const term = leadingTerm(s);
    const known = term === undefined ? s.view?.order : term.base.fencingToken;
    if (order !== undefined && known !== undefined && order <= known) {
      // R4: events never move the view back.
      if (order === known) this.#trustWatch();
      return;
    }
    if (order !== undefined) this.#trustWatch();
    if (term !== undefined) {
      // R5: while leading an event never decides. What is not ours is read.
      if (current !== undefined && this.#isUntouched(term, current)) return;
      this.#changeTerm({ hint: "event", hintOrder: order });
    } else if (order === undefined) {
      this.#readNow();
    } else {
      const wasBlocked = s.blocked;
      this.#observe(current, order);
      if (((wasBlocked && !s.blocked) || this.#awaitsAbsence()) && !s.mustRead)
        s.readAtMs = this.#nextReadAtMs();
      if (s.phase.kind === "following") this.#schedule();
    }
  }

  #trustWatch(): void {
    const s = this.#state;
    if (s.watch.kind !== "open" || s.watch.trusted) return;
    s.watch = { kind: "open", trusted: true, failures: 0 };
    s.watchReported = false;
    if (s.phase.kind === "following" && !s.mustRead) s.readAtMs = this.#nextReadAtMs();
  }

  #wantsWatch(): boolean {
    const s = this.#state;
    return s.view !== undefined && s.goal !== "stop" && s.phase.kind !== "stopped";
  }

  #openWatch(): void {
    const s = this.#state;
    if (!this.#wantsWatch() || s.watch.kind !== "closed" || this.#nowMs < s.watch.openAtMs) return;
    s.watch = { kind: "open", trusted: false, failures: s.watch.failures };
    this.#effects.push({ kind: "openWatch", from: s.view?.current });
  }

  #watchEnded(error: LeaderElectionError | undefined): void {
    const s = this.#state;
    if (s.watch.kind !== "open") return;
    this.#watchFailed();
    if (error !== undefined && !s.watchReported) {
      s.watchReported = true;
      this.#anomaly("watch-unavailable", `Cannot watch, polling instead: ${error.message}`, error);
    }
  }

  #watchFailed(): void {
    const s = this.#state;
    const failures = s.watch.kind === "open" ? s.watch.failures + 1 : 1;
    const backoffMs = this.#retryDelayMs() * 2 ** Math.min(failures - 1, 20);
    s.watch = {
      kind: "closed",
      openAtMs: this.#nowMs + Math.min(backoffMs, WATCH_BACKOFF_LIMIT_MS),
      failures,
    };
    if (s.phase.kind === "following") s.readAtMs = Math.min(s.readAtMs, this.#nowMs + this.#retryDelayMs());
  }

  /** R1: with a watch that works a rare safety read, else a poll. R2: an absence is always polled. */
  #nextReadAtMs(): number {
    const s = this.#state;
    const trusted = s.watch.kind === "open" && s.watch.trusted && !this.#awaitsAbsence();
    return (
      this.#nowMs + (trusted ? SAFETY_READ_MS * (0.9 + 0.2 * this.#config.random()) : this.#retryDelayMs())
    );
  }

  #awaitsAbsence(): boolean {
    const { view } = this.#state;
    return view !== undefined && view.current === undefined && view.waitMs > 0;
  }

  /** R2: two looks at an absence may lie this far apart: one poll may fail. */
  #absenceGapMs(): number {
    return 2 * (JITTER_FACTOR * this.#config.retryPeriodMs + this.#config.requestTimeoutMs);
  }

  // ---- waits --------------------------------------------------------------------------------------------------------

  /** P to J * P, or as long as the store asked. */
  #retryDelayMs(error?: LeaderElectionError): number {
    const { retryPeriodMs, random } = this.#config;
    const jitteredMs = retryPeriodMs * (1 + (JITTER_FACTOR - 1) * random());
    return Math.max(jitteredMs, this.#askedDelayMs(error));
  }

  /** What the store asks for, but never more than the renew deadline: a day's wait is no election. */
  #askedDelayMs(error: LeaderElectionError | undefined): number {
    const askedMs = error?.retryAfterMs ?? 0;
    return askedMs > 0 ? Math.min(askedMs, this.#config.renewDeadlineMs) : 0;
  }

  /** As {@link #retryDelayMs}, but a store that asks for patience does not get a leader's last chance. */
  #leaderDelayMs(error: LeaderElectionError | undefined): number {
    const term = leadingTerm(this.#state);
    const plainMs = this.#retryDelayMs();
    if (term === undefined) return plainMs;
    const leftMs = this.#config.renewDeadlineMs - elapsedMs(term.confirmedAt, this.#at);
    return Math.max(plainMs, Math.min(this.#askedDelayMs(error), leftMs - this.#config.requestTimeoutMs));
  }

  /** R10: after giving the lock back on purpose, long enough for a polling standby to win. */
  #longStandBackMs(): number {
    const { retryPeriodMs, requestTimeoutMs } = this.#config;
    return 2 * JITTER_FACTOR * retryPeriodMs + requestTimeoutMs;
  }

  #isPastDeadline(sentAt: TimeReading): boolean {
    return elapsedMs(sentAt, this.#at) >= this.#config.renewDeadlineMs;
  }

  // ---- checks and reports -------------------------------------------------------------------------------------------

  #isShortened({ record }: VersionedRecord): boolean {
    const { leaseDurationMs } = this.#config;
    const storedMs = effectiveDurationMs(record, leaseDurationMs);
    if (storedMs >= leaseDurationMs) return false;
    this.#anomaly(
      "shorter-duration",
      `The store holds a lease of ${storedMs} ms where ${leaseDurationMs} ms were written; others would not wait long enough`,
    );
    return true;
  }

  #isTokenGood(found: VersionedRecord, floor: bigint | undefined): boolean {
    const token = found.fencingToken;
    if (token === undefined) {
      this.#error("ERR_LOCK_RECORD_INVALID", "The store gave no fencing token with the write; not leading");
      return false;
    }
    if (floor === undefined || token > floor || this.#config.acceptTokenRegression) return true;
    this.#reportRegression(token, floor);
    return false;
  }

  #noticeRegression(found: VersionedRecord | undefined): void {
    const { highestToken } = this.#state;
    const token = found?.fencingToken;
    if (token === undefined || highestToken === undefined || token >= highestToken) return;
    if (this.#config.acceptTokenRegression) this.#state.highestToken = token;
    else this.#reportRegression(token, highestToken);
  }

  #reportRegression(token: bigint, floor: bigint): void {
    if (this.#state.regressionReported) return;
    this.#state.regressionReported = true;
    this.#error(
      "ERR_TOKEN_REGRESSION",
      `The store's fencing token went back from ${floor} to ${token}: restored, failed over, or its clock set back; not leading until it is overtaken`,
    );
  }

  #reportDuplicate(): void {
    if (this.#state.duplicateReported) return;
    this.#state.duplicateReported = true;
    this.#anomaly(
      "duplicate-identity",
      `Another process writes as "${this.#config.identity}": every process needs an identity of its own`,
    );
  }

  #error(code: LeaderElectionError["code"], message: string): void {
    this.#effects.push({ kind: "error", error: new LeaderElectionError(code, message) });
  }

  #anomaly(kind: Anomaly["kind"], message: string, error?: LeaderElectionError): void {
    this.#effects.push({ kind: "anomaly", anomaly: { kind, message, error } });
  }

  #changeTerm(change: Partial<LeadingTerm>): void {
    const s = this.#state;
    if (s.phase.kind === "leading" || s.phase.kind === "draining") {
      s.phase = { ...s.phase, term: { ...s.phase.term, ...change } };
    }
  }
}
