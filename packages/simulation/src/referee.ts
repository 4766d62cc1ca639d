import type { StopReason, Term } from "@tenure/core";
import { Beliefs } from "./beliefs.ts";
import { type Candidate, newCandidate } from "./candidate.ts";
import type { Coverage } from "./coverage.ts";
import { Exclusions } from "./exclusions.ts";
import { LeadersLook } from "./leaders-look.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Property } from "./property.ts";
import type { Durations } from "./scenario.ts";
import { Tokens } from "./tokens.ts";
import { Traffic } from "./traffic.ts";
import { Verdict, type Violation } from "./verdict.ts";

/**
 * Judges a world by what an onlooker with true time can see: the traffic, what each process was told, what `isLeading()` says.
 * Asks the electors only what any user could ask, and only while their process runs.
 */
export class Referee {
  readonly beliefs: Beliefs;
  readonly exclusions: Exclusions;
  readonly tokens: Tokens;
  readonly traffic: Traffic;
  readonly #nowMs: () => number;
  readonly #coverage: Coverage;
  readonly #verdict: Verdict;
  readonly #candidates = new Map<SimulatedProcess, Candidate>();
  /** Those whose process is gone: what they sent may still land. */
  readonly #gone = new WeakMap<SimulatedProcess, Candidate>();
  #terms = 0;

  constructor(options: {
    readonly nowMs: () => number;
    readonly coverage: Coverage;
    /** Violations of others are not looked at. */
    readonly judged: ReadonlySet<Property>;
    readonly longestLeaseMs: number;
    readonly rateError: number;
    readonly mixedLeases: boolean;
  }) {
    const { nowMs, coverage, longestLeaseMs, rateError } = options;
    const verdict = new Verdict(nowMs, options.judged);
    const exclusions = new Exclusions(options);
    const look = new LeadersLook(verdict);
    this.#nowMs = nowMs;
    this.#coverage = coverage;
    this.#verdict = verdict;
    this.exclusions = exclusions;
    this.beliefs = new Beliefs({ nowMs, verdict, look, coverage, exclusions, longestLeaseMs, rateError });
    this.tokens = new Tokens({ nowMs, verdict, coverage, exclusions });
    const roll = {
      of: (process: SimulatedProcess) => this.#candidates.get(process),
      formerOf: (process: SimulatedProcess) => this.#gone.get(process),
    };
    this.traffic = new Traffic({ nowMs, verdict, look, coverage, exclusions, roll });
  }

  /** The first property that did not hold. */
  get violation(): Violation | undefined {
    return this.#verdict.violation;
  }

  get terms(): number {
    return this.#terms;
  }

  fail(property: Property, message: string, ...who: readonly Candidate[]): void {
    this.#verdict.fail(property, message, ...who);
  }

  candidate(name: string, process: SimulatedProcess, durations: Durations): Candidate {
    const candidate = newCandidate(name, process, durations);
    this.#candidates.set(process, candidate);
    return candidate;
  }

  gone(candidate: Candidate): void {
    this.#candidates.delete(candidate.process);
    this.#gone.set(candidate.process, candidate);
    this.beliefs.ended(candidate);
    candidate.term = undefined;
  }

  // ---- terms: S2's signal, S7's beginning, S8 -------------------------------------------------------------------------

  /** Returns the number of the term. */
  termStarted(candidate: Candidate, term: Term): number {
    const termId = this.#terms;
    this.#terms += 1;
    if (candidate.term !== undefined) this.fail("S8", "begins a term before its last one ended", candidate);
    if (candidate.taskRunning) this.fail("S8", "begins a term while its last task runs", candidate);
    this.tokens.termStarted(candidate, term);
    if (candidate.confirmedToken !== term.fencingToken) {
      this.fail(
        "S7",
        `leads with token ${term.fencingToken}, which is that of no confirmed write of its own`,
        candidate,
      );
    }
    if (isNewObject(candidate, this.#nowMs())) this.#coverage.rare("absence waited out");
    if (candidate.confirmedByGet) this.#coverage.rare("ambiguous acquire adopted");
    candidate.term = { term, startedAtMs: this.#nowMs(), toldAtMs: undefined, lapsed: false };
    candidate.taskRunning = true;
    return termId;
  }

  told(candidate: Candidate): void {
    const { term } = candidate;
    if (term === undefined) this.fail("S8", "tells a task to stop without a term", candidate);
    else if (term.toldAtMs !== undefined) this.fail("S8", "tells its task to stop twice", candidate);
    else term.toldAtMs = candidate.process.now();
  }

  termEnded(candidate: Candidate, reason: StopReason): void {
    this.beliefs.termEnded(candidate, reason);
    const { term } = candidate;
    if (term === undefined) this.fail("S8", "ends a term that it had not begun", candidate);
    else if (term.toldAtMs === undefined)
      this.fail("S8", "ends a term without having told its task", candidate);
    candidate.term = undefined;
    candidate.lookDue = undefined;
  }
}

/** It saw another object held, and leads on one that nobody was seen to hold before. */
function isNewObject({ sawHeld, confirmed }: Candidate, nowMs: number): boolean {
  return sawHeld.size > 1 && confirmed !== undefined && sawHeld.get(confirmed.incarnation) === nowMs;
}
