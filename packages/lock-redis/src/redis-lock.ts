import { randomBytes } from "node:crypto";
import {
  type CallOptions,
  type Clock,
  LeaderElectionError,
  type LeaderElectionRecord,
  type LockCapabilities,
  type LockEvent,
  type ResourceLock,
  systemClock,
  type VersionedRecord,
  type WatchOptions,
} from "@tenure/core";
import { createRedactor } from "@tenure/core/backend";
import type { RedisOptions } from "ioredis";
import { Caller } from "./caller.ts";
import { ClusterConnector } from "./cluster-connector.ts";
import { type Deployment, deploymentOf } from "./deployment.ts";
import { describeOperation, isWrite, type Operation } from "./operation.ts";
import { type RecordKey, recordKey } from "./record-key.ts";
import { DEFAULT_PULSE, watchRecord } from "./record-watch.ts";
import type { RedisConnector } from "./redis-connection.ts";
import type { Reply } from "./reply.ts";
import { CREATE, GET, type Script, UPDATE } from "./scripts.ts";
import { SingleConnector } from "./single-connector.ts";
import { decodeRecord, encodeRecord, UnreadableRecord } from "./stored-record.ts";

/** What a lock needs of a client of ioredis: any `Redis` or `Cluster`, of any copy and version, has it. */
export interface RedisClient {
  readonly options: object;
  readonly isCluster: boolean;
}

/** Options of {@link RedisLock}. */
export interface RedisLockOptions {
  /**
   * Where Redis is and how to get in: a client of ioredis (`Redis`, also with Sentinels, or `Cluster`), or the options of a
   * `Redis`. The client itself is never used: the lock opens connections of its own, with settings that cannot send
   * a command twice or late. Taken over are addresses, user, password, database, TLS and Sentinels; not `keyPrefix`.
   */
  readonly redis: RedisClient | RedisOptions;
  /** Names the election: one per application, or two applications elect one leader between them. Not empty, at most 512 characters. */
  readonly name: string;
  /**
   * Stands before the name in the key, `PREFIX{NAME}`, without braces and spaces. It must be the same for all candidates.
   * @defaultValue `"lease:"`
   */
  readonly prefix?: string | undefined;
  /**
   * What the deployment does with what it has acknowledged; told in `capabilities.durability`, and nothing else depends on
   * it. `"replicated"` only where a write survives the loss of a server, which a fail-over of Redis does not promise;
   * `"single-node"` where it survives a restart: `appendonly yes` with `appendfsync always`.
   * @defaultValue `"best-effort"`
   */
  readonly durability?: LockCapabilities["durability"] | undefined;
}

const DURABILITIES: readonly unknown[] = ["replicated", "single-node", "best-effort"];
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/**
 * An election's record in one hash of Redis or Valkey: standalone, behind Sentinels, or in a Cluster.
 *
 * ```ts
 * await using lock = new RedisLock({ redis, name: "scheduler" });
 * ```
 */
export class RedisLock implements ResourceLock, AsyncDisposable {
  /** `"redis lease:{NAME}"` */
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly #key: RecordKey;
  readonly #connector: RedisConnector;
  readonly #caller: Caller;
  readonly #clock: Clock = systemClock;
  readonly #closing = new AbortController();

  /**
   * Checks and stores; connects with the first call.
   * @throws `TypeError` or `RangeError` when an option is wrong.
   */
  constructor(options: RedisLockOptions) {
    const { redis, name, prefix = "lease:", durability = "best-effort" } = options;
    if (!DURABILITIES.includes(durability)) {
      throw new RangeError(
        `Expected \`durability\` as "replicated", "single-node" or "best-effort", got ${String(durability)}`,
      );
    }
    const deployment = deploymentOf(redis);
    this.#key = recordKey({ name, prefix, database: deployment.database });
    this.#connector = connectorFor(deployment);
    this.#caller = new Caller(this.#connector, this.#clock);
    this.description = `redis ${this.#key.key}`;
    this.capabilities = Object.freeze({
      // Grows even when the key is lost, by the server's clock: until a clock goes back and the key is lost as well.
      fencing: "monotonic-unless-data-loss",
      watch: "hint",
      granularityMs: 1,
      durability,
    });
  }

