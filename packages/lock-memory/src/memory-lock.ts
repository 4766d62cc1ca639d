import {
  type CallOptions,
  LeaderElectionError,
  type LeaderElectionRecord,
  type LockCapabilities,
  type LockEvent,
  type ResourceLock,
  type VersionedRecord,
  type WatchOptions,
} from "@tenure/core";
import { CellLock } from "@tenure/core/testing";

/** Options of {@link MemoryLock}. */
export interface MemoryLockOptions {
  /** Names the lock in logs and errors. @defaultValue `"lock"` */
  readonly name?: string | undefined;
  /** The cell to keep the record in: give the same one to several locks that are to compete. @defaultValue one of its own */
  readonly cell?: CellLock | undefined;
}

/**
 * A lock in one process: {@link CellLock} with a watch and an end. For unit tests of elected work, and the backend to read
 * before one writes another. It keeps no two processes apart.
 */
export class MemoryLock implements ResourceLock {
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly #cell: CellLock;
  readonly #closing = new AbortController();

  constructor(options: MemoryLockOptions = {}) {
    if (options.name !== undefined && typeof options.name !== "string") {
      throw new TypeError(`Expected \`name\` to be a string, got ${String(options.name)}`);
    }
    this.description = `memory ${options.name ?? "lock"}`;
    this.#cell = options.cell ?? new CellLock({ description: this.description });
    this.capabilities = Object.freeze({ ...this.#cell.capabilities, watch: "resumable" });
  }

  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    this.#refuseIfClosed();
    return await this.#cell.get(options);
  }

  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    this.#refuseIfClosed();
    return await this.#cell.create(record, options);
  }

  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    this.#refuseIfClosed();
    return await this.#cell.update(record, expected, options);
  }

  /** Every change from `from` on, see {@link CellLock.changes}. Ends with `ERR_LOCK_CLOSED` when the lock is closed. */
  async *watch({ signal, from }: WatchOptions): AsyncGenerator<LockEvent> {
    this.#refuseIfClosed();
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    yield* this.#cell.changes({ signal: ended, from });
    this.#refuseIfClosed();
  }

  /** Ends watches and refuses further calls; the cell and its record stay. Idempotent. */
  async close(): Promise<void> {
    this.#closing.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #refuseIfClosed(): void {
    if (this.#closing.signal.aborted) {
      throw new LeaderElectionError("ERR_LOCK_CLOSED", `${this.description} is closed`);
    }
  }
}
