import type { LeaderElectionRecord, LockEvent } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";
import type { Exclusions } from "./exclusions.ts";
import type { LeadersLook } from "./leaders-look.ts";
import type { Call, Outcome } from "./link.ts";
import type { SimulatedProcess } from "./process.ts";
import type { StoredRecord } from "./store.ts";
import type { Verdict } from "./verdict.ts";

/** Where requests are counted (L5). */
const LOAD_WINDOW_MS = 30_000;
/** Far more versions than a write can lie behind. */
const VERSIONS_KEPT = 256;

/** Who campaigns in a process. */
export interface Roll {
  of(process: SimulatedProcess): Candidate | undefined;
  /** The process is gone: what it sent may still land. */
  formerOf(process: SimulatedProcess): Candidate | undefined;
}

/** What is sent, what lands and what is told: S3, S6, L5, L6, and what each candidate can know. */
export class Traffic {
  readonly #nowMs: () => number;
  readonly #verdict: Verdict;
  readonly #coverage: Coverage;
  readonly #exclusions: Exclusions;
  readonly #look: LeadersLook;
  readonly #roll: Roll;

  constructor(options: {
    readonly nowMs: () => number;
    readonly verdict: Verdict;
    readonly coverage: Coverage;
    readonly exclusions: Exclusions;
    readonly look: LeadersLook;
    readonly roll: Roll;
  }) {
    this.#nowMs = options.nowMs;
    this.#verdict = options.verdict;
    this.#coverage = options.coverage;
    this.#exclusions = options.exclusions;
    this.#look = options.look;
    this.#roll = options.roll;
  }

