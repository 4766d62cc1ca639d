import type { LockEvent, StopReason, Term } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import { Coverage } from "./coverage.ts";
import { EventQueue } from "./event-queue.ts";
import { FLAVOURS } from "./flavour.ts";
import { type Call, Link, type TrafficListener } from "./link.ts";
import { Machine } from "./machine.ts";
import type { SimulatedProcess } from "./process.ts";
import { ALL_PROPERTIES, type Property } from "./property.ts";
import { RandomStream } from "./random.ts";
import { Recorder, type Told } from "./recorder.ts";
import { Referee } from "./referee.ts";
import { GuardedRegister } from "./register.ts";
import { drawFate } from "./register-fate.ts";
import { RegisterRecorder } from "./register-recorder.ts";
import { Replica } from "./replica.ts";
import { leasesOf, longestLeaseMs, type Scenario } from "./scenario.ts";
import type { CallCounter } from "./simulated-lock.ts";
import type { WatchListener } from "./simulated-watch.ts";
import { SimulatedStore } from "./store.ts";

/** 2026-01-01: any date, but the same in every run. */
const WORLD_BEGINS_MS = Date.UTC(2026, 0, 1);

/** Rounds of promise reactions that follow an event at most; `world.test.ts` compares with a full drain. */
const REACTION_ROUNDS = 7;

/** More events than this at one instant are a loop without end. */
const MOST_AT_ONCE = 100_000;

/** How a world is run. */
export interface WorldOptions {
  /** Keeps the whole story, not only its hash. */
  readonly full?: boolean | undefined;
  /** What is judged; everything if not given. */
  readonly judged?: ReadonlySet<Property> | undefined;
  /** Ends every promise reaction before time goes on, the slow way. */
  readonly drainsFully?: boolean | undefined;
  /** Keeps what was asked of the guarded register and answered, for a checker. The world is the same with and without. */
  readonly history?: boolean | undefined;
}

/** One world: machines, links, a store, a register, and true time, which only moves from one event to the next. */
export class World {
  readonly scenario: Scenario;
  readonly queue: EventQueue = new EventQueue();
  readonly coverage: Coverage = new Coverage();
  readonly recorder: Recorder;
  readonly referee: Referee;
  readonly store: SimulatedStore;
  readonly register: GuardedRegister = new GuardedRegister();
  /** `undefined` where no history is wanted. */
  readonly registerRecorder: RegisterRecorder | undefined;
  readonly replicas: readonly Replica[];
  readonly calls: CallCounter = { nextCallId: 1 };
  readonly traffic: { readonly watched: WatchListener } & TrafficListener;
  /** Faults are over: tasks are good, nothing is judged leniently. */
  isHealed = false;
  serverOffsetMs = 0;
  readonly #work: RandomStream;
  readonly #fates: RandomStream;
  readonly #latestLandingMs: number;
  #writes = 0;
  readonly #turned = new Set<Replica>();
  readonly #drainsFully: boolean;

  constructor(scenario: Scenario, options: WorldOptions = {}) {
    this.scenario = scenario;
    this.recorder = new Recorder(this.queue, options.full ?? false);
    this.#drainsFully = options.drainsFully ?? false;
    this.#work = new RandomStream(scenario.chance, "work");
    this.#fates = new RandomStream(scenario.chance, "register fates");
    this.#latestLandingMs = 3 * longestLeaseMs(scenario);
    this.registerRecorder = options.history
      ? new RegisterRecorder({
          register: this.register,
          queue: this.queue,
          random: new RandomStream(scenario.chance, "register reads"),
          scenario,
        })
      : undefined;
    this.referee = new Referee({
      nowMs: () => this.queue.nowMs,
      coverage: this.coverage,
      judged: options.judged ?? ALL_PROPERTIES,
      longestLeaseMs: longestLeaseMs(scenario),
      rateError: scenario.actualRateError,
      mixedLeases: hasMixedLeases(scenario),
    });
    this.store = new SimulatedStore(FLAVOURS[scenario.flavour], {
      random: new RandomStream(scenario.chance, "store"),
      serverMicros: () => Math.floor((WORLD_BEGINS_MS + this.serverOffsetMs + this.queue.nowMs) * 1000),
      changed: (change) => {
        this.referee.exclusions.changed(change);
        for (const { lock } of this.replicas) lock?.tell(change);
      },
    });
    this.traffic = this.#listen();
    this.replicas = scenario.replicas.map((plan) => {
      const machine = new Machine(this.queue, {
        rate: plan.rate,
        wallMs: WORLD_BEGINS_MS + plan.wallOffsetMs,
      });
      const link = new Link({
        queue: this.queue,
        store: this.store,
        random: new RandomStream(scenario.chance, `link ${plan.name}`),
        listener: this.traffic,
        latency: scenario.latency,
        latestLandingMs: 3 * plan.durations.leaseDurationMs,
      });
      return new Replica(
        this,
        plan,
        machine,
        link,
        new RandomStream(scenario.chance, `replica ${plan.name}`),
      );
    });
  }

