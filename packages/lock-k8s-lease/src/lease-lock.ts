import {
  type CallOptions,
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
import { parseExactJson } from "@tenure/core/backend";
import { createTransport } from "./create-transport.ts";
import { namespaceOf } from "./kube-config.ts";
import { type LeaseKey, leaseKey } from "./lease-key.ts";
import { decodeLease, encodeNewLease, encodeUpdate, UnreadableLease } from "./lease-object.ts";
import { leasePath, leasesPath } from "./lease-path.ts";
import { watchLease } from "./lease-watch.ts";
import { loadDefault } from "./load-default.ts";
import { describeOperation, isWrite, type Operation, type Verb } from "./operation.ts";
import { type Answer, isLeaseNotFound, refusal } from "./refusal.ts";
import type { ApiRequest, Transport } from "./transport.ts";

/** Options of {@link LeaseLock}. */
export interface LeaseLockOptions {
  /** Name of the Lease, a DNS-1123 subdomain: one per application, or two applications elect one leader between them. */
  readonly name: string;
  /** A DNS-1123 label. By default the namespace of the kubeconfig's context (in a pod: the pod's own), else `"default"`. */
  readonly namespace?: string | undefined;
  /** Labels that every write of this lock sets on the Lease. Other labels on it stay. Default: none. */
  readonly labels?: Readonly<Record<string, string>> | undefined;
}

const CAPABILITIES: LockCapabilities = Object.freeze({
  // resourceVersion grows with every write, until etcd is restored from a backup.
  fencing: "monotonic-unless-data-loss",
  watch: "resumable",
  granularityMs: 1000,
  durability: "replicated",
});

const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * An election's record in a `coordination.k8s.io/v1` Lease, read and written as client-go does, so that Go replicas can
 * take part. Made by {@link LeaseClient.lock}, or with a client of its own by {@link LeaseLock.fromDefault}.
 */
export class LeaseLock implements ResourceLock, AsyncDisposable {
  /** `"lease NAMESPACE/NAME"` */
  readonly description: string;
  readonly capabilities: LockCapabilities = CAPABILITIES;
  readonly #key: LeaseKey;
  readonly #transport: Transport;
  readonly #ownsTransport: boolean;
  readonly #random: Random;
  readonly #closing = new AbortController();

  /** @internal Use {@link LeaseClient.lock} or {@link LeaseLock.fromDefault}. */
  constructor(options: {
    readonly key: LeaseKey;
    readonly transport: Transport;
    readonly ownsTransport: boolean;
    readonly random: Random;
  }) {
    this.#key = options.key;
    this.#transport = options.transport;
    this.#ownsTransport = options.ownsTransport;
    this.#random = options.random;
    this.description = `lease ${options.key.namespace}/${options.key.name}`;
  }

  /**
   * A lock with a client of its own, configured as {@link LeaseClient.fromDefault} does. {@link close} closes both.
   *
   * @throws `TypeError` or `RangeError` when an option is wrong; `LeaderElectionError` `ERR_LOCK_UNAVAILABLE` when no
   * configuration was found, naming the places tried.
   */
  static async fromDefault(options: LeaseLockOptions): Promise<LeaseLock> {
    // Checked before anything is read; the namespace may be known only after that.
    leaseKey({ ...options, namespace: options.namespace ?? "default" });
    const { kubeConfig, reload } = await loadDefault();
    return new LeaseLock({
      key: leaseKey({ ...options, namespace: options.namespace ?? namespaceOf(kubeConfig) }),
      transport: createTransport({ kubeConfig, reload, clock: systemClock }),
      ownsTransport: true,
      random: Math.random,
    });
  }

  /**
   * Reads the Lease from a quorum (never from the API server's cache); `undefined` when there is none.
   *
   * @throws `LeaderElectionError` with `outcome: "not-applied"`: a read writes nothing. `ERR_LOCK_RECORD_INVALID` when the
   * answer is no Lease, and any other code in the README's table.
   */
  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    const operation = this.#operation("get");
    const answer = await this.#call(operation, { method: "GET", path: leasePath(this.#key) }, options);
    if (isLeaseNotFound(answer, this.#key)) return undefined;
    return this.#read(operation, answer);
  }

  /**
   * Creates the Lease.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when there is one already; `ERR_LOCK_REJECTED` when the namespace does
   * not exist. `RangeError` when the record cannot be stored as it is: Leases keep whole seconds.
   */
  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    const operation = this.#operation("create");
    const body = encodeNewLease(record, this.#key);
    return this.#read(
      operation,
      await this.#call(operation, { method: "POST", path: leasesPath(this.#key), body }, options),
    );
  }

  /**
   * Replaces the Lease if it is still the object (uid) at the version (resourceVersion) of `expected`, which must come from
   * a lock on this Lease. All else in it stays as it was read.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when it is not, or is gone. `TypeError` or `RangeError` when the
   * arguments cannot be used.
   */
  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const operation = this.#operation("update");
    const body = encodeUpdate(record, expected, this.#key);
    return this.#read(
      operation,
      await this.#call(operation, { method: "PUT", path: leasePath(this.#key), body }, options),
    );
  }

  /**
   * Tells changes of the Lease as they happen, over as many connections as it takes. Without `from` it begins with `resync`
   * and then, if there is a Lease, its current state.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_FORBIDDEN` when the Role lacks `watch`, `ERR_LOCK_CLOSED` after {@link close}.
   */
  watch(options: WatchOptions): AsyncIterable<LockEvent> {
    return watchLease({
      transport: this.#transport,
      key: this.#key,
      signal: options.signal,
      closing: this.#closing.signal,
      from: options.from,
      random: this.#random,
    });
  }

  /** Ends calls and watches under way, and the client if this lock has its own. The Lease stays as it is. */
  async close(): Promise<void> {
    this.#closing.abort();
    if (this.#ownsTransport) this.#transport.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #operation(verb: Verb): Operation {
    return { verb, key: this.#key };
  }

  #call(operation: Operation, request: ApiRequest, { signal, timeoutMs }: CallOptions): Promise<Answer> {
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      throw new RangeError(
        `Expected \`timeoutMs\` above 0 and at most ${MAX_TIMEOUT_MS}, got ${String(timeoutMs)}`,
      );
    }
    return this.#transport.call(operation, request, { timeoutMs, signal, closing: this.#closing.signal });
  }

  #read(operation: Operation, answer: Answer): VersionedRecord {
    if (answer.status < 200 || answer.status >= 300) throw refusal(operation, answer);
    try {
      return decodeLease(parseExactJson(answer.body), this.#key);
    } catch (error) {
      // A parser's own message would quote the answer.
      const reason = error instanceof UnreadableLease ? error.message : "it is not JSON";
      const message = `${describeOperation(operation)}: the answer (${answer.status}) cannot be read: ${reason}`;
      throw isWrite(operation)
        ? new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, { outcome: "unknown" })
        : new LeaderElectionError("ERR_LOCK_RECORD_INVALID", message);
    }
  }
}
