import {
  type CallOptions,
  type Clock,
  LeaderElectionError,
  type LeaderElectionRecord,
  type LockCapabilities,
  type LockEvent,
  type Random,
  type ResourceLock,
  systemClock,
  type VersionedRecord,
  type WatchOptions,
} from "@tenure/core";
import { callFailure, closedError, describeOperation, type Operation, type Verb } from "./call-failure.ts";
import { EtcdClient } from "./etcd-client.ts";
import { etcdKey } from "./etcd-key.ts";
import type { EtcdCompare, EtcdKeyValue, EtcdKv } from "./etcd-kv.ts";
import type { EtcdOptions } from "./etcd-options.ts";
import { watchKey } from "./etcd-watch.ts";
import { decodeRecord, encodeRecord, expectedRevisions, UnreadableRecord } from "./record-value.ts";

/** Options of {@link EtcdLock}. */
export interface EtcdLockOptions {
  /**
   * Which etcd: options, for a client of the lock's own that {@link EtcdLock.close} closes; or an {@link EtcdClient} (or
   * anything else that is an {@link EtcdKv}), for one that several locks share and that whoever made it closes.
   */
  readonly etcd: EtcdOptions | EtcdKv;
  /** Names the record within the prefix: one per application, or two applications elect one leader between them. */
  readonly name: string;
  /** Stands before the name in the key. May be `""`. @defaultValue `"/tenure/"` */
  readonly prefix?: string | undefined;
  /**
   * What the cluster survives, as far as you know it: `"replicated"` for three members or more, `"single-node"` for one,
   * `"best-effort"` for one that does not sync its disk. Changes nothing but {@link EtcdLock.capabilities}.
   * @defaultValue `"replicated"`
   */
  readonly durability?: LockCapabilities["durability"] | undefined;
  /** For tests. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** For tests: which member comes first, and jitter. Default `Math.random`. */
  readonly random?: Random | undefined;
}

const DEFAULT_PREFIX = "/tenure/";
const DURABILITIES: readonly unknown[] = ["replicated", "single-node", "best-effort"];
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** An election's record in one key of etcd v3: compare and swap by transactions on its create and mod revision. */
export class EtcdLock implements ResourceLock, AsyncDisposable {
  /** Names the whole key: `"etcd key /tenure/example"`. */
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly #key: string;
  readonly #kv: EtcdKv;
  /** The client, where it is the lock's own. */
  readonly #owned: EtcdClient | undefined;
  readonly #clock: Clock;
  readonly #random: Random;
  readonly #closing = new AbortController();

  /**
   * Stores the configuration; nothing is connected or asked yet.
   * @throws `TypeError` or `RangeError` when an option is wrong.
   */
  constructor(options: EtcdLockOptions) {
    const { etcd, name, prefix = DEFAULT_PREFIX, durability = "replicated" } = options;
    const { clock = systemClock, random = Math.random } = options;
    if (!DURABILITIES.includes(durability)) {
      throw new RangeError(`Expected \`durability\` as one of ${DURABILITIES.join(", ")}, got ${durability}`);
    }
    this.#key = etcdKey(prefix, name);
    this.#owned = isKv(etcd) ? undefined : new EtcdClient({ etcd, clock, random });
    this.#kv = this.#owned ?? (etcd as EtcdKv);
    this.#clock = clock;
    this.#random = random;
    this.description = `etcd key ${this.#key}`;
    this.capabilities = Object.freeze({
      // Revisions grow with every write of the cluster, until it is restored from a backup.
      fencing: "monotonic-unless-data-loss",
      watch: "resumable",
      granularityMs: 1,
      durability,
    });
  }

