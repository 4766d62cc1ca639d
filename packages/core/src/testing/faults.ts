import type { Clock } from "../clock.ts";
import { LeaderElectionError } from "../errors.ts";
import type {
  CallOptions,
  LeaderElectionRecord,
  LockCapabilities,
  LockEvent,
  ResourceLock,
  VersionedRecord,
  WatchOptions,
} from "../resource-lock.ts";

/** A request to the store. */
export type Operation = "get" | "create" | "update";

/** A request that was made, in order. */
export interface RecordedCall {
  readonly operation: Operation;
  /** When, by the clock's monotonic time. */
  readonly atMs: number;
  readonly record: LeaderElectionRecord | undefined;
  readonly expected: VersionedRecord | undefined;
}

type Fault =
  | { readonly kind: "hang"; readonly deaf: boolean }
  | { readonly kind: "lose-answer" }
  | { readonly kind: "conflict" }
  | { readonly kind: "delay-request"; readonly ms: number }
  | { readonly kind: "delay-answer"; readonly ms: number }
  | { readonly kind: "refuse"; readonly error: LeaderElectionError };

/** A lock between a candidate and the store, which a test can make fail. Each fault lasts `times` calls, by default until {@link heal}. */
export interface FaultyLock extends ResourceLock {
  /** Every request that was made. */
  readonly calls: readonly RecordedCall[];
  /** Requests get lost: nothing is written, no answer comes until the deadline. `deaf`: not even then, nor after an abort. */
  hang(operation: Operation, options?: { readonly times?: number; readonly deaf?: boolean }): void;
  /** Requests are applied, their answers get lost. */
  loseAnswer(operation: Operation, times?: number): void;
  /** Requests are refused with a conflict; nothing is written. */
  conflict(operation: Operation, times?: number): void;
  /** Requests land `ms` later, also when the caller has given up by then; answered at once after that. */
  delayRequest(operation: Operation, ms: number, times?: number): void;
  /** Requests land at once, their answers take `ms`. */
  delayAnswer(operation: Operation, ms: number, times?: number): void;
  /** Requests are refused: nothing is written. By default `ERR_LOCK_UNAVAILABLE`. */
  refuse(operation: Operation, error?: LeaderElectionError, times?: number): void;
  /** The watch tells nothing more, and does not end. */
  muteWatch(): void;
  /** Watches that stand end; new ones work. With an error they end with it, and so does every new one until {@link heal}. */
  cutWatch(error?: LeaderElectionError): void;
  /** No more faults, for one operation or for all and the watch. */
  heal(operation?: Operation): void;
}

/** Puts faults between a candidate and its lock. The lock itself stays as it is; closing this closes nothing. */
export function withFaults(lock: ResourceLock, options: { readonly clock: Clock }): FaultyLock {
  return new Faults(lock, options.clock);
}

class Faults implements FaultyLock {
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly watch?: (options: WatchOptions) => AsyncIterable<LockEvent>;
  readonly calls: RecordedCall[] = [];
  readonly #lock: ResourceLock;
  readonly #clock: Clock;
  readonly #faults = new Map<Operation, { readonly fault: Fault; left: number }>();
  readonly #watches = new Set<AbortController>();
  #muted = false;
  #watchError: LeaderElectionError | undefined;

  constructor(lock: ResourceLock, clock: Clock) {
    this.#lock = lock;
    this.#clock = clock;
    this.description = lock.description;
    this.capabilities = lock.capabilities;
    if (lock.watch !== undefined) this.watch = (options) => this.#watch(options);
  }

  get(options: CallOptions): Promise<VersionedRecord | undefined> {
    return this.#call("get", undefined, undefined, options, (inner) => this.#lock.get(inner));
  }

