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

/** Options of {@link CellLock}. */
export interface CellLockOptions {
  /** @defaultValue `"cell"` */
  readonly description?: string | undefined;
  /** @defaultValue 1 */
  readonly granularityMs?: number | undefined;
}

/**
 * The one compare-and-swap cell, in memory: the shortest correct reading of {@link ResourceLock}, without a watch. Candidates
 * of one test share one instance; faults between them and the store come from `withFaults`.
 */
export class CellLock implements ResourceLock {
  readonly description: string;
  readonly capabilities: LockCapabilities;
  #current: VersionedRecord | undefined;
  #lastVersion = 0n;
  readonly #subscribers = new Set<(event: LockEvent) => void>();

  constructor(options: CellLockOptions = {}) {
    this.description = options.description ?? "cell";
    this.capabilities = Object.freeze({
      fencing: "monotonic",
      watch: "none",
      granularityMs: options.granularityMs ?? 1,
      durability: "best-effort",
    });
  }

  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    options.signal?.throwIfAborted();
    return this.#current;
  }

  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    options.signal?.throwIfAborted();
    if (this.#current !== undefined) throw conflict(`${this.description} already has a record`);
    return this.#put(record, undefined);
  }

  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    options.signal?.throwIfAborted();
    const current = this.#current;
    if (current === undefined) throw conflict(`${this.description} has no record`);
    if (current.version !== expected.version) {
      throw conflict(`${this.description} is at version ${current.version}, not ${expected.version}`);
    }
    if (current.incarnation !== expected.incarnation) {
      throw conflict(`${this.description} is the record ${current.incarnation}, not ${expected.incarnation}`);
    }
    return this.#put(record, current.incarnation);
  }

  /** Nothing to end. */
  async close(): Promise<void> {}

  // ---- the store's own side: what a test or a stranger does -----------------------------------------------------------

  /** What is stored now. */
  get current(): VersionedRecord | undefined {
    return this.#current;
  }

  /** A stranger replaces fields of the record, whatever its version, or writes a whole one where there is none. */
  overwrite(change: Partial<LeaderElectionRecord>): VersionedRecord {
    return this.#put({ ...EMPTY, ...this.#current?.record, ...change }, this.#current?.incarnation);
  }

  /** A stranger edits something beside the record, a label say: the version moves, the fields stay. */
  touch(): void {
    if (this.#current !== undefined) this.#put(this.#current.record, this.#current.incarnation);
  }

  /** A stranger deletes the record. */
  delete(): void {
    if (this.#current === undefined) return;
    this.#current = undefined;
    this.#tell({ kind: "deleted", fencingToken: ++this.#lastVersion });
  }

  /** The store is restored from a backup: an earlier state, and its counter with it. Nobody is told. */
  restore(backup: VersionedRecord): void {
    this.#current = backup;
    this.#lastVersion = BigInt(backup.version);
  }

  /**
   * What a watch of this cell tells, for locks that have one. Every change from `from` on; a reader that is slow gets the
   * latest of several. Without `from` it begins with the current state, or `resync` where there is none.
   */
  async *changes({ signal, from }: WatchOptions): AsyncGenerator<LockEvent> {
    let latest = this.#since(from);
    let wake = (): void => {};
    const subscriber = (event: LockEvent): void => {
      latest = event;
      wake();
    };
    const onAbort = (): void => wake();
    this.#subscribers.add(subscriber);
    signal.addEventListener("abort", onAbort);
    try {
      while (!signal.aborted) {
        const event = latest;
        latest = undefined;
        if (event !== undefined) yield event;
        else await new Promise<void>((resolve) => (wake = resolve));
      }
    } finally {
      this.#subscribers.delete(subscriber);
      signal.removeEventListener("abort", onAbort);
    }
  }

  #since(from: VersionedRecord | undefined): LockEvent | undefined {
    const current = this.#current;
    if (from !== undefined && from.version === current?.version) return undefined;
    if (current !== undefined) return { kind: "changed", current };
    return from === undefined ? { kind: "resync" } : { kind: "deleted", fencingToken: this.#lastVersion };
  }

  #put(record: LeaderElectionRecord, incarnation: string | undefined): VersionedRecord {
    // The counter outlives deletion: versions never repeat, tokens never shrink.
    const token = ++this.#lastVersion;
    const current = Object.freeze({
      record: Object.freeze({ ...record }),
      version: String(token),
      incarnation: incarnation ?? `created-at-${token}`,
      fencingToken: token,
    });
    this.#current = current;
    this.#tell({ kind: "changed", current });
    return current;
  }

  #tell(event: LockEvent): void {
    for (const subscriber of [...this.#subscribers]) subscriber(event);
  }
}

const EMPTY: LeaderElectionRecord = {
  holderIdentity: "",
  leaseDurationMs: 0,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

function conflict(message: string): LeaderElectionError {
  return new LeaderElectionError("ERR_LOCK_CONFLICT", message);
}