  /**
   * Reads the key from a quorum; `undefined` when there is none.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_RECORD_INVALID` when what is stored is no record, and any other code in the
   * README's table.
   */
  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    const operation = this.#operation("get");
    const stored = await this.#call(operation, options, (limits) => this.#kv.range(this.#key, limits));
    if (stored === undefined) return undefined;
    try {
      return decodeRecord(this.#key, stored);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      throw new LeaderElectionError(
        "ERR_LOCK_RECORD_INVALID",
        `${describeOperation(operation)}: what is stored at revision ${stored.modRevision} is no record: ${error.message}`,
      );
    }
  }

  /**
   * Creates the key.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when there is one already. `TypeError` or `RangeError` when the record
   * cannot be stored as it is.
   */
  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    const value = encodeRecord(record);
    const written = await this.#put(this.#operation("create"), { createRevision: "0" }, value, options);
    return decodeRecord(this.#key, { value, createRevision: written, modRevision: written });
  }

  /**
   * Replaces the value if the key is still the one (create revision) at the version (mod revision) of `expected`, which must
   * come from a lock on this key. Fields of the stored object that are not the record's stay as they were read.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when it is not, or is gone. `TypeError` or `RangeError` when the
   * arguments cannot be used.
   */
  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const compare = expectedRevisions(this.#key, expected);
    const value = encodeRecord(record, expected);
    const modRevision = await this.#put(this.#operation("update"), compare, value, options);
    return decodeRecord(this.#key, { value, createRevision: compare.createRevision, modRevision });
  }

  /**
   * Tells changes of the key as they happen, over as many streams as it takes. Without `from` it begins with `resync`.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_FORBIDDEN` when the role may not read the key, `ERR_LOCK_CLOSED` after
   * {@link close}.
   */
  watch(options: WatchOptions): AsyncIterable<LockEvent> {
    return watchKey({
      kv: this.#kv,
      operation: this.#operation("watch"),
      signal: options.signal,
      closing: this.#closing.signal,
      from: options.from,
      clock: this.#clock,
      random: this.#random,
    });
  }

  /** Ends calls and watches under way, and the client if this lock has its own. The key stays as it is. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#owned?.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** The revision of the put. */
  async #put(
    operation: Operation,
    compare: EtcdCompare,
    value: Uint8Array,
    options: CallOptions,
  ): Promise<string> {
    const answer = await this.#call(operation, options, (limits) =>
      this.#kv.txn({ key: this.#key, compare, value }, limits),
    );
    if (answer.succeeded) return answer.revision;
    throw new LeaderElectionError(
      "ERR_LOCK_CONFLICT",
      `${describeOperation(operation)} failed: ${conflict(compare, answer.current)}`,
    );
  }

  async #call<Value>(
    operation: Operation,
    { signal, timeoutMs }: CallOptions,
    call: (limits: {
      readonly timeoutMs: number;
      readonly signal: AbortSignal | undefined;
      readonly closing: AbortSignal;
    }) => Promise<Value>,
  ): Promise<Value> {
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      throw new RangeError(
        `Expected \`timeoutMs\` above 0 and at most ${MAX_TIMEOUT_MS}, got ${String(timeoutMs)}`,
      );
    }
    if (this.#closing.signal.aborted) throw closedError(operation);
    try {
      return await call({ timeoutMs, signal, closing: this.#closing.signal });
    } catch (error) {
      throw callFailure(error, operation);
    }
  }

  #operation(verb: Verb): Operation {
    return { verb, key: this.#key };
  }
}

/** What stands there instead, as far as a message may say: its revisions, not its content. */
function conflict(expected: EtcdCompare, current: EtcdKeyValue | undefined): string {
  if (current === undefined) return "there is no record any more";
  const { createRevision, modRevision } = current;
  if (expected.modRevision === undefined) return `there is a record, at revision ${modRevision}`;
  const object = createRevision === expected.createRevision ? "" : `, created anew at ${createRevision}`;
  return `the record is at revision ${modRevision}${object}, not ${expected.modRevision}`;
}

function isKv(etcd: EtcdOptions | EtcdKv): etcd is EtcdKv {
  const { range, txn, watch } = (etcd ?? {}) as Partial<Record<keyof EtcdKv, unknown>>;
  return [range, txn, watch].every((method) => typeof method === "function");
}