  /**
   * Reads the record from the primary; `undefined` when there is no key.
   *
   * @throws `LeaderElectionError` with `outcome: "not-applied"`: a read writes nothing. `ERR_LOCK_RECORD_INVALID` when the
   * key holds something else, and any other code in the README's table.
   */
  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    const operation = this.#operation("get");
    const reply = await this.#run(operation, GET, () => [], options);
    return reply.what === "absent" ? undefined : this.#read(operation, reply);
  }

  /**
   * Writes the first record.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when the key exists. `TypeError` or `RangeError` when the record cannot
   * be stored as it is.
   */
  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    return this.#write(this.#operation("create"), CREATE, record, [randomId()], options);
  }

  /**
   * Replaces the record if it still has the version of `expected`. Fields of the hash that are not ours stay.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_CONFLICT` when it has not, or is gone. `TypeError` or `RangeError` when the record
   * cannot be stored as it is.
   */
  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const { version, incarnation } = expected ?? {};
    if (typeof version !== "string" || typeof incarnation !== "string") {
      throw new TypeError("Expected `expected` as a record with its version, as a lock returned it");
    }
    return this.#write(this.#operation("update"), UPDATE, record, [version, incarnation], options);
  }

  /**
   * Tells writes of locks as they happen, over a connection of its own. Says `resync` whenever it has (again) begun to
   * listen. What a stranger does to the key (DEL, FLUSHALL) is not published and not told.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_FORBIDDEN` when the user may not subscribe, `ERR_LOCK_CLOSED` after {@link close}.
   */
  watch(options: WatchOptions): AsyncIterable<LockEvent> {
    return watchRecord({
      connector: this.#connector,
      operation: this.#operation("watch"),
      channel: this.#key.channel,
      signal: options.signal,
      closing: this.#closing.signal,
      clock: this.#clock,
      random: Math.random,
      pulse: DEFAULT_PULSE,
    });
  }

  /** Ends calls and watches under way, and their connections. The record stays as it is, and so does the client given. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#caller.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #operation(verb: Operation["verb"]): Operation {
    return { verb, record: this.description };
  }

  async #write(
    operation: Operation,
    script: Script,
    record: LeaderElectionRecord,
    more: readonly string[],
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const encoded = encodeRecord(record);
    const op = randomId();
    const { channel } = this.#key;
    const reply = await this.#run(
      operation,
      script,
      (notAfter) => [channel, op, notAfter, encoded, ...more],
      options,
    );
    switch (reply.what) {
      case "written":
        return this.#read(operation, reply);
      case "late":
        throw new LeaderElectionError(
          "ERR_LOCK_UNAVAILABLE",
          `${describeOperation(operation)} failed: it reached ${this.#connector.server} after its deadline, and was not carried out`,
        );
      case "exists":
      case "gone":
      case "moved":
        throw new LeaderElectionError(
          "ERR_LOCK_CONFLICT",
          `${describeOperation(operation)} failed: ${whyConflict(reply)}`,
        );
      default:
        // The answer to a read: whatever mixed it up has said nothing of this write.
        throw new LeaderElectionError(
          "ERR_LOCK_OUTCOME_UNKNOWN",
          `${describeOperation(operation)} failed: ${this.#connector.server} gave the answer to another question`,
          { outcome: "unknown" },
        );
    }
  }

  #run(
    operation: Operation,
    script: Script,
    args: (notAfter: string) => readonly string[],
    { timeoutMs, signal }: CallOptions,
  ): Promise<Reply> {
    if (!(timeoutMs > 0 && timeoutMs <= MAX_TIMEOUT_MS)) {
      throw new RangeError(
        `Expected \`timeoutMs\` above 0 and at most ${MAX_TIMEOUT_MS}, got ${String(timeoutMs)}`,
      );
    }
    return this.#caller.call(operation, { script, key: this.#key.key, args }, { timeoutMs, signal });
  }

  #read(operation: Operation, { stored }: Reply): VersionedRecord {
    try {
      return decodeRecord(stored);
    } catch (error) {
      if (!(error instanceof UnreadableRecord)) throw error;
      const message = `${describeOperation(operation)}: what is stored is no record of a lock: ${error.message}`;
      throw isWrite(operation)
        ? new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, { outcome: "unknown" })
        : new LeaderElectionError("ERR_LOCK_RECORD_INVALID", message);
    }
  }
}

function connectorFor(deployment: Deployment): RedisConnector {
  const { password, sentinelPassword } = deployment.options;
  const redact = createRedactor(
    [password, sentinelPassword].filter((secret): secret is string => typeof secret === "string"),
  );
  return deployment.kind === "cluster"
    ? new ClusterConnector(deployment, redact)
    : new SingleConnector(deployment, redact);
}

function randomId(): string {
  return randomBytes(12).toString("hex");
}

function whyConflict({ what, stored }: Reply): string {
  if (what === "gone") return "there is no record any more";
  if (what === "exists") return "there is a record already";
  return `the record is at version ${String(stored.version)} by now`;
}
