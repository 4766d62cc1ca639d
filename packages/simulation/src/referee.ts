import type { LeaderElector, LockEvent, StopReason, Term } from "@tenure/core";
import type { ClientGoRival } from "./client-go-rival.ts";
import type { Coverage } from "./coverage.ts";
import type { Call, Outcome } from "./link.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Durations } from "./scenario.ts";
import type { StoredRecord } from "./store.ts";

/** The properties, by the names that the documentation gives them (`docs/guarantees.md`). */
export type Property =
  | "S1"
  | "S2"
  | "S3"
  | "S4"
  | "S5"
  | "S6"
  | "S7"
  | "S8"
  | "L1"
  | "L2"
  | "L3"
  | "L4"
  | "L5"
  | "L6";

/** A property that does not hold. */
export interface Violation {
  readonly property: Property;
  readonly message: string;
  /** Names of the replicas that it is about. */
  readonly who: readonly string[];
  readonly atMs: number;
}

/** What the referee knows of one process that campaigns. */
export interface Candidate {
  readonly name: string;
  readonly process: SimulatedProcess;
  readonly durations: Durations;
  elector: LeaderElector | undefined;
  rival: ClientGoRival | undefined;
  /** The newest versions that were delivered to it, and those before them. */
  versionsRead: Set<string>;
  versionsReadBefore: Set<string>;
  /** It met a conflict on this version and was told nothing since. */
  conflictOn: string | undefined;
  /** The order of the version in which it last found its own write. */
  confirmedToken: bigint | undefined;
  /** It found that by a read, not by the write's own answer. */
  confirmedByGet: boolean;
  /** True time when it was first told of a held record. */
  firstSawHeldAtMs: number;
  /** Its own clock at the send of its last confirmed write. */
  confirmedSentAtMs: number;
  term: OpenTerm | undefined;
  /** The last look found it leading. */
  believes: boolean;
  taskRunning: boolean;
  /** Its machine slept since its last confirmed write: its timers may be late. */
  slept: boolean;
  /** Requests of the current half minute of its clock. */
  requests: number;
  requestsSinceMs: number;
  stopped: boolean;
}

/** A term that has begun and not ended. */
interface OpenTerm {
  readonly term: Term;
  readonly termId: number;
  told: boolean;
  /** `isLeading()` was false once. */
  lapsed: boolean;
}

/** Where requests are counted (L5). */
const LOAD_WINDOW_MS = 30_000;

/**
 * Judges a world by what an onlooker with true time can see: the traffic, what each process was told, what `isLeading()` says.
 * Asks the electors only what any user could ask, and only while their process runs.
 */
