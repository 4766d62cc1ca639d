import { LeaderElectionError, LeaderElector, type Term } from "@tenure/core";
import type { Candidate } from "./candidate.ts";
import { ClientGoRival } from "./client-go-rival.ts";
import type { Link } from "./link.ts";
import type { Machine } from "./machine.ts";
import { SimulatedProcess } from "./process.ts";
import type { RandomStream } from "./random.ts";
import { requestTimeoutMs } from "./request-timeout.ts";
import type { Durations, ReplicaPlan, TaskHabits } from "./scenario.ts";
import { SimulatedLock } from "./simulated-lock.ts";
import { SimulatedTask } from "./task.ts";
import type { World } from "./world.ts";

/** Tasks that end by themselves are started again after this. */
const TASK_RESTART_MS = 1000;
const GOOD_HABITS: TaskHabits = { ignoresSignal: 0, hangs: 0, throws: 0, returnsEarly: 0 };

/** One machine of the world, and the process that campaigns on it now. */
export class Replica {
  readonly plan: ReplicaPlan;
  readonly machine: Machine;
  readonly link: Link;
  readonly #world: World;
  readonly #random: RandomStream;
  #process: SimulatedProcess | undefined;
  #lock: SimulatedLock | undefined;
  #candidate: Candidate | undefined;
  #tasks: SimulatedTask[] = [];
  readonly #termIds = new WeakMap<Term, number>();
  #starts = 0;
  /** Of its last process. */
  #leaseDurationMs: number;
  #identity: string;
  /** When `stop()` was called; `undefined` while the process is to campaign. */
  #stopping = false;

  constructor(world: World, plan: ReplicaPlan, machine: Machine, link: Link, random: RandomStream) {
    this.#world = world;
    this.plan = plan;
    this.machine = machine;
    this.link = link;
    this.#random = random;
    this.#identity = plan.identity;
    this.#leaseDurationMs = plan.durations.leaseDurationMs;
  }

  get name(): string {
    return this.plan.name;
  }

  get candidate(): Candidate | undefined {
    return this.#candidate;
  }

  get process(): SimulatedProcess | undefined {
    return this.#process;
  }

  get lock(): SimulatedLock | undefined {
    return this.#lock;
  }

  /** It has a process that was not told to stop. */
  get campaigns(): boolean {
    return this.#process !== undefined && !this.#stopping;
  }

