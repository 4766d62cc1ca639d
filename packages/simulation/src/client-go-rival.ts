import type { LeaderElectionRecord, ResourceLock, VersionedRecord } from "@tenure/core";
import type { SimulatedProcess } from "./process.ts";
import type { RandomStream } from "./random.ts";
import type { Durations } from "./scenario.ts";

const JITTER_FACTOR = 1.2;
/** A microsecond: less than this, time may not move at all in the world's numbers. */
const SHORTEST_WAIT_MS = 0.001;

/** What a rival tells of its task. */
export interface RivalListener {
  startedLeading(): void;
  /** Its context was cancelled: only now is its task told to stop. */
  stoppedLeading(): void;
  /** `Run` returned. */
  ended(): void;
}

/**
 * client-go's `leaderelection.LeaderElector` with `ReleaseOnCancel`, line for line where it matters, with its windows: the
 * observed time is stamped after the answer, each renew round has a deadline of its own, whole seconds are compared, a failed
 * renewal releases before the task is told, and a release reads first and checks only the holder it remembers.
 * Source: kubernetes/client-go tools/leaderelection/leaderelection.go at v0.36.
 */
export class ClientGoRival {
  readonly identity: string;
  readonly #lock: ResourceLock;
  readonly #process: SimulatedProcess;
  readonly #random: RandomStream;
  readonly #durations: Durations;
  readonly #listener: RivalListener;
  #cancelled = false;
  #onCancel: (() => void) | undefined;
  #leads = false;
  /** The cached Lease: what the next update replaces. */
  #lease: VersionedRecord | undefined;
  #observed: LeaderElectionRecord | undefined;
  #observedKey = "";
  #observedAtMs = 0;
  #contextEndsAtMs = Number.POSITIVE_INFINITY;
  #lastMicros = 0;

  constructor(options: {
    readonly identity: string;
    readonly lock: ResourceLock;
    readonly process: SimulatedProcess;
    readonly random: RandomStream;
    readonly durations: Durations;
    readonly listener: RivalListener;
  }) {
    this.identity = options.identity;
    this.#lock = options.lock;
    this.#process = options.process;
    this.#random = options.random;
    this.#durations = options.durations;
    this.#listener = options.listener;
  }

  /** Its task runs and was not told to stop. */
  isLeading(): boolean {
    return this.#leads;
  }

  /** SIGTERM: the context is cancelled, and with it the task's. */
  cancel(): void {
    if (this.#cancelled) return;
    this.#cancelled = true;
    this.#stopLeading();
    this.#onCancel?.();
  }

  /** `Run`: acquires, leads until renewing fails, releases, ends. */
  async run(): Promise<void> {
    if (await this.#acquire()) {
      this.#leads = true;
      this.#listener.startedLeading();
      await this.#renew();
      // Deferred in Run: after the release.
      this.#stopLeading();
    }
    this.#listener.ended();
  }

  async #acquire(): Promise<boolean> {
    const { retryPeriodMs } = this.#durations;
    while (!this.#cancelled) {
      if (await this.#tryAcquireOrRenew()) return true;
      await this.#sleep(retryPeriodMs * (1 + JITTER_FACTOR * this.#random.next()));
    }
    return false;
  }

  async #renew(): Promise<void> {
    const { retryPeriodMs, renewDeadlineMs } = this.#durations;
    while (!this.#cancelled) {
      this.#contextEndsAtMs = this.#process.now() + renewDeadlineMs;
      let renewed = false;
      while (!renewed && !this.#cancelled) {
        renewed = await this.#tryAcquireOrRenew();
        const leftMs = this.#contextEndsAtMs - this.#process.now();
        if (renewed || leftMs < SHORTEST_WAIT_MS) break;
        await this.#sleep(Math.min(retryPeriodMs, leftMs));
      }
      if (!renewed) break;
      await this.#sleep(retryPeriodMs);
    }
    this.#contextEndsAtMs = this.#process.now() + renewDeadlineMs;
    await this.#release();
  }

