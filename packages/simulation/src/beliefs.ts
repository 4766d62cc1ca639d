import type { StopReason } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";
import type { Exclusions } from "./exclusions.ts";
import type { LeadersLook } from "./leaders-look.ts";
import type { Verdict } from "./verdict.ts";

/** What came due in a pause is told one after the other when it ends. */
const GRACE_AFTER_PAUSE_MS = 10;

/** Who says that it leads: S1 at every turn, S2 where one begins to, and S7 as long as it does. */
export class Beliefs {
  readonly #nowMs: () => number;
  readonly #verdict: Verdict;
  readonly #coverage: Coverage;
  readonly #exclusions: Exclusions;
  readonly #look: LeadersLook;
  readonly #longestLeaseMs: number;
  readonly #rateError: number;
  readonly #believers = new Set<Candidate>();
  /** Who last lost a term to its deadline, and when; whether it noticed at once, as one does whose timers are on time. */
  #lapsed: { readonly candidate: Candidate; readonly atMs: number; readonly atOnce: boolean } | undefined;

  constructor(options: {
    readonly nowMs: () => number;
    readonly verdict: Verdict;
    readonly coverage: Coverage;
    readonly exclusions: Exclusions;
    readonly look: LeadersLook;
    readonly longestLeaseMs: number;
    readonly rateError: number;
  }) {
    this.#nowMs = options.nowMs;
    this.#verdict = options.verdict;
    this.#coverage = options.coverage;
    this.#exclusions = options.exclusions;
    this.#look = options.look;
    this.#longestLeaseMs = options.longestLeaseMs;
    this.#rateError = options.rateError;
  }

  get believers(): ReadonlySet<Candidate> {
    return this.#believers;
  }

  /** A process has had a turn: what does it say now? */
  turnEnded(candidate: Candidate): void {
    const { elector, rival } = candidate;
    if (elector === undefined) {
      const leads = rival?.isLeading() ?? false;
      if (leads && !candidate.believes) this.#began(candidate);
      else if (!leads) this.ended(candidate);
      return;
    }
    if (!elector.isLeading()) {
      if (candidate.term !== undefined) candidate.term.lapsed = true;
      this.ended(candidate);
      return;
    }
    this.#checkEntitled(candidate);
    this.#look.leads(candidate);
    if (!candidate.believes) this.#began(candidate);
  }

  /** Its machine falls asleep. A leader looks at its clocks once a retry period: so late may its task be told after it woke up. */
  fallsAsleep(candidate: Candidate): void {
    const { process, durations } = candidate;
    candidate.timersLateUntilMs = process.now() + 1.01 * durations.retryPeriodMs;
  }

  /** The first thing in a process that runs again. */
  resumed(candidate: Candidate): void {
    if (!candidate.believes) return;
    this.turnEnded(candidate);
    if (candidate.believes) this.#checkAlone(candidate, false);
    else if (this.#believers.size > 0) this.#coverage.rare("leader woke up superseded");
  }

  ended(candidate: Candidate): void {
    if (!candidate.believes) return;
    candidate.believes = false;
    this.#believers.delete(candidate);
  }

  termEnded(candidate: Candidate, reason: StopReason): void {
    if (reason !== "deadline" && reason !== "stalled") return;
    const nowMs = candidate.process.now();
    const atOnce =
      reason === "deadline" &&
      nowMs > candidate.timersLateUntilMs &&
      nowMs > candidate.ranSinceMs + GRACE_AFTER_PAUSE_MS;
    this.#lapsed = { candidate, atMs: this.#nowMs(), atOnce };
  }

  #began(candidate: Candidate): void {
    this.#checkGrace(candidate);
    candidate.believes = true;
    this.#believers.add(candidate);
    this.#checkAlone(candidate, true);
  }

