import { type Clock, elapsedMs, readTime, readTimeSince, type Timer } from "./clock.ts";
import {
  type Effect,
  type ElectorState,
  type Input,
  initialState,
  leadingTerm,
  type Phase,
} from "./elector-state.ts";
import { step } from "./elector-step.ts";
import { describeThrown, LeaderElectionError, type StopReason } from "./errors.ts";
import { Emitter, type LeaderElectorEvents, type Listener } from "./events.ts";
import { clockOf, type ElectorConfig, type LeaderElectorOptions, resolveOptions } from "./options.ts";
import { asLockError, type Request, request } from "./request.ts";
import type { CallOptions, ResourceLock, VersionedRecord } from "./resource-lock.ts";
import { ElectedTerm, notLeadingError, type Term } from "./term.ts";

/** The work of a leader. It has to end soon after `term.signal` aborts. */
export type Task = (term: Term) => Promise<void> | void;

/** Options of {@link LeaderElector.run} and {@link LeaderElector.acquire}. */
export interface CampaignOptions {
  /** Ends the campaign, and the term if there is one. */
  readonly signal?: AbortSignal | undefined;
}

/** An input without its time, which is read when it arrives. */
type Happening = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;

/** What `run` or `acquire` has promised. */
interface Campaign {
  readonly goal: "run" | "acquire";
  readonly task: Task | undefined;
  /** The elector came to rest. */
  settle(): void;
  /** A term began (`acquire` only). */
  acquired(term: Term): void;
  /** What the task threw before it was told to stop. */
  failure: { readonly error: unknown } | undefined;
}

/**
 * Leads when no other candidate does: N replicas run one elector each on the same lock, one of them leads, and its task is
 * told to stop before another's can start. The promise rests on clocks whose *rates* are nearly right, not on what they show;
 * where a write must not happen late, pass `term.fencingToken` to the guarded resource.
 *
 * ```ts
 * const elector = new LeaderElector({ lock });
 * await elector.run(async (term) => {
 *   while (!term.signal.aborted) await work({ signal: term.signal, fencingToken: term.fencingToken });
 * }, { signal: shutdown });
 * ```
 *
 * @see client-go `leaderelection.LeaderElector`
 */
export class LeaderElector {
  readonly #lock: ResourceLock;
  readonly #clock: Clock;
  readonly #config: ElectorConfig;
  readonly #emitter = new Emitter();
  readonly #inbox: Input[] = [];
  #state: ElectorState;
  #busy = false;
  #wake: { readonly atMs: number; readonly timer: Timer } | undefined;
  #request: Request | undefined;
  #watch: AbortController | undefined;
  /** The newest term, over or not. */
  #term: ElectedTerm | undefined;
  /** The newest term has not ended. */
  #termIsOn = false;
  #campaign: Campaign | undefined;
  #waiters: { readonly done: () => boolean; readonly resolve: () => void }[] = [];

  /**
   * Checks and stores its options; connects to nothing and starts no timer.
   * @throws TypeError, RangeError for options that are wrong, or with which two replicas could lead at once.
   */
  constructor(options: LeaderElectorOptions) {
    this.#config = resolveOptions(options);
    this.#lock = options.lock;
    this.#clock = clockOf(options);
    this.#state = initialState(this.#config.watches);
  }

  /** This candidate's name in the record. */
  get identity(): string {
    return this.#config.identity;
  }

  /**
   * The holder last seen, itself included; `undefined` when the lock was seen free, or not at all yet.
   * Not whether it still leads.
   * @see client-go `GetLeader`
   */
  get leader(): string | undefined {
    return this.#state.view?.current?.record.holderIdentity || undefined;
  }

  /** Whether this elector leads right now, computed from the clocks at every call. Stays true while a task drains. */
  isLeading(): boolean {
    return this.#remainingMs() > 0;
  }