  start(durations: Durations, sameIdentity: boolean): void {
    if (this.#process !== undefined) return;
    const world = this.#world;
    this.#starts += 1;
    if (!sameIdentity && this.#starts > 1) this.#identity = `${this.plan.identity}-${this.#starts}`;
    this.#stopping = false;
    if (durations.leaseDurationMs !== this.#leaseDurationMs) world.coverage.fault("rolling change");
    this.#leaseDurationMs = durations.leaseDurationMs;
    const process = new SimulatedProcess(this.machine, () => world.turnEnded(this));
    const candidate = world.referee.candidate(this.name, process, durations);
    const lock = new SimulatedLock({
      link: this.link,
      process,
      calls: world.calls,
      watches: world.scenario.watches && this.plan.kind === "tenure",
      watched: world.traffic.watched,
    });
    this.#process = process;
    this.#lock = lock;
    this.#candidate = candidate;
    world.recorder.mix(1, this.#starts);
    world.told({ kind: "process-started", who: this.name, identity: this.#identity });
    if (this.plan.kind === "client-go") this.#startRival(candidate, lock, durations);
    else this.#startElector(candidate, lock, durations);
    world.turnEnded(this);
  }

  crash(): void {
    const candidate = this.#candidate;
    if (this.#process === undefined || candidate === undefined) return;
    this.#process.kill();
    this.machine.dropTimers();
    this.#world.referee.gone(candidate);
    this.#world.registerRecorder?.gone(candidate);
    this.#lock?.cutWatches("ends");
    this.#lock?.abandon();
    this.#process = undefined;
    this.#lock = undefined;
    this.#candidate = undefined;
    this.#tasks = [];
    this.#world.recorder.mix(2, this.#starts);
    this.#world.told({ kind: "process-crashed", who: this.name });
  }

  /** Stops well, in a turn of its own; `done` is called when it has. */
  stop(done: () => void): void {
    const candidate = this.#candidate;
    if (this.#process === undefined || candidate === undefined || this.#stopping) return;
    this.#stopping = true;
    this.#process.deliver(() => {
      if (candidate.rival !== undefined) {
        candidate.rival.cancel();
        this.#world.queue.after(candidate.durations.renewDeadlineMs, done);
        return;
      }
      void candidate.elector?.stop().then(() => {
        candidate.stopped = true;
        done();
      });
      this.#expectStopped(candidate, candidate.process.now());
    });
  }

  /** L6: `stop()` settles within its bound, counted from when the process last went on after a pause. */
  #expectStopped(candidate: Candidate, sinceMs: number): void {
    const { process, durations } = candidate;
    const boundMs = durations.drainTimeoutMs + 4 * requestTimeoutMs(durations) + 1;
    process.later(sinceMs + boundMs - process.now(), () => {
      if (candidate.stopped) return;
      if (candidate.ranSinceMs > sinceMs) this.#expectStopped(candidate, candidate.ranSinceMs);
      else this.#world.referee.fail("L6", "stop() does not settle", candidate);
    });
  }

  stepDown(): void {
    const candidate = this.#candidate;
    this.#process?.deliver(() => {
      void candidate?.elector?.stepDown();
    });
  }

  /** What hung or would not stop ends: the world is healed. */
  endTasks(): void {
    for (const task of this.#tasks) this.#process?.deliver(() => task.giveUp());
  }

  /** Its task will take so long to stop, by its clock. */
  stopSlowly(ms: number): void {
    for (const task of this.#tasks) task.stopSlowly(ms);
  }

  #startElector(candidate: Candidate, lock: SimulatedLock, durations: Durations): void {
    const world = this.#world;
    const elector = new LeaderElector({
      lock,
      identity: this.#identity,
      clock: candidate.process,
      random: () => this.#random.next(),
      clockRateError: world.scenario.clockRateError,
      ...durations,
    });
    candidate.elector = elector;
    elector.on("startedLeading", (term) => this.#termIds.set(term, world.termStarted(candidate, term)));
    elector.on("stoppedLeading", ({ reason }) => {
      world.termEnded(candidate, reason);
    });
    elector.on("error", (error) => {
      if (LeaderElectionError.is(error) && error.code === "ERR_TOKEN_REGRESSION") {
        world.coverage.rare("token regression seen");
      }
    });
    elector.on("anomaly", ({ kind }) => {
      if (kind === "drain-timeout") world.coverage.rare("drain timeout");
    });
    this.#campaign(candidate, elector);
  }

  #campaign(candidate: Candidate, elector: LeaderElector): void {
    const again = (): void => {
      if (this.#candidate !== candidate || this.#stopping) return;
      candidate.process.later(TASK_RESTART_MS, () => {
        if (this.#candidate === candidate && !this.#stopping) this.#campaign(candidate, elector);
      });
    };
    const campaign = this.plan.acquires
      ? this.#acquire(candidate, elector)
      : elector.run((term) => this.#lead(candidate, term));
    campaign.then(again, again);
  }

  async #acquire(candidate: Candidate, elector: LeaderElector): Promise<void> {
    const term = await elector.acquire();
    try {
      await this.#lead(candidate, term);
    } finally {
      await term.release();
    }
  }

  #lead(candidate: Candidate, term: Term): Promise<void> {
    const world = this.#world;
    const termId = this.#termIds.get(term) ?? -1; // it was announced a moment ago
    const task = new SimulatedTask({
      process: candidate.process,
      random: this.#random,
      term,
      habits: world.isHealed ? GOOD_HABITS : this.plan.habits,
      workEveryMs: world.scenario.workEveryMs,
      leaseDurationMs: candidate.durations.leaseDurationMs,
      listener: {
        write: (of) => world.guardedWrite(candidate, of, termId),
        settled: () => {
          this.#tasks = this.#tasks.filter((other) => other !== task);
          world.taskSettled(candidate, term);
        },
      },
    });
    this.#tasks.push(task);
    if (task.habit !== "good") world.coverage.fault(`task: ${task.habit}`);
    return task.promise;
  }

  #startRival(candidate: Candidate, lock: SimulatedLock, durations: Durations): void {
    const world = this.#world;
    const rival = new ClientGoRival({
      identity: this.#identity,
      lock,
      process: candidate.process,
      random: this.#random,
      durations,
      listener: {
        startedLeading: () => world.rivalTurned(candidate, true),
        stoppedLeading: () => world.rivalTurned(candidate, false),
        ended: () => {
          // RunOrDie: the process exits and is started again.
          world.queue.after(TASK_RESTART_MS, () => {
            if (this.#candidate !== candidate || this.#stopping) return;
            this.crash();
            this.start(durations, false);
          });
        },
      },
    });
    candidate.rival = rival;
    void rival.run();
  }
}
