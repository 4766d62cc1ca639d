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
import type { Address } from "../fixture.ts";
import { Connection, Lost } from "./connection.fixture.ts";
import type { Mutation } from "./mutants.fixture.ts";
import type { Answered, Asked } from "./server.fixture.ts";
import type { Refusal, Stored } from "./store.fixture.ts";
import { watchReference } from "./watch.fixture.ts";

/** How the reference lock connects, and what is wrong with it. */
export interface ReferenceLockOptions {
  readonly name: string;
  readonly address: Address;
  readonly user: string;
  readonly mutation?: Mutation | undefined;
  readonly capabilities: LockCapabilities;
}

/** What ended a call from this side. */
type Interruption = "deadline" | "aborted" | "closed";

const REFUSALS = {
  conflict: "ERR_LOCK_CONFLICT",
  compacted: "ERR_LOCK_REJECTED",
  forbidden: "ERR_LOCK_FORBIDDEN",
  unauthenticated: "ERR_LOCK_UNAUTHENTICATED",
  throttled: "ERR_LOCK_THROTTLED",
} as const satisfies Record<Refusal, string>;

const LONG_HELD = { holderIdentity: "somebody", leaseDurationMs: 60_000 };

/** A lock on the reference store, with a switch for each mutant. */
export class ReferenceLock implements ResourceLock {
  readonly description: string;
  readonly capabilities: LockCapabilities;
  readonly watch?: (options: WatchOptions) => AsyncIterable<LockEvent>;
  readonly #options: ReferenceLockOptions;
  readonly #mutation: Mutation | undefined;
  readonly #closing = new AbortController();
  readonly #opened = new Set<Connection>();
  #connecting: Promise<Connection> | undefined;