  /** S2: a task that was told at its deadline has its abort grace to stop before another leads. */
  #checkGrace(candidate: Candidate): void {
    if (this.#lapsed === undefined || this.#lapsed.candidate === candidate) return;
    const { candidate: former, atMs, atOnce } = this.#lapsed;
    const agoMs = this.#nowMs() - atMs;
    const { abortGraceMs = 0 } = former.durations;
    if (agoMs < abortGraceMs + this.#longestLeaseMs * 0.02) this.#coverage.rare("takeover at the bound");
    // client-go knows of no grace, and takes what is free by its own rules.
    if (agoMs * (1 + this.#rateError) >= abortGraceMs || !atOnce || candidate.rival !== undefined) return;
    if (this.#exclusions.isOverlapOutside(candidate, former)) return;
    this.#verdict.fail(
      "S2",
      `${candidate.name} leads ${Math.round(agoMs)} ms after ${former.name}'s deadline, within its abort grace`,
      candidate,
      former,
    );
  }

  /** S7 and S8: it leads in a term that is on, and no longer than its last confirmed write allows. */
  #checkEntitled(candidate: Candidate): void {
    const { term, process, durations, confirmed } = candidate;
    if (term === undefined) this.#verdict.fail("S8", "leads without a term", candidate);
    else if (term.lapsed) this.#verdict.fail("S8", "leads again in a term that was over", candidate);
    const sinceMs = process.now() - (confirmed?.sentAtMs ?? Number.NEGATIVE_INFINITY);
    if (sinceMs <= durations.renewDeadlineMs + 0.001) return;
    this.#verdict.fail(
      "S7",
      `leads ${sinceMs.toFixed(3)} ms after it sent its last confirmed write; ${durations.renewDeadlineMs} ms are allowed`,
      candidate,
    );
  }

  /** S1, and S2 where this one `begins`. */
  #checkAlone(candidate: Candidate, begins: boolean): void {
    if (this.#believers.size < 2) return;
    for (const other of [...this.#believers]) {
      if (begins && candidate.elector !== undefined) this.#checkRivalWaitedOut(candidate, other);
      // What does not run cannot say anything; it is asked first when it runs again.
      if (other === candidate || !other.process.running) continue;
      if (other.rival !== undefined || (candidate.rival !== undefined && !begins)) {
        const overlaps =
          candidate.rival !== undefined && other.rival !== undefined ? "rivals overlap" : "rival's window";
        this.#coverage.count(overlaps);
      } else this.#judge(candidate, other, begins);
    }
  }

  /** S1: client-go's window is its own, but whoever takes over from it has to see its record unchanged for its lease. */
  #checkRivalWaitedOut(candidate: Candidate, rival: Candidate): void {
    if (rival.rivalHolds === undefined || this.#exclusions.isOverlapOutside(candidate, rival)) return;
    const { sinceMs, leaseDurationMs } = rival.rivalHolds;
    const agoMs = this.#nowMs() - sinceMs;
    if (agoMs >= leaseDurationMs / (1 + this.#rateError)) return;
    this.#verdict.fail(
      "S1",
      `${candidate.name} leads ${Math.round(agoMs)} ms after a write of ${rival.name}, which says that it does`,
      candidate,
      rival,
    );
  }

  #judge(candidate: Candidate, other: Candidate, begins: boolean): void {
    const outside = this.#exclusions.isOverlapOutside(candidate, other);
    const timersLate = other.process.now() <= other.timersLateUntilMs;
    const late = other.term !== undefined && other.term.toldAtMs === undefined && !timersLate && !outside;
    if (begins && late)
      this.#verdict.fail(
        "S2",
        `${other.name}'s task was not told to stop before ${candidate.name} led`,
        candidate,
        other,
      );
    if (!(other.elector?.isLeading() ?? false)) this.ended(other);
    else if (outside) this.#coverage.rare("outside the promise: overlap");
    else
      this.#verdict.fail(
        "S1",
        `${candidate.name} leads while ${other.name} still says that it does`,
        candidate,
        other,
      );
  }
}