  sent(call: Call): void {
    const { process, write, operation } = call;
    const candidate = this.#roll.of(process);
    if (candidate === undefined) return;
    this.#countRequest(candidate);
    this.#look.sent(candidate, call);
    if (candidate.elector === undefined || write === undefined) return;
    const { expected, record } = write;
    if (expected !== undefined && !hasRead(candidate, expected.version)) {
      this.#verdict.fail("S6", `replaces version ${expected.version}, which it never read`, candidate);
    }
    // R10: a release is one compare-and-swap on the last confirmed version, with no read first.
    if (record.holderIdentity !== "" && candidate.conflictOn === (expected?.version ?? operation)) {
      this.#verdict.fail(
        "S6",
        `writes on ${candidate.conflictOn} again after a conflict, with nothing newer read`,
        candidate,
      );
    }
    if (record.holderIdentity !== "") {
      this.#checkDrain(candidate);
      return;
    }
    if (candidate.taskRunning) this.#verdict.fail("S3", "sends its release while its task runs", candidate);
    else if (candidate.term !== undefined && candidate.term.toldAtMs === undefined) {
      this.#verdict.fail("S3", "sends its release before the task was told to stop", candidate);
    }
  }

  landed(call: Call, applied: boolean, before: StoredRecord | undefined, duplicate: boolean): void {
    if (call.write === undefined) return;
    const { process, write } = call;
    const candidate = this.#roll.of(process);
    if (!applied) {
      if (before !== undefined && candidate !== undefined && !duplicate)
        this.#refused(candidate, call, before);
      return;
    }
    const lateMs = process.now() - write.origin.sentAtMs;
    const isRelease = write.record.holderIdentity === "";
    if (candidate?.rival !== undefined) this.#rivalWrote(candidate, write.record, before?.record);
    if (duplicate) this.#coverage.rare("late duplicate applied");
    if (candidate !== undefined && lateMs > candidate.durations.retryPeriodMs) {
      this.#coverage.rare(isRelease ? "late-landing release" : "late-landing renewal");
    }
    if (!isRelease || before === undefined || before.raw.writer === process) return;
    const releaser = candidate ?? this.#roll.formerOf(process);
    if (releaser?.rival !== undefined) {
      // A client-go replica's release: what it empties may be anybody's.
      if (before.record.holderIdentity !== "") this.#exclusions.strangerTouchedHeldRecord("rival release");
    } else if (releaser?.elector !== undefined && !this.#exclusions.storeWasRestored) {
      this.#verdict.fail(
        "S6",
        `its release empties a record that it did not write (version ${before.version})`,
        releaser,
      );
    }
  }

  answered({ process, write, operation, callId }: Call, outcome: Outcome): void {
    const candidate = this.#roll.of(process);
    if (candidate === undefined) return;
    if (outcome.ok) {
      candidate.conflictOn = undefined;
      this.#read(candidate, outcome.found, write === undefined);
    } else if (outcome.error.code === "ERR_LOCK_CONFLICT" && write !== undefined) {
      candidate.conflictOn = write.expected?.version ?? operation;
      if (write.record.holderIdentity === "") this.#coverage.rare("release lost its race");
      const { createMet } = candidate;
      if (createMet?.callId === callId) this.#sawHeld(candidate, createMet.incarnation);
    }
  }

  watched(process: SimulatedProcess, event: LockEvent): void {
    const candidate = this.#roll.of(process);
    if (candidate === undefined) return;
    candidate.conflictOn = undefined;
    candidate.watchedAtMs = this.#nowMs();
    this.#look.told(candidate, event);
    if (event.kind === "changed" && event.current !== undefined) {
      const { current } = event;
      noteRead(candidate, current.version);
      if (current.record.holderIdentity !== "") this.#sawHeld(candidate, current.incarnation);
    }
  }

  #read(candidate: Candidate, found: StoredRecord | undefined, byGet: boolean): void {
    if (found === undefined) return;
    noteRead(candidate, found.version);
    if (found.record.holderIdentity === "") return;
    this.#sawHeld(candidate, found.incarnation);
    const { writer, sentAtMs } = found.raw;
    if (writer !== candidate.process) return;
    const { fencingToken: token, incarnation } = found;
    candidate.confirmedToken = token;
    candidate.confirmedByGet = byGet;
    if (sentAtMs > (candidate.confirmed?.sentAtMs ?? Number.NEGATIVE_INFINITY)) {
      if (byGet) this.#foundLanded(candidate, sentAtMs);
      candidate.confirmed = { token, incarnation, sentAtMs };
      this.#look.confirmed(candidate, token);
    }
  }

  /** R9, R10: nothing holds the lock for a task that is overdue, nor begins another term before it has settled. */
  #checkDrain(candidate: Candidate): void {
    const { term, taskRunning, process, durations } = candidate;
    if (term === undefined) {
      if (taskRunning) this.#verdict.fail("S3", "tries to lead while its last task runs", candidate);
      return;
    }
    const drainedMs = process.now() - (term.toldAtMs ?? Number.POSITIVE_INFINITY);
    if (drainedMs > durations.drainTimeoutMs + 0.001)
      this.#verdict.fail("S3", "renews for a task that outlived its drain timeout", candidate);
  }

  /** A write found another version than it replaces. */
  #refused(candidate: Candidate, { write, callId }: Call, before: StoredRecord): void {
    if (write?.expected === undefined) {
      candidate.createMet = { callId, incarnation: before.incarnation };
      return;
    }
    const { writer, sentAtMs } = before.raw;
    const isOwn = writer === candidate.process && sentAtMs < write.origin.sentAtMs;
    const isUnknown = sentAtMs > (candidate.confirmed?.sentAtMs ?? Number.NEGATIVE_INFINITY);
    if (isOwn && isUnknown && write.record.holderIdentity !== "")
      this.#coverage.rare("conflict on a renewal that had landed");
  }

  #rivalWrote(
    candidate: Candidate,
    record: LeaderElectionRecord,
    before: LeaderElectionRecord | undefined,
  ): void {
    // The second write of one of its rounds bears the renew time of the first: to whoever watches nothing changed.
    if (record.renewTime === before?.renewTime && record.holderIdentity === before?.holderIdentity) return;
    const { leaseDurationMs } = record;
    const isRelease = record.holderIdentity === "";
    candidate.rivalHolds = isRelease ? undefined : { sinceMs: this.#nowMs(), leaseDurationMs };
  }

  /** A write of unknown fate is found by a read. */
  #foundLanded(candidate: Candidate, sentAtMs: number): void {
    const expired = candidate.process.now() - sentAtMs >= candidate.durations.renewDeadlineMs;
    if (candidate.term !== undefined) this.#coverage.rare("renewal found landed by a read");
    else if (expired) this.#coverage.rare("acquire confirmed after its deadline");
  }

  #sawHeld(candidate: Candidate, incarnation: string): void {
    if (candidate.sawHeld.has(incarnation)) return;
    const nowMs = this.#nowMs();
    candidate.sawHeld.set(incarnation, nowMs);
    candidate.firstSawHeldAtMs = Math.min(candidate.firstSawHeldAtMs, nowMs);
  }

  #countRequest(candidate: Candidate): void {
    const nowMs = candidate.process.now();
    if (nowMs - candidate.requestsSinceMs > LOAD_WINDOW_MS) {
      candidate.requestsSinceMs = nowMs;
      candidate.requests = 0;
    }
    candidate.requests += 1;
    candidate.requestsEver += 1;
    // One a retry period is the rule; reads before believing, re-issues and releases come on top.
    const most = 3 * (LOAD_WINDOW_MS / candidate.durations.retryPeriodMs) + 12;
    if (candidate.requests > most && candidate.elector !== undefined) {
      this.#verdict.fail("L5", `sent more than ${most} requests in half a minute`, candidate);
    }
    if (candidate.stopped) this.#verdict.fail("L6", "sent a request after it had stopped", candidate);
  }
}

function noteRead(candidate: Candidate, version: string): void {
  candidate.versionsRead.add(version);
  if (candidate.versionsRead.size < VERSIONS_KEPT) return;
  candidate.versionsReadBefore = candidate.versionsRead;
  candidate.versionsRead = new Set();
}

function hasRead({ versionsRead, versionsReadBefore }: Candidate, version: string): boolean {
  return versionsRead.has(version) || versionsReadBefore.has(version);
}
