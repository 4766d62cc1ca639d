import { Socket } from "node:net";
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
import { Client, type ClientConfig, Pool, type PoolClient } from "pg";
import { interruptible } from "./interruptible.ts";
import { lockFailure } from "./lock-failure.ts";
import { type StoredRow, toStored, toVersionedRecord } from "./stored-record.ts";
import { watchChanges } from "./watch-changes.ts";

/** Options of {@link PostgresLock}. */
export interface PostgresLockOptions {
  /** The election: 1 to 255 characters. */
  readonly name: string;
  /** Where the database is, and who we are. */
  readonly connection: ClientConfig;
}

// Held to the end of the statement, before it takes its number: numbers then grow in the order of the writes, also when
// the row is deleted and created while a slow INSERT is under way.
const LOCKED = "WITH locked AS MATERIALIZED (SELECT pg_advisory_xact_lock(hashtextextended($1, 0)))";
const STORED = "version, incarnation, record";

const GET = `SELECT pg_is_in_recovery() AS standby, ${STORED}
  FROM (SELECT $1::text AS name) AS wanted LEFT JOIN leader_election USING (name)`;
const CREATE = `${LOCKED} INSERT INTO leader_election (name, ${STORED})
  SELECT $1, nextval('leader_election_version'), gen_random_uuid(), $2::jsonb FROM locked
  ON CONFLICT (name) DO NOTHING RETURNING ${STORED}`;
const UPDATE = `${LOCKED} UPDATE leader_election
  SET version = nextval('leader_election_version'), record = record || $2::jsonb
  FROM locked WHERE name = $1 AND version::text = $3 AND incarnation::text = $4 RETURNING ${STORED}`;

/** A lock in one row of PostgreSQL. */
export class PostgresLock implements ResourceLock {
  readonly description: string;
  readonly capabilities: LockCapabilities = Object.freeze({
    fencing: "monotonic-unless-data-loss", // a restore from backup, a fail-over to a standby that lags
    watch: "hint",
    granularityMs: 1,
    durability: "single-node",
  });
  readonly #name: string;
  readonly #config: ClientConfig;
  readonly #pool: Pool;
  readonly #sockets = new Set<Socket>();
  readonly #closing = new AbortController();

  constructor({ name, connection }: PostgresLockOptions) {
    if (typeof name !== "string" || !/^[^\0\p{Surrogate}]{1,255}$/su.test(name)) {
      throw new RangeError(
        `Expected \`name\` to have 1 to 255 characters of Unicode, none of them NUL, got ${name}`,
      );
    }
    this.#name = name;
    this.description = `postgres leader_election ${JSON.stringify(name)}`;
    this.#config = {
      ...connection,
      connectionTimeoutMillis: 10_000,
      // An acknowledged write is on disk, and a statement whose caller has given up does not wait for ever.
      options: `${connection.options ?? ""} -c synchronous_commit=on -c statement_timeout=15000`,
      stream: () => this.#openSocket(),
    };
    this.#pool = new Pool({ ...this.#config, max: 4 });
    // A connection that breaks fails the statement on it; it has nobody else to tell.
    this.#pool.on("error", () => {});
    this.#pool.on("connect", (client) => client.on("error", () => {}));
  }

  async get(options: CallOptions): Promise<VersionedRecord | undefined> {
    const [row] = await this.#query("get", GET, [], options);
    if (row?.standby) throw this.#error("ERR_LOCK_UNAVAILABLE", "the server is a standby: it may lag");
    return row === undefined || row.version === null ? undefined : toVersionedRecord(row, this.description);
  }

  async create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord> {
    const [row] = await this.#query("create", CREATE, [toStored(record)], options);
    if (row === undefined) throw this.#error("ERR_LOCK_CONFLICT", "a record already exists");
    return toVersionedRecord(row, this.description);
  }

  async update(
    record: LeaderElectionRecord,
    { version, incarnation }: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord> {
    const [row] = await this.#query("update", UPDATE, [toStored(record), version, incarnation], options);
    if (row === undefined) throw this.#error("ERR_LOCK_CONFLICT", `version ${version} is not the stored one`);
    return toVersionedRecord(row, this.description);
  }

  async *watch({ signal }: WatchOptions): AsyncGenerator<LockEvent> {
    const ended = AbortSignal.any([signal, this.#closing.signal]);
    const config = { ...this.#config, connectionTimeoutMillis: 3_000, query_timeout: 3_000 };
    yield* watchChanges(() => new Client(config), this.#name, this.description, ended);
    if (this.#closing.signal.aborted && !signal.aborted) throw this.#error("ERR_LOCK_CLOSED", "closed");
  }

  async close(): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    void this.#pool.end().catch(() => {}); // waits for farewells; the sockets do not
    for (const socket of this.#sockets) socket.destroy();
  }

  /** One statement is one attempt and one transaction: there is nothing between its parts that could be lost. */
  async #query(
    operation: "get" | "create" | "update",
    sql: string,
    values: readonly string[],
    { signal, timeoutMs }: CallOptions,
  ): Promise<StoredRow[]> {
    const closing = this.#closing.signal;
    if (closing.aborted) throw this.#error("ERR_LOCK_CLOSED", "the lock is closed");
    signal?.throwIfAborted();
    let client: PoolClient | undefined;
    let isSent = false;
    let isOver = false;
    const attempt = async (): Promise<StoredRow[]> => {
      const connected = await this.#pool.connect();
      if (isOver) {
        connected.release();
        return []; // nobody waits for it
      }
      client = connected;
      isSent = true;
      return (await client.query<StoredRow>(sql, [this.#name, ...values])).rows;
    };
    try {
      const rows = await interruptible(attempt(), { timeoutMs, signal, closing });
      client?.release();
      return rows;
    } catch (error) {
      isOver = true;
      // Ends the connection: what is still on its way there must not answer the next statement.
      client?.release(true);
      throw lockFailure(error, {
        what: `${this.description}: ${operation}`,
        isSent,
        isWrite: operation !== "get",
      });
    }
  }

  #openSocket(): Socket {
    const socket = new Socket();
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    return socket;
  }

  #error(code: LeaderElectionError["code"], why: string): LeaderElectionError {
    return new LeaderElectionError(code, `${this.description}: ${why}`);
  }
}