export class Referee {
  readonly #nowMs: () => number;
  readonly #coverage: Coverage;
  readonly #judged: ReadonlySet<Property>;
  readonly #longestLeaseMs: number;
  readonly #rateError: number;
  readonly #mixedLeases: boolean;
  #violation: Violation | undefined;
  readonly #believers = new Set<Candidate>();
  readonly #candidates = new Map<SimulatedProcess, Candidate>();
  /** Those whose process is gone: what they sent may still land. */
  readonly #gone = new WeakMap<SimulatedProcess, Candidate>();
  readonly #termTokens = new Map<bigint, number>();
  #termIds = 0;
  #highestToken = -1n;
  #outsideUntilMs = Number.NEGATIVE_INFINITY;
  #restored = false;
  #deletions: number[] = [];
  /** How long a takeover came after the belief before it had ended. */
  #lastBeliefEndedAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: {
    readonly nowMs: () => number;
    readonly coverage: Coverage;
    /** Violations of others are not looked at. */
    readonly judged: ReadonlySet<Property>;
    readonly longestLeaseMs: number;
    readonly rateError: number;
    /** Different lease durations, or client-go, which takes none for 0: a stranger who takes a record's duration away shortens it. */
    readonly mixedLeases: boolean;
  }) {
    this.#nowMs = options.nowMs;
    this.#coverage = options.coverage;
    this.#judged = options.judged;
    this.#longestLeaseMs = options.longestLeaseMs;
    this.#rateError = options.rateError;
    this.#mixedLeases = options.mixedLeases;
  }

  /** The first property that did not hold. */
  get violation(): Violation | undefined {
    return this.#violation;
  }

  get terms(): number {
    return this.#termIds;
  }

  get believers(): ReadonlySet<Candidate> {
    return this.#believers;
  }

  gone(candidate: Candidate): void {
    this.#candidates.delete(candidate.process);
    this.#gone.set(candidate.process, candidate);
    this.#believes(candidate, false);
    candidate.term = undefined;
  }

  fail(property: Property, message: string, ...who: readonly Candidate[]): void {
    if (this.#violation !== undefined || !this.#judged.has(property)) return;
    const names = who.map(({ name }) => name);
    this.#violation = { property, message, who: names, atMs: this.#nowMs() };
  }

  candidate(name: string, process: SimulatedProcess, durations: Durations): Candidate {
    const candidate: Candidate = {
      name,
      process,
      durations,
      elector: undefined,
      rival: undefined,
      versionsRead: new Set(),
      versionsReadBefore: new Set(),
      conflictOn: undefined,
      firstSawHeldAtMs: Number.POSITIVE_INFINITY,
      confirmedSentAtMs: Number.NEGATIVE_INFINITY,
      confirmedToken: undefined,
      confirmedByGet: false,
      term: undefined,
      believes: false,
      taskRunning: false,
      slept: false,
      requests: 0,
      requestsSinceMs: process.now(),
      stopped: false,
    };
    this.#candidates.set(process, candidate);
    return candidate;
  }

  // ---- traffic --------------------------------------------------------------------------------------------------------

  sent({ process, write, operation }: Call): void {
    const candidate = this.#candidates.get(process);
    if (candidate === undefined) return;
    this.#countRequest(candidate);
    if (candidate.elector === undefined || write === undefined) return;
    const { expected, record } = write;
    if (expected !== undefined && !hasRead(candidate, expected.version)) {
      this.fail("S6", `replaces version ${expected.version}, which it never read`, candidate);
    }
    // R10: a release is one compare-and-swap on the last confirmed version, with no read first.
    if (record.holderIdentity !== "" && candidate.conflictOn === (expected?.version ?? operation)) {
      this.fail(
        "S6",
        `writes on ${candidate.conflictOn} again after a conflict, with nothing newer read`,
        candidate,
      );
    }
    if (record.holderIdentity !== "") return;
    if (candidate.taskRunning) this.fail("S3", "sends its release while its task runs", candidate);
    else if (candidate.term !== undefined && !candidate.term.told) {
      this.fail("S3", "sends its release before the task was told to stop", candidate);
    }
  }

  landed(call: Call, applied: boolean, before: StoredRecord | undefined, duplicate: boolean): void {
    if (!applied || call.write === undefined) return;
    const { process, write } = call;
    const candidate = this.#candidates.get(process);
    const lateMs = process.now() - write.origin.sentAtMs;
    const isRelease = write.record.holderIdentity === "";
    if (duplicate) this.#coverage.rare("late duplicate applied");
    if (candidate !== undefined && lateMs > candidate.durations.retryPeriodMs) {
      this.#coverage.rare(isRelease ? "late-landing release" : "late-landing renewal");
    }
    if (!isRelease || before === undefined || before.raw.writer === process) return;
    const releaser = candidate ?? this.#gone.get(process);
    if (releaser?.rival !== undefined) {
      // A client-go replica's release: what it empties may be anybody's.
      if (before.record.holderIdentity !== "") this.strangerTouchedHeldRecord("rival release");
    } else if (releaser?.elector !== undefined && !this.#restored) {
      this.fail(
        "S6",
        `its release empties a record that it did not write (version ${before.version})`,
        releaser,
      );
    }
  }

  answered({ process, write, operation }: Call, outcome: Outcome): void {
    const candidate = this.#candidates.get(process);
    if (candidate === undefined) return;
    if (outcome.ok) {
      candidate.conflictOn = undefined;
      this.#read(candidate, outcome.found, write === undefined);
    } else if (outcome.error.code === "ERR_LOCK_CONFLICT" && write !== undefined) {
      candidate.conflictOn = write.expected?.version ?? operation;
      if (write.record.holderIdentity === "") this.#coverage.rare("release lost its race");
    }
  }

  watched(process: SimulatedProcess, event: LockEvent): void {
    const candidate = this.#candidates.get(process);
    if (candidate === undefined) return;
    candidate.conflictOn = undefined;
    if (event.kind === "changed" && event.current !== undefined) {
      const { current } = event;
      noteRead(candidate, current.version);
      this.#sawHolder(candidate, current.record.holderIdentity);
    }
  }

  #read(candidate: Candidate, found: StoredRecord | undefined, byGet: boolean): void {
    if (found === undefined) return;
    noteRead(candidate, found.version);
    this.#sawHolder(candidate, found.record.holderIdentity);
    const { writer, sentAtMs } = found.raw;
    if (writer !== candidate.process || found.record.holderIdentity === "") return;
    candidate.confirmedToken = found.fencingToken;
    candidate.confirmedByGet = byGet;
    if (sentAtMs > candidate.confirmedSentAtMs) {
      if (byGet) this.#foundLanded(candidate, sentAtMs);
      candidate.confirmedSentAtMs = sentAtMs;
      candidate.slept = false;
    }
  }

  /** A write of unknown fate is found by a read. */
  #foundLanded(candidate: Candidate, sentAtMs: number): void {
    const expired = candidate.process.now() - sentAtMs >= candidate.durations.renewDeadlineMs;
    if (candidate.term !== undefined) this.#coverage.rare("renewal found landed by a read");
    else if (expired) this.#coverage.rare("acquire confirmed after its deadline");
  }

  #sawHolder(candidate: Candidate, holder: string): void {
    if (holder !== "" && candidate.firstSawHeldAtMs === Number.POSITIVE_INFINITY) {
      candidate.firstSawHeldAtMs = this.#nowMs();
    }
  }

  #countRequest(candidate: Candidate): void {
    const nowMs = candidate.process.now();
    if (nowMs - candidate.requestsSinceMs > LOAD_WINDOW_MS) {
      candidate.requestsSinceMs = nowMs;
      candidate.requests = 0;
    }
    candidate.requests += 1;
    // One a retry period is the rule; reads before believing, re-issues and releases come on top.
    const most = 3 * (LOAD_WINDOW_MS / candidate.durations.retryPeriodMs) + 12;
    if (candidate.requests > most && candidate.elector !== undefined) {
      this.fail("L5", `sent more than ${most} requests in half a minute`, candidate);
    }
    if (candidate.stopped) this.fail("L6", "sent a request after it had stopped", candidate);
  }

  // ---- terms ----------------------------------------------------------------------------------------------------------

  /** Returns the number of the term. */
  termStarted(candidate: Candidate, term: Term): number {
    const termId = this.#termIds++;
    if (candidate.term !== undefined) this.fail("S8", "begins a term before its last one ended", candidate);
    if (candidate.taskRunning) this.fail("S8", "begins a term while its last task runs", candidate);
    this.#checkToken(candidate, term, termId);
    if (candidate.confirmedToken !== term.fencingToken) {
      this.fail(
        "S7",
        `leads with token ${term.fencingToken}, which is that of no confirmed write of its own`,
        candidate,
      );
    }
    if (candidate.confirmedByGet) this.#coverage.rare("ambiguous acquire adopted");
    candidate.term = { term, termId, told: false, lapsed: false };
    candidate.taskRunning = true;
    return termId;
  }

  told(candidate: Candidate): void {
    const { term } = candidate;
    if (term === undefined) this.fail("S8", "tells a task to stop without a term", candidate);
    else if (term.told) this.fail("S8", "tells its task to stop twice", candidate);
    else term.told = true;
  }

  termEnded(candidate: Candidate, _reason: StopReason): void {
    const { term } = candidate;
    if (term === undefined) this.fail("S8", "ends a term that it had not begun", candidate);
    else if (!term.told) this.fail("S8", "ends a term without having told its task", candidate);
    candidate.term = undefined;
  }

  #checkToken(candidate: Candidate, term: Term, termId: number): void {
    const { fencingToken } = term;
    const before = this.#termTokens.get(fencingToken);
    this.#termTokens.set(fencingToken, termId);
    const grows = fencingToken > this.#highestToken;
    if (grows) this.#highestToken = fencingToken;
    if (this.#restored) {
      if (!grows) this.#coverage.count("outside the promise: token not larger after a restore");
      return;
    }
    if (before !== undefined) this.fail("S4", `token ${fencingToken} was that of an earlier term`, candidate);
    // Where terms may overlap they may also be learnt of in another order than the store's.
    else if (!grows && !this.#isOutside(candidate))
      this.fail("S4", `token ${fencingToken} is smaller than an earlier term's`, candidate);
  }

  registerWrong(candidate: Candidate, message: string): void {
    if (this.#restored) this.#coverage.count("outside the promise: equal tokens after a restore");
    else this.fail("S5", message, candidate);
  }

  // ---- belief ---------------------------------------------------------------------------------------------------------

  /** A process has had a turn: what does it say now? */
  turnEnded(candidate: Candidate): void {
    const { elector, rival, process } = candidate;
    if (elector === undefined) {
      const leads = rival?.isLeading() ?? false;
      if (leads && !candidate.believes) this.#beganToBelieve(candidate);
      else if (!leads) this.#believes(candidate, false);
      return;
    }
    if (!elector.isLeading()) {
      if (candidate.term !== undefined) candidate.term.lapsed = true;
      this.#believes(candidate, false);
      return;
    }
    if (candidate.term === undefined) this.fail("S8", "leads without a term", candidate);
    else if (candidate.term.lapsed) this.fail("S8", "leads again in a term that was over", candidate);
    const sinceMs = process.now() - candidate.confirmedSentAtMs;
    if (sinceMs > candidate.durations.renewDeadlineMs + 0.001) {
      this.fail(
        "S7",
        `leads ${sinceMs.toFixed(3)} ms after it sent its last confirmed write; ${candidate.durations.renewDeadlineMs} ms are allowed`,
        candidate,
      );
    }
    if (!candidate.believes) this.#beganToBelieve(candidate);
  }

  /** The first thing in a process that runs again. */
  resumed(candidate: Candidate): void {
    if (!candidate.believes) return;
    this.turnEnded(candidate);
    if (candidate.believes) this.#checkAlone(candidate, false);
    else if (this.#believers.size > 0) this.#coverage.rare("leader woke up superseded");
  }

  #believes(candidate: Candidate, believes: boolean): void {
    if (candidate.believes === believes) return;
    candidate.believes = believes;
    if (believes) this.#believers.add(candidate);
    else {
      this.#believers.delete(candidate);
      this.#lastBeliefEndedAtMs = this.#nowMs();
    }
  }

  #beganToBelieve(candidate: Candidate): void {
    const gapMs = this.#nowMs() - this.#lastBeliefEndedAtMs;
    if (gapMs >= 0 && gapMs < this.#longestLeaseMs * 0.02) this.#coverage.rare("takeover at the bound");
    this.#believes(candidate, true);
    this.#checkAlone(candidate, true);
  }

  /** S1, and S2 where this one `begins`. */
  #checkAlone(candidate: Candidate, begins: boolean): void {
    if (this.#believers.size < 2) return;
    for (const other of [...this.#believers]) {
      // What does not run cannot say anything; it is asked first when it runs again.
      if (other === candidate || !other.process.running) continue;
      if (other.rival !== undefined || (candidate.rival !== undefined && !begins)) {
        const overlaps =
          candidate.rival !== undefined && other.rival !== undefined ? "rivals overlap" : "rival's window";
        this.#coverage.count(overlaps);
        continue;
      }
      const outside = this.#isOutside(candidate);
      const late = other.term !== undefined && !other.term.told && !other.slept && !outside;
      if (begins && late)
        this.fail(
          "S2",
          `${other.name}'s task was not told to stop before ${candidate.name} led`,
          candidate,
          other,
        );
      if (!(other.elector?.isLeading() ?? false)) {
        this.#believes(other, false);
      } else if (outside) {
        this.#coverage.rare("outside the promise: overlap");
      } else {
        this.fail(
          "S1",
          `${candidate.name} leads while ${other.name} still says that it does`,
          candidate,
          other,
        );
      }
    }
  }

  // ---- outside the promise (design, section 5): counted, not judged ---------------------------------------------------

  /** Emptied, shortened, rolled back: whoever leads now may believe for a renew deadline more. */
  strangerTouchedHeldRecord(why: string): void {
    this.#coverage.count(`outside the promise: ${why}`);
    this.#outsideFor(this.#longestLeaseMs);
  }

  durationTakenAway(): void {
    if (this.#mixedLeases) this.strangerTouchedHeldRecord("duration taken away, leases differ");
  }

  deleted(): void {
    const nowMs = this.#nowMs();
    this.#deletions = [...this.#deletions, nowMs].slice(-2);
    const [first, second] = this.#deletions;
    // Deleted again within seconds of its re-creation: absence leaves no trace.
    if (
      first !== undefined &&
      second !== undefined &&
      second - first < this.#stretched(3 * this.#longestLeaseMs)
    ) {
      this.#outsideFor(3 * this.#longestLeaseMs);
    }
  }

  /** Versions and tokens that were given once may be given again. */
  restored(): void {
    this.#restored = true;
    this.#outsideUntilMs = Number.POSITIVE_INFINITY;
  }

  get storeWasRestored(): boolean {
    return this.#restored;
  }

  #isOutside(starter: Candidate): boolean {
    const nowMs = this.#nowMs();
    if (nowMs < this.#outsideUntilMs) return true;
    const lastDeletion = this.#deletions.at(-1);
    if (lastDeletion === undefined || nowMs - lastDeletion > this.#stretched(this.#longestLeaseMs))
      return false;
    // client-go takes an absent record at once.
    if (starter.rival !== undefined) return true;
    // Its very first sight was of a record deleted less than a lease ago.
    return starter.firstSawHeldAtMs >= lastDeletion;
  }

  #outsideFor(ms: number): void {
    this.#outsideUntilMs = Math.max(this.#outsideUntilMs, this.#nowMs() + this.#stretched(ms));
  }

  #stretched(ms: number): number {
    return ms / (1 - this.#rateError);
  }
}

/** Far more versions than a write can lie behind. */
const VERSIONS_KEPT = 256;

function noteRead(candidate: Candidate, version: string): void {
  candidate.versionsRead.add(version);
  if (candidate.versionsRead.size < VERSIONS_KEPT) return;
  candidate.versionsReadBefore = candidate.versionsRead;
  candidate.versionsRead = new Set();
}

function hasRead({ versionsRead, versionsReadBefore }: Candidate, version: string): boolean {
  return versionsRead.has(version) || versionsReadBefore.has(version);
}