  constructor(options: ReferenceLockOptions) {
    this.#options = options;
    this.#mutation = options.mutation;
    this.description = `reference ${options.name}`;
    this.capabilities =
      this.#mutation === "capabilities-not-frozen"
        ? { ...options.capabilities }
        : Object.freeze({ ...options.capabilities });
    if (this.capabilities.watch !== "none" || this.#mutation === "watch-without-claim") {
      this.watch = ({ signal, from }) =>
        watchReference({
          address: options.address,
          asked: { op: "watch", name: options.name, user: options.user },
          read: (stored) => this.#halved(this.#read(stored)),
          closing: this.#closing.signal,
          mutation: this.#mutation,
          signal,
          from: from?.version,
        });
    }
  }

  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    try {
      const { found } = await this.#call({ op: "get" }, options);
      if (found?.record === undefined && this.#mutation === "corrupt-is-absent") return undefined;
      return found === undefined ? undefined : this.#halved(this.#read(found));
    } catch (error) {
      const hidden = this.#mutation === "forbidden-is-absent" && LeaderElectionError.is(error);
      if (hidden && error.code === "ERR_LOCK_FORBIDDEN") return undefined;
      throw error;
    }
  }

  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    return await this.#write({ op: "create", record: this.#encode(record) }, options);
  }

  async update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const { version, incarnation, raw } = expected;
    if (this.#mutation === "release-is-lost" && record.holderIdentity === "") return { ...expected, record };
    const note = this.#mutation === "drops-foreign-fields" ? undefined : (raw as Stored | undefined)?.note; // our own answer
    return await this.#write(
      { op: "update", record: this.#encode(record), version, incarnation, note },
      options,
    );
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted && this.#mutation === "close-throws-twice")
      throw new Error("closed twice");
    if (this.#mutation === "releases-on-close" && !this.#closing.signal.aborted) await this.#release();
    this.#closing.abort();
    // It never ends, which is the bug.
    if (this.#mutation === "process-cannot-exit") setInterval(() => {}, 60_000);
    if (this.#mutation === "close-leaves-sockets") return;
    for (const connection of this.#opened) connection.destroy();
  }

  async #release(): Promise<void> {
    const options = { timeoutMs: 1_000 };
    const current = await this.get(options).catch(() => undefined);
    if (current === undefined) return;
    await this.update({ ...current.record, holderIdentity: "" }, current, options).catch(() => {});
  }

  async #write(asked: Partial<Asked> & Pick<Asked, "op">, options: CallOptions): Promise<VersionedRecord> {
    const { found } = await this.#call(asked, options);
    if (found === undefined)
      throw new LeaderElectionError("ERR_LOCK_RECORD_INVALID", "no answer", { outcome: "unknown" });
    return this.#read(found);
  }

  /** One request, one answer, within its time. */
  async #call(asked: Partial<Asked> & Pick<Asked, "op">, options: CallOptions): Promise<Answered> {
    if (this.#closing.signal.aborted && this.#mutation !== "works-after-close") {
      throw new LeaderElectionError("ERR_LOCK_CLOSED", `${this.description} is closed`);
    }
    const { signal, timeoutMs } = options;
    if (this.#mutation !== "sends-aborted-calls") signal?.throwIfAborted();
    const isWrite = asked.op !== "get";
    const { address, name, user } = this.#options;
    const ended = new AbortController();
    const end = (why: Interruption) => () => ended.abort(why);
    const [onAbort, onClose] = [end("aborted"), end("closed")];
    const timer = setTimeout(end("deadline"), this.#mutation === "timeout-ignored" ? 60_000 : timeoutMs);
    if (this.#mutation !== "abort-ignored") signal?.addEventListener("abort", onAbort, { once: true });
    this.#closing.signal.addEventListener("abort", onClose);
    let connection: Connection | undefined;
    let failed = false;
    try {
      connection = await this.#connection(address, ended.signal, { ...asked, name, user, op: asked.op });
      ended.signal.throwIfAborted();
      return await this.#exchange(connection, { ...asked, name, user, op: asked.op }, ended.signal);
    } catch (error) {
      failed = true;
      if (error instanceof LeaderElectionError) throw error;
      if (error instanceof Lost && this.#mutation === "resends-after-loss") {
        return await this.#call(asked, options);
      }
      const half = this.#halfAnswer(connection, asked);
      // After a deadline the connection is not used again.
      if (ended.signal.aborted) connection?.destroy();
      if (half !== undefined) return half;
      throw this.#failure(error, { isWrite, sent: connection !== undefined, reason: signal?.reason });
    } finally {
      if (this.#mutation === "leaks-timers" && failed) setTimeout(() => {}, 120_000);
      clearTimeout(timer);
      const leaks =
        this.#mutation === "leaks-abort-listeners" ||
        (this.#mutation === "leaks-listeners-when-answered" && !failed);
      if (!leaks) signal?.removeEventListener("abort", onAbort);
      this.#closing.signal.removeEventListener("abort", onClose);
    }
  }

  #exchange(connection: Connection, asked: Omit<Asked, "id">, ended: AbortSignal): Promise<Answered> {
    return new Promise((resolve, reject) => {
      const onEnd = (): void => settle(() => reject(ended.reason));
      const forget = connection.send(asked, (answer) =>
        settle(() => {
          if (answer instanceof Lost) reject(answer);
          else if (answer.refused !== undefined) reject(this.#refusal(answer.refused, answer.retryAfterMs));
          else resolve(answer);
        }),
      );
      const settle = (how: () => void): void => {
        queueMicrotask(() => {
          forget();
          ended.removeEventListener("abort", onEnd);
        });
        how();
      };
      ended.addEventListener("abort", onEnd);
    });
  }

  /** The connection of this lock, opened where there is none. */
  async #connection(address: Address, ended: AbortSignal, asked: Omit<Asked, "id">): Promise<Connection> {
    if (this.#mutation === "connection-per-call") return await this.#open(address, ended);
    const existing = await this.#connecting?.catch(() => undefined);
    if (existing?.isOpen) return existing;
    if (this.#mutation === "queue-replays") return await this.#queued(address, ended, asked);
    this.#connecting = this.#open(address, ended);
    return await this.#connecting;
  }

  async #open(address: Address, ended: AbortSignal): Promise<Connection> {
    const connection = await Connection.open(address, ended);
    this.#opened.add(connection);
    return connection;
  }

  /** The bug: waits for a connection as long as it takes, and then sends, whatever became of the caller. */
  async #queued(address: Address, ended: AbortSignal, asked: Omit<Asked, "id">): Promise<Connection> {
    const connecting = (async (): Promise<Connection> => {
      for (;;) {
        try {
          return await this.#open(address, this.#closing.signal);
        } catch (error) {
          if (this.#closing.signal.aborted) throw error;
          await new Promise((resolve) => setTimeout(resolve, 20));
        }
      }
    })();
    this.#connecting = connecting;
    return await new Promise((resolve, reject) => {
      ended.addEventListener("abort", () => reject(ended.reason));
      connecting.then((connection) => {
        if (ended.aborted) connection.send(asked, () => {});
        else resolve(connection);
      }, reject);
    });
  }

  #failure(
    error: unknown,
    {
      isWrite,
      sent,
      reason,
    }: { readonly isWrite: boolean; readonly sent: boolean; readonly reason: unknown },
  ): unknown {
    const { description } = this;
    const isUnknown = isWrite && sent;
    if (error === "aborted" && (!sent || this.#mutation === "abort-is-not-applied")) return reason;
    const cause = error === "aborted" ? reason : error;
    if (error === "closed" && !isUnknown)
      return new LeaderElectionError("ERR_LOCK_CLOSED", `${description} is closed`);
    if (!isUnknown)
      return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${description}: not reached`, { cause });
    if (error === "deadline" && this.#mutation === "timeout-is-conflict") {
      return new LeaderElectionError("ERR_LOCK_CONFLICT", `${description}: somebody else was first`);
    }
    if (
      (error === "deadline" && this.#mutation === "timeout-is-unavailable") ||
      (error instanceof Lost && this.#mutation === "loss-is-unavailable")
    ) {
      return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${description}: not reached`, { cause });
    }
    return new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", `${description}: no answer`, {
      outcome: "unknown",
      cause,
    });
  }

  /** The bugs that make an answer of none. */
  #halfAnswer(connection: Connection | undefined, asked: Partial<Asked>): Answered | undefined {
    const invent =
      this.#mutation === "timeout-is-success" ||
      (this.#mutation === "half-an-answer-counts" && (connection?.unfinished ?? "") !== "");
    if (!invent || asked.record === undefined) return undefined;
    const found = { record: asked.record, version: "0", incarnation: asked.incarnation ?? "", token: "1" };
    return { id: 0, found };
  }

  #refusal(refusal: Refusal, retryAfterMs: number | undefined): LeaderElectionError {
    if (refusal === "unauthenticated" && this.#mutation === "unauthenticated-is-unavailable") {
      return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${this.description}: not reached`);
    }
    if (refusal === "throttled" && this.#mutation === "throttled-is-unavailable") {
      return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${this.description}: not reached`);
    }
    return new LeaderElectionError(REFUSALS[refusal], `${this.description}: ${refusal}`, {
      retryAfterMs: this.#mutation === "retry-after-is-lost" ? undefined : retryAfterMs,
    });
  }

  #encode(record: LeaderElectionRecord): LeaderElectionRecord {
    const { strategy, preferredHolder, ...rest } = record;
    if (this.#mutation === "drops-strategy") return rest;
    if (this.#mutation === "duration-in-whole-seconds") {
      return { ...record, leaseDurationMs: Math.floor(record.leaseDurationMs / 1000) * 1000 };
    }
    if (this.#mutation === "drops-microseconds") {
      return { ...record, renewTime: record.renewTime?.replace(/\d{3}Z$/, "000Z") };
    }
    return { ...rest, strategy, preferredHolder };
  }

  #read(stored: Stored): VersionedRecord {
    const { record, version, incarnation, token } = stored;
    if (record === undefined) {
      throw new LeaderElectionError(
        "ERR_LOCK_RECORD_INVALID",
        `${this.description}: what is stored is no record`,
      );
    }
    const claimed = this.capabilities.fencing !== "none" || this.#mutation === "tokens-without-claim";
    return {
      // JSON leaves out what is undefined.
      record: {
        ...record,
        acquireTime: record.acquireTime,
        renewTime: record.renewTime,
        ...(record.holderIdentity === "" && this.#mutation === "free-looks-held" && LONG_HELD),
      },
      version,
      incarnation,
      fencingToken: claimed ? this.#token(token) : undefined,
      raw: stored,
    };
  }

  /** Only what is read: an elector would notice a short answer to its own write. */
  #halved(read: VersionedRecord): VersionedRecord {
    if (this.#mutation !== "reads-half-the-duration") return read;
    return {
      ...read,
      record: { ...read.record, leaseDurationMs: Math.floor(read.record.leaseDurationMs / 2) },
    };
  }

  #token(token: string): bigint {
    return this.#mutation === "number-tokens" ? BigInt(Number(token)) : BigInt(token);
  }
}