  /**
   * Campaigns for ever, and runs `task` in every term; only one task at a time. Resolves when the task returned by itself, its
   * signal aborted, or {@link stop} was called: the task has then settled (or outlived its drain timeout) and the lock was
   * given back. Losing a term aborts `term.signal`, waits for the task, and campaigns again.
   *
   * @throws whatever the task threw before it was told to stop; the lock is given back first.
   * @throws {@link LeaderElectionError} `ERR_ALREADY_RUNNING` when this elector runs or has an unreleased term.
   * @throws TypeError when `task` is no function.
   */
  async run(task: Task, options: CampaignOptions = {}): Promise<void> {
    if (typeof task !== "function") throw new TypeError(`Expected a task function, got ${String(task)}`);
    this.#refuseIfRunning();
    if (options.signal?.aborted) return;
    await new Promise<void>((resolve, reject) => {
      this.#begin("run", task, options.signal, {
        settle: (campaign) => (campaign.failure ? reject(campaign.failure.error) : resolve()),
        acquired: () => {},
      });
    });
  }

  /**
   * Campaigns until it leads, once. The caller ends the term with `term.release()` when its work has stopped; after a loss
   * too, before this elector can be used again.
   *
   * @throws `signal.reason` when the signal aborts first. Later on it ends the term.
   * @throws {@link LeaderElectionError} `ERR_ALREADY_RUNNING` as {@link run} does; `ERR_NOT_LEADING` when {@link stop} was
   * called first.
   */
  async acquire(options: CampaignOptions = {}): Promise<Term> {
    const { signal } = options;
    this.#refuseIfRunning();
    signal?.throwIfAborted();
    return await new Promise<Term>((resolve, reject) => {
      this.#begin("acquire", undefined, signal, {
        settle: () => reject(signal?.aborted ? signal.reason : notLeadingError(this.identity, "shutdown")),
        acquired: resolve,
      });
    });
  }

  /**
   * Ends the term, if there is one: tells the task to stop, renews until it has, gives the lock back. `run` then stands back
   * for about two polls, so that another candidate can win, and campaigns again. Settles when the term is over; never rejects.
   * A task must not await it: it waits for the task.
   */
  async stepDown(): Promise<void> {
    this.#dispatch({ kind: "end", reason: "stepped-down", stop: false });
    await this.#until(() => !hasTerm(this.#state.phase));
  }

  /**
   * Ends the term, if there is one, and the campaign. Idempotent; settles within `drainTimeoutMs` + 4 `requestTimeoutMs`;
   * never rejects. The elector can then be used again, the lock is not closed. A task must not await it: it waits for the task.
   */
  async stop(): Promise<void> {
    this.#dispatch({ kind: "end", reason: "shutdown", stop: true });
    await this.#until(() => this.#state.phase.kind === "stopped");
  }

  /** Adds a listener. One that throws changes nothing but a process warning; an `error` without a listener is no crash. */
  on<E extends keyof LeaderElectorEvents>(event: E, listener: Listener<E>): this {
    this.#emitter.add(event, listener);
    return this;
  }

  /** Removes a listener. */
  off<E extends keyof LeaderElectorEvents>(event: E, listener: Listener<E>): this {
    this.#emitter.delete(event, listener);
    return this;
  }

  // ---- campaigns ----------------------------------------------------------------------------------------------------

  #refuseIfRunning(): void {
    if (this.#campaign === undefined) return;
    throw new LeaderElectionError(
      "ERR_ALREADY_RUNNING",
      `"${this.identity}" already runs on ${this.#lock.description}, or has a term that was not released`,
    );
  }

  #begin(
    goal: "run" | "acquire",
    task: Task | undefined,
    signal: AbortSignal | undefined,
    promise: { settle(campaign: Campaign): void; acquired(term: Term): void },
  ): void {
    const onAbort = (): void => this.#dispatch({ kind: "end", reason: "shutdown", stop: true });
    const campaign: Campaign = {
      goal,
      task,
      failure: undefined,
      acquired: promise.acquired,
      settle: () => {
        signal?.removeEventListener("abort", onAbort);
        promise.settle(campaign);
      },
    };
    this.#campaign = campaign;
    signal?.addEventListener("abort", onAbort, { once: true });
    this.#dispatch({ kind: "start", goal });
  }

  #startTerm(token: bigint): void {
    const campaign = this.#campaign;
    const keeper = {
      // A dead term stays dead, also while the next one is about to be announced.
      remainingMs: (term: Term) => (term === this.#term && this.#termIsOn ? this.#remainingMs() : 0),
      release: (term: Term) => this.#releaseTerm(term, campaign),
    };
    const term = new ElectedTerm(keeper, this.identity, token, new Date(this.#clock.wallTime()));
    this.#term = term;
    this.#termIsOn = true;
    this.#emitter.emit("startedLeading", term);
    if (campaign?.task === undefined) campaign?.acquired(term);
    else void this.#runTask(campaign, campaign.task, term);
  }

  /** Never rejects. */
  async #runTask(campaign: Campaign, task: Task, term: ElectedTerm): Promise<void> {
    let finished: StopReason | undefined;
    try {
      // The task starts in a turn of its own: not inside a decision, and not before its term is announced.
      await undefined;
      await task(term);
      if (!term.signal.aborted) finished = "task-returned";
    } catch (error) {
      if (!term.signal.aborted) {
        finished = "task-failed";
        campaign.failure = { error };
      } else if (!isAbort(error, term.signal.reason)) {
        this.#emitter.emit(
          "error",
          error instanceof Error ? error : new Error(describeThrown(error), { cause: error }),
        );
      }
    }
    this.#dispatch({ kind: "taskSettled", finished });
  }

  async #releaseTerm(term: Term, campaign: Campaign | undefined): Promise<void> {
    if (campaign?.goal === "run") {
      if (term === this.#term && this.#termIsOn)
        this.#dispatch({ kind: "end", reason: "released", stop: false });
      return;
    }
    // One that was lost, or stopped, long ago is still to be released.
    if (this.#campaign === campaign && this.#term === term) {
      this.#dispatch({ kind: "taskSettled", finished: "released" });
    }
    await this.#until(() => this.#campaign !== campaign || this.#state.phase.kind === "stopped");
    if (this.#campaign === campaign) this.#campaign = undefined;
  }

  /** The elector came to rest. */
  #stopped(): void {
    const campaign = this.#campaign;
    if (campaign === undefined) return;
    // An acquired term stays the caller's until it is released, whether it is led or not.
    if (campaign.goal === "run" || this.#term === undefined || !this.#state.taskRunning)
      this.#campaign = undefined;
    if (campaign.goal === "run") this.#term = undefined;
    campaign.settle();
  }

  #until(done: () => boolean): Promise<void> {
    if (done()) return Promise.resolve();
    return new Promise((resolve) => this.#waiters.push({ done, resolve }));
  }

  // ---- the loop: inputs in, effects out -------------------------------------------------------------------------------

  #remainingMs(): number {
    const term = leadingTerm(this.#state);
    if (term === undefined) return 0;
    const at = readTimeSince(this.#clock, term.confirmedAt);
    const leftMs = this.#config.renewDeadlineMs - elapsedMs(term.confirmedAt, at);
    // Once passed it is passed: latched before anybody hears of it, in case a clock is set back.
    if (leftMs <= 0) this.#dispatchAt({ kind: "tick", at });
    return leftMs;
  }

  #dispatch(happening: Happening): void {
    // `Happening` is `Input` without `at`, and here it is.
    this.#dispatchAt({ ...happening, at: readTime(this.#clock) } as Input);
  }

  /** Effects may call back into the elector: what comes meanwhile waits its turn. */
  #dispatchAt(input: Input): void {
    this.#inbox.push(input);
    if (this.#busy) return;
    this.#busy = true;
    try {
      for (let next = this.#inbox.shift(); next !== undefined; next = this.#inbox.shift()) {
        const { state, effects, wakeAtMs } = step(this.#config, this.#state, next);
        this.#state = state;
        this.#wakeAt(wakeAtMs);
        for (const effect of effects) this.#perform(effect);
      }
    } finally {
      this.#busy = false;
    }
    this.#settleWaiters();
  }

  #settleWaiters(): void {
    if (this.#waiters.length === 0) return;
    const ready = this.#waiters.filter(({ done }) => done());
    this.#waiters = this.#waiters.filter((waiter) => !ready.includes(waiter));
    for (const { resolve } of ready) resolve();
  }

  #wakeAt(atMs: number): void {
    if (this.#wake?.atMs === atMs) return;
    this.#wake?.timer.cancel();
    this.#wake = undefined;
    if (atMs === Number.POSITIVE_INFINITY) return;
    const timer = this.#clock.setTimer(
      () => {
        this.#wake = undefined;
        this.#dispatch({ kind: "tick" });
      },
      Math.max(0, atMs - this.#clock.now()),
    );
    this.#wake = { atMs, timer };
  }

  #perform(effect: Effect): void {
    switch (effect.kind) {
      case "get":
        this.#ask(effect.id, (options) => this.#lock.get(options));
        break;
      case "create":
        this.#ask(effect.id, (options) => this.#lock.create(effect.record, options));
        break;
      case "update":
        this.#ask(effect.id, (options) => this.#lock.update(effect.record, effect.expected, options));
        break;
      case "cancelCall":
        this.#request?.cancel();
        break;
      case "openWatch":
        void this.#follow(effect.from);
        break;
      case "closeWatch":
        this.#watch?.abort();
        this.#watch = undefined;
        break;
      case "startTerm":
        this.#startTerm(effect.token);
        break;
      case "abortTerm":
        this.#term?.abort(effect.reason);
        break;
      case "endTerm":
        this.#termIsOn = false;
        if (this.#term) this.#emitter.emit("stoppedLeading", { term: this.#term, reason: effect.reason });
        break;
      case "newLeader":
        this.#emitter.emit("newLeader", { identity: effect.identity });
        break;
      case "error":
        this.#emitter.emit("error", effect.error);
        break;
      case "anomaly":
        this.#emitter.emit("anomaly", effect.anomaly);
        break;
      case "stopped":
        this.#stopped();
        break;
    }
  }

  #ask(id: number, call: (options: CallOptions) => Promise<VersionedRecord | undefined>): void {
    this.#request = request(this.#clock, this.#config.requestTimeoutMs, call, (answer) =>
      this.#dispatch({ kind: "answered", id, answer }),
    );
  }

  /** Holds one watch until it ends, fails or is closed. Never rejects. */
  async #follow(from: VersionedRecord | undefined): Promise<void> {
    const controller = new AbortController();
    const { signal } = controller;
    this.#watch = controller;
    try {
      for await (const event of this.#lock.watch?.({ signal, from }) ?? []) {
        if (signal.aborted) return;
        this.#dispatch({ kind: "event", event });
      }
      if (!signal.aborted) this.#dispatch({ kind: "watchEnded" });
    } catch (error) {
      // A watch that ends with an error because we ended it has nothing to tell.
      if (!signal.aborted) this.#dispatch({ kind: "watchEnded", error: asLockError(error) });
    }
  }
}

function hasTerm({ kind }: Phase): boolean {
  return kind === "leading" || kind === "draining" || kind === "releasing";
}

/** Whether a task's error is only its way of stopping: the signal's reason, an AbortError, or something caused by it. */
function isAbort(error: unknown, reason: unknown): boolean {
  if (error === reason) return true;
  if (!(error instanceof Error)) return false;
  return error.name === "AbortError" || error.cause === reason;
}
