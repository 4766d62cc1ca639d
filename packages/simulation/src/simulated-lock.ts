import type {
  CallOptions,
  LeaderElectionRecord,
  LockCapabilities,
  LockEvent,
  ResourceLock,
  VersionedRecord,
  WatchOptions,
} from "@tenure/core";
import type { Call, Link, Outcome } from "./link.ts";
import type { SimulatedProcess } from "./process.ts";
import { SimulatedWatch, type WatchListener } from "./simulated-watch.ts";
import type { Change, StoredRecord, Write } from "./store.ts";

/** Numbers the calls of a world. */
export interface CallCounter {
  nextCallId: number;
}

/** One process's lock on the simulated store. Like the real ones it makes one attempt a call; unlike them it may never settle. */
export class SimulatedLock implements ResourceLock {
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly watch?: (options: WatchOptions) => AsyncIterable<LockEvent>;
  readonly #link: Link;
  readonly #process: SimulatedProcess;
  readonly #calls: CallCounter;
  readonly #watched: WatchListener;
  readonly #watches = new Set<SimulatedWatch>();
  /** Server time of the last answer less our monotonic time then: what a not-after is computed from. */
  #serverAheadMs: number | undefined;

  constructor(options: {
    readonly link: Link;
    readonly process: SimulatedProcess;
    readonly calls: CallCounter;
    readonly watches: boolean;
    readonly watched: WatchListener;
  }) {
    this.#link = options.link;
    this.#process = options.process;
    this.#calls = options.calls;
    this.#watched = options.watched;
    const { flavour } = options.link.store;
    this.description = `simulated ${flavour.name}`;
    this.capabilities = { ...flavour.capabilities, watch: options.watches ? flavour.watch : "none" };
    if (options.watches) this.watch = (watchOptions) => this.#open(watchOptions);
  }

  get openWatches(): number {
    return this.#watches.size;
  }

  get({ signal }: CallOptions): Promise<StoredRecord | undefined> {
    return this.#send("get", undefined, signal);
  }

  create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    return this.#write("create", record, undefined, options);
  }

  update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    return this.#write("update", record, expected, options);
  }

  async close(): Promise<void> {}

  /** Its process is gone. */
  abandon(): void {
    this.#watches.clear();
  }

  /** The store changed. */
  tell(change: Change): void {
    for (const watch of this.#watches) watch.tell(change);
  }

  cutWatches(how: "ends" | "fails" | "reconnects"): void {
    for (const watch of [...this.#watches]) watch.cut(how);
  }

  #write(
    operation: "create" | "update",
    record: LeaderElectionRecord,
    expected: VersionedRecord | undefined,
    { signal, timeoutMs }: CallOptions,
  ): Promise<VersionedRecord> {
    const notAfterMicros =
      this.#serverAheadMs === undefined
        ? Number.POSITIVE_INFINITY
        : (this.#process.now() + this.#serverAheadMs + timeoutMs) * 1000;
    // A write that succeeds gives the new version.
    return this.#send(operation, { record, expected, notAfterMicros }, signal) as Promise<VersionedRecord>;
  }

  #send(
    operation: Call["operation"],
    write: Omit<Write, "origin"> | undefined,
    signal: AbortSignal | undefined,
  ): Promise<StoredRecord | undefined> {
    const callId = this.#calls.nextCallId++;
    const origin = { writer: this.#process, callId, sentAtMs: this.#process.now() };
    const call: Call = {
      callId,
      process: this.#process,
      operation,
      signal,
      write: write === undefined ? undefined : { ...write, origin },
    };
    return new Promise((resolve, reject) => {
      this.#link.send(call, (outcome: Outcome) => {
        this.#serverAheadMs = this.#link.store.serverMillis() - this.#process.now();
        if (outcome.ok) resolve(outcome.found);
        else reject(outcome.error);
      });
    });
  }

  #open(options: WatchOptions): AsyncIterable<LockEvent> {
    const watch = new SimulatedWatch(this.#link, this.#process, options, {
      arrived: this.#watched,
      closed: (closed) => this.#watches.delete(closed),
    });
    this.#watches.add(watch);
    return watch;
  }
}