  create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    return this.#call("create", record, undefined, options, (inner) => this.#lock.create(record, inner));
  }

  update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    return this.#call("update", record, expected, options, (inner) =>
      this.#lock.update(record, expected, inner),
    );
  }

  async close(): Promise<void> {}

  hang(operation: Operation, options: { readonly times?: number; readonly deaf?: boolean } = {}): void {
    this.#set(operation, { kind: "hang", deaf: options.deaf ?? false }, options.times);
  }

  loseAnswer(operation: Operation, times?: number): void {
    this.#set(operation, { kind: "lose-answer" }, times);
  }

  conflict(operation: Operation, times?: number): void {
    this.#set(operation, { kind: "conflict" }, times);
  }

  delayRequest(operation: Operation, ms: number, times?: number): void {
    this.#set(operation, { kind: "delay-request", ms }, times);
  }

  delayAnswer(operation: Operation, ms: number, times?: number): void {
    this.#set(operation, { kind: "delay-answer", ms }, times);
  }

  refuse(operation: Operation, error?: LeaderElectionError, times?: number): void {
    const refusal = error ?? new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${this.description} refuses`);
    this.#set(operation, { kind: "refuse", error: refusal }, times);
  }

  muteWatch(): void {
    this.#muted = true;
  }

  cutWatch(error?: LeaderElectionError): void {
    this.#watchError = error;
    for (const controller of this.#watches) controller.abort();
  }

  heal(operation?: Operation): void {
    if (operation !== undefined) {
      this.#faults.delete(operation);
      return;
    }
    this.#faults.clear();
    this.#muted = false;
    this.#watchError = undefined;
  }

  #set(operation: Operation, fault: Fault, times = Number.POSITIVE_INFINITY): void {
    this.#faults.set(operation, { fault, left: times });
  }

  #take(operation: Operation): Fault | undefined {
    const entry = this.#faults.get(operation);
    if (entry === undefined) return undefined;
    entry.left -= 1;
    if (entry.left <= 0) this.#faults.delete(operation);
    return entry.fault;
  }

  async #call<T>(
    operation: Operation,
    record: LeaderElectionRecord | undefined,
    expected: VersionedRecord | undefined,
    options: CallOptions,
    send: (options: CallOptions) => Promise<T>,
  ): Promise<T> {
    options.signal?.throwIfAborted();
    this.calls.push({ operation, atMs: this.#clock.now(), record, expected });
    const fault = this.#take(operation);
    // What is on its way is applied whether the caller still waits or not.
    const detached: CallOptions = { timeoutMs: options.timeoutMs };
    switch (fault?.kind) {
      case undefined:
        return await send(options);
      case "conflict":
        throw new LeaderElectionError(
          "ERR_LOCK_CONFLICT",
          `${this.description}: conflict, as the test wants`,
        );
      case "refuse":
        throw fault.error;
      case "hang":
        return await (fault.deaf ? new Promise<never>(() => {}) : this.#unanswered<T>(options));
      case "lose-answer":
        // A refusal is an answer too: lost like any other.
        void send(detached).catch(() => {});
        return await this.#unanswered<T>(options);
      case "delay-request":
        return await this.#orUnanswered(
          options,
          this.#later(fault.ms).then(() => send(detached)),
        );
      case "delay-answer": {
        const sent = send(detached);
        sent.catch(() => {}); // told below, when its time has come
        return await this.#orUnanswered(
          options,
          this.#later(fault.ms).then(() => sent),
        );
      }
    }
  }

  #later(ms: number): Promise<void> {
    return new Promise((resolve) => this.#clock.setTimer(resolve, ms));
  }

  #unanswered<T>(options: CallOptions): Promise<T> {
    return this.#orUnanswered(options, new Promise<T>(() => {}));
  }

  /** The answer, or the deadline or abort that comes before it. */
  #orUnanswered<T>({ signal, timeoutMs }: CallOptions, answer: Promise<T>): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      const settle = (how: () => void): void => {
        timer.cancel();
        signal?.removeEventListener("abort", onAbort);
        how();
      };
      const giveUp = (cause: unknown): void => {
        const error = new LeaderElectionError(
          "ERR_LOCK_OUTCOME_UNKNOWN",
          `${this.description} did not answer`,
          { outcome: "unknown", cause },
        );
        settle(() => reject(error));
      };
      const onAbort = (): void => giveUp(signal?.reason);
      const timer = this.#clock.setTimer(() => giveUp("deadline"), timeoutMs);
      signal?.addEventListener("abort", onAbort, { once: true });
      answer.then(
        (value) => settle(() => resolve(value)),
        (error: unknown) => settle(() => reject(error)),
      );
    });
  }

  async *#watch({ signal, from }: WatchOptions): AsyncGenerator<LockEvent> {
    if (this.#watchError !== undefined) throw this.#watchError;
    const controller = new AbortController();
    const onAbort = (): void => controller.abort();
    if (signal.aborted) controller.abort();
    signal.addEventListener("abort", onAbort, { once: true });
    this.#watches.add(controller);
    try {
      for await (const event of this.#lock.watch?.({ signal: controller.signal, from }) ?? []) {
        if (!this.#muted) yield event;
      }
      if (this.#watchError !== undefined) throw this.#watchError;
    } finally {
      this.#watches.delete(controller);
      signal.removeEventListener("abort", onAbort);
    }
  }
}