  get nowMs(): number {
    return this.queue.nowMs;
  }

  get leader(): Replica | undefined {
    return this.replicas.find(({ candidate }) => candidate?.believes && candidate.process.running);
  }

  /** Lets true time pass until `untilMs`, `done`, or a violation. Whether it is done; without `done`, whether nothing is violated. */
  async advance(untilMs: number, done?: () => boolean): Promise<boolean> {
    let eventsNow = 0;
    // A turn that was taken from outside, between two advances.
    if (this.#turned.size > 0) await this.#endTurns();
    for (;;) {
      if (this.referee.violation !== undefined) return false;
      if (done?.()) return true;
      const beforeMs = this.queue.nowMs;
      const happen = this.queue.next(untilMs);
      if (happen === undefined) return done?.() ?? true;
      eventsNow = this.queue.nowMs === beforeMs ? eventsNow + 1 : 0;
      if (eventsNow > MOST_AT_ONCE)
        this.referee.fail("L5", "somebody is busy without end while time stands still");
      happen();
      if (this.#turned.size > 0) await this.#endTurns();
    }
  }

  // ---- what replicas report -------------------------------------------------------------------------------------------

  /** A process had a turn. */
  turnEnded(replica: Replica): void {
    this.#turned.add(replica);
  }

  termStarted(candidate: Candidate, term: Term): number {
    const termId = this.referee.termStarted(candidate, term);
    this.recorder.mix(3, termId);
    term.signal.addEventListener("abort", () => this.#told(candidate, term), { once: true });
    this.told({ kind: "term-started", who: candidate.name, token: String(term.fencingToken) });
    return termId;
  }

  termEnded(candidate: Candidate, reason: StopReason): void {
    this.recorder.mix(4, reason.length);
    const token = String(candidate.term?.term.fencingToken);
    this.told({ kind: "term-ended", who: candidate.name, token, reason });
    if (reason === "deadline") this.coverage.rare("term lost by deadline");
    if (reason === "stalled") this.coverage.rare("term lost to a stall");
    if (reason === "taken-over") this.coverage.rare("term taken over");
    if (reason === "deleted") this.coverage.rare("term lost to a deletion");
    if (reason === "identity-conflict") this.coverage.rare("identity conflict");
    if (candidate.taskRunning) this.coverage.rare("task outlived its term");
    this.referee.termEnded(candidate, reason);
  }

  taskSettled(candidate: Candidate, term: Term): void {
    candidate.taskRunning = false;
    this.told({ kind: "task-settled", who: candidate.name, token: String(term.fencingToken) });
  }

  rivalTurned(candidate: Candidate, leads: boolean): void {
    this.recorder.mix(5, leads ? 1 : 0);
    if (leads) this.told({ kind: "term-started", who: candidate.name, token: "none" });
    else {
      this.told({ kind: "told", who: candidate.name, token: "none", reason: "context cancelled" });
      this.told({ kind: "term-ended", who: candidate.name, token: "none", reason: "context cancelled" });
    }
  }

  guardedWrite(candidate: Candidate, term: Term, termId: number): void {
    const { meanMs, tailMs, tailProbability } = this.scenario.latency;
    const slow = this.#work.chance(tailProbability);
    const inMs = this.#work.next() * (slow ? tailMs : 2 * meanMs);
    const fate = drawFate(this.#fates, this.scenario.latency, this.#latestLandingMs);
    const write = { token: term.fencingToken, termId, value: ++this.#writes };
    const recorded = this.registerRecorder?.sent(candidate, write);
    if (fate.kind === "request lost") return;
    this.queue.after(fate.kind === "late" ? inMs + fate.lateMs : inMs, () => {
      const unfenced = this.register.unfencedViolations;
      const { accepted, wrong } = this.register.write(write);
      this.recorder.mix(12, accepted ? write.value : -write.value);
      if (!accepted) this.coverage.rare("fenced register refused");
      if (this.register.unfencedViolations > unfenced) this.coverage.rare("unfenced register violated");
      if (wrong !== undefined) this.referee.tokens.registerWrong(candidate, wrong);
      if (fate.kind === "answered") recorded?.answered(accepted, fate.answerMs);
    });
  }

  /** Adds to the story, where one is kept. */
  told(event: Told): void {
    if (this.recorder.full) this.recorder.tell(event);
  }

  // ---- inside ---------------------------------------------------------------------------------------------------------

  #told(candidate: Candidate, term: Term): void {
    this.recorder.mix(6, 0);
    this.referee.told(candidate);
    const reason = String((term.signal.reason as { stopReason?: string }).stopReason); // a LeaderElectionError
    this.told({ kind: "told", who: candidate.name, token: String(term.fencingToken), reason });
  }

  /** Every promise reaction ends before time goes on. */
  async #endTurns(): Promise<void> {
    if (this.#drainsFully) await new Promise<void>((resolve) => setImmediate(resolve));
    else for (let round = 0; round < REACTION_ROUNDS; round++) await undefined;
    for (const replica of this.#turned) this.#look(replica);
    this.#turned.clear();
  }

  #look({ candidate }: Replica): void {
    if (candidate === undefined) return;
    if (candidate.process.running) this.referee.beliefs.turnEnded(candidate);
  }

  #listen(): TrafficListener & { readonly watched: WatchListener } {
    const { recorder, referee, coverage } = this;
    return {
      sent: (call) => {
        recorder.mix(7, call.callId);
        referee.traffic.sent(call);
        if (recorder.full) this.told(this.#sentEvent(call));
      },
      landed: (call, applied, before, duplicate) => {
        recorder.mix(8, call.callId);
        referee.traffic.landed(call, applied, before, duplicate);
        if (recorder.full) this.told(this.#landedEvent(call, applied, duplicate));
      },
      lost: (call, part) => {
        recorder.mix(9, call.callId);
        coverage.count(`lost: ${part}`);
        if (call.operation === "create") coverage.rare("create of unknown fate");
        if (recorder.full) this.told({ kind: "lost", who: this.#nameOf(call), callId: call.callId, part });
      },
      answered: (call, outcome) => {
        recorder.mix(10, call.callId);
        referee.traffic.answered(call, outcome);
        if (!recorder.full) return;
        const how = outcome.ok ? `ok ${outcome.found?.version ?? "none"}` : outcome.error.code;
        this.told({ kind: "answered", who: this.#nameOf(call), callId: call.callId, outcome: how });
      },
      watched: (process, event) => {
        recorder.mix(11, 0);
        referee.traffic.watched(process, event);
        if (recorder.full) this.told(this.#watchedEvent(process, event));
      },
    };
  }

  #nameOf({ process }: { readonly process: SimulatedProcess }): string {
    return this.replicas.find((replica) => replica.process === process)?.name ?? "a dead process";
  }

  #sentEvent(call: Call): Told {
    const release = call.write?.record.holderIdentity === "";
    return {
      kind: "sent",
      who: this.#nameOf(call),
      callId: call.callId,
      operation: call.operation,
      purpose: call.write === undefined ? "read" : release ? "release" : "hold",
      expected: call.write?.expected?.version,
    };
  }

  #landedEvent(call: Call, applied: boolean, duplicate: boolean): Told {
    const { current } = this.store;
    return {
      kind: "landed",
      who: this.#nameOf(call),
      callId: call.callId,
      applied,
      version: current?.version,
      holder: current?.record.holderIdentity ?? "",
      duplicate,
    };
  }

  #watchedEvent(process: SimulatedProcess, event: LockEvent): Told {
    const version = event.kind === "changed" ? event.current?.version : undefined;
    return { kind: "watched", who: this.#nameOf({ process }), event: event.kind, version };
  }
}

function hasMixedLeases(scenario: Scenario): boolean {
  return leasesOf(scenario).size > 1 || scenario.replicas.some(({ kind }) => kind === "client-go");
}