  /** One request: `undefined` when it failed or timed out, as NewFromKubeconfig's client would, or when its context ended. */
  #request<T>(
    call: (options: { timeoutMs: number }) => Promise<T>,
  ): Promise<{ readonly value: T } | undefined> {
    const nowMs = this.#process.now();
    const ownTimeoutMs = Math.max(1000, this.#durations.renewDeadlineMs / 2);
    const timeoutMs = Math.min(ownTimeoutMs, this.#contextEndsAtMs - nowMs);
    if (timeoutMs < SHORTEST_WAIT_MS) return Promise.resolve(undefined);
    return this.#before(
      nowMs + timeoutMs,
      call({ timeoutMs }).then(
        (value) => ({ value }),
        () => undefined,
      ),
    );
  }

  async #tryAcquireOrRenew(): Promise<boolean> {
    const nowMs = this.#process.now();
    const renewTime = this.#timestamp();
    const mine = {
      holderIdentity: this.identity,
      leaseDurationMs: this.#durations.leaseDurationMs,
      renewTime,
      acquireTime: renewTime,
      leaderTransitions: 0,
    };
    const held = this.#observed;
    if (held !== undefined && this.#isHolder() && this.#isValid(nowMs) && this.#lease !== undefined) {
      const { acquireTime, leaderTransitions } = held;
      if (await this.#update({ ...mine, acquireTime, leaderTransitions }, this.#lease)) return true;
    }
    const read = await this.#request((options) => this.#lock.get(options));
    if (read === undefined) return false;
    if (read.value === undefined) {
      const created = await this.#request((options) => this.#lock.create(mine, options));
      if (created === undefined) return false;
      this.#lease = created.value;
      this.#observe(created.value.record);
      return true;
    }
    this.#lease = read.value;
    const old = read.value.record;
    if (wholeSecondsOf(old) !== this.#observedKey) this.#observe(old);
    if (old.holderIdentity !== "" && this.#isValid(nowMs) && !this.#isHolder()) return false;
    const next = this.#isHolder()
      ? { ...mine, acquireTime: old.acquireTime, leaderTransitions: old.leaderTransitions }
      : { ...mine, leaderTransitions: old.leaderTransitions + 1 };
    return await this.#update(next, read.value);
  }

  async #release(): Promise<void> {
    const read = await this.#request((options) => this.#lock.get(options));
    if (read?.value === undefined || !this.#isHolder() || this.#observed === undefined) return;
    const renewTime = this.#timestamp();
    const { leaderTransitions } = this.#observed;
    const empty = {
      holderIdentity: "",
      leaseDurationMs: 1000,
      renewTime,
      acquireTime: renewTime,
      leaderTransitions,
    };
    await this.#update(empty, read.value);
  }

  async #update(record: LeaderElectionRecord, expected: VersionedRecord): Promise<boolean> {
    const written = await this.#request((options) => this.#lock.update(record, expected, options));
    if (written === undefined) return false;
    this.#lease = written.value;
    this.#observe(written.value.record);
    return true;
  }

  /** The time is stamped now, after the answer. */
  #observe(record: LeaderElectionRecord): void {
    this.#observed = record;
    this.#observedKey = wholeSecondsOf(record);
    this.#observedAtMs = this.#process.now();
  }

  #isHolder(): boolean {
    return this.#observed?.holderIdentity === this.identity;
  }

  #isValid(nowMs: number): boolean {
    const seconds = Math.floor((this.#observed?.leaseDurationMs ?? 0) / 1000);
    return this.#observedAtMs + seconds * 1000 > nowMs;
  }

  #timestamp(): string {
    this.#lastMicros = (this.#lastMicros + 1) % 1000;
    const iso = new Date(this.#process.wallTime()).toISOString();
    return `${iso.slice(0, -1)}${String(this.#lastMicros).padStart(3, "0")}Z`;
  }

  #stopLeading(): void {
    if (!this.#leads) return;
    this.#leads = false;
    this.#listener.stoppedLeading();
  }

  #sleep(ms: number): Promise<void> {
    if (this.#cancelled) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = this.#process.setTimer(() => {
        this.#onCancel = undefined;
        resolve();
      }, ms);
      this.#onCancel = () => {
        timer.cancel();
        resolve();
      };
    });
  }

  #before<T>(atMs: number, promise: Promise<T>): Promise<T | undefined> {
    return new Promise((resolve) => {
      const timer = this.#process.setTimer(() => resolve(undefined), atMs - this.#process.now());
      void promise.then((value) => {
        timer.cancel();
        resolve(value);
      });
    });
  }
}

/** What client-go compares: its record type holds whole seconds. */
function wholeSecondsOf(record: LeaderElectionRecord): string {
  const { holderIdentity, leaseDurationMs, acquireTime, renewTime, leaderTransitions } = record;
  return `${holderIdentity} ${leaseDurationMs} ${acquireTime?.slice(0, 19)} ${renewTime?.slice(0, 19)} ${leaderTransitions}`;
}
