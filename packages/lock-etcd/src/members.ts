import type { Clock, Random, Timer } from "@tenure/core";
import { type Etcd3Connection, NotConnected } from "./etcd3-connection.ts";
import type { Service } from "./raw-etcd3.ts";

/** How long a member may take to connect before the next one is tried as well. */
const STAGGER_MS = 250;

/**
 * How long a connection may take to stand before the next call begins a new one. gRPC itself waits for ever on a server, or
 * whatever stands in its place, that accepts a connection and says nothing.
 */
const CONNECT_TIMEOUT_MS = 5_000;

/** The connections of one service to the members of a cluster: calls go to one member until it fails, then to the next. */
export class Members {
  readonly #hosts: readonly string[];
  readonly #open: (host: string, service: Service) => Etcd3Connection;
  readonly #service: Service;
  readonly #clock: Clock;
  readonly #connections = new Map<number, Etcd3Connection>();
  #preferred: number;
  #closed = false;

  constructor(options: {
    readonly hosts: readonly string[];
    readonly service: Service;
    readonly open: (host: string, service: Service) => Etcd3Connection;
    readonly clock: Clock;
    /** Chooses the first member, so that many clients spread over them. */
    readonly random: Random;
  }) {
    this.#hosts = options.hosts;
    this.#service = options.service;
    this.#open = options.open;
    this.#clock = options.clock;
    this.#preferred = Math.floor(options.random() * options.hosts.length);
  }

  /**
   * A connection that stands: to the preferred member, or to the first of the others that answers once it failed or took long.
   * Nothing is sent over it yet.
   *
   * @throws {@link NotConnected} when no member can be connected to. May take for ever: the caller has the deadline.
   */
  async ready(): Promise<Etcd3Connection> {
    const reasons: string[] = [];
    const attempts = new Set<Promise<Etcd3Connection | undefined>>();
    const first = this.#preferred;
    for (let turn = 0; turn < this.#hosts.length; turn += 1) {
      // Its caller may have gone meanwhile, and the client with it.
      if (this.#closed) throw new NotConnected("closed");
      const index = (first + turn) % this.#hosts.length;
      const attempt: Promise<Etcd3Connection | undefined> = this.#connect(index, reasons).finally(() =>
        attempts.delete(attempt),
      );
      attempts.add(attempt);
      const isLast = turn === this.#hosts.length - 1;
      const connected = await (isLast ? firstOf(attempts) : this.#firstSoon(attempts));
      if (connected === undefined) continue;
      this.#preferred = this.#hosts.indexOf(connected.host);
      return connected;
    }
    throw new NotConnected(reasons.join("; "));
  }

  /** Uses this connection for no further call, and another member for the next. */
  demote(connection: Etcd3Connection): void {
    const index = this.#hosts.indexOf(connection.host);
    connection.retire();
    if (this.#connections.get(index) === connection) this.#connections.delete(index);
    if (index === this.#preferred) this.#preferred = (index + 1) % this.#hosts.length;
  }

  /** Closes all connections once nothing is under way on them. */
  retire(): void {
    for (const connection of this.#connections.values()) connection.retire();
    this.#connections.clear();
  }

  /** Closes all connections, whatever is under way. */
  close(): void {
    this.#closed = true;
    for (const connection of this.#connections.values()) connection.close();
    this.#connections.clear();
  }

  async #connect(index: number, reasons: string[]): Promise<Etcd3Connection | undefined> {
    let connection: Etcd3Connection | undefined;
    try {
      // Opening it may fail as well: gRPC reads root certificates that the environment names.
      connection = this.#connection(index);
      await connection.whenReady();
      return connection;
    } catch (error) {
      reasons.push(`${this.#hosts[index]}: ${error instanceof Error ? error.message : "no connection"}`);
      connection?.retire();
      if (this.#connections.get(index) === connection) this.#connections.delete(index);
      return undefined;
    }
  }

  #connection(index: number): Etcd3Connection {
    const open = this.#connections.get(index);
    if (open !== undefined && !open.retired) {
      if (open.connectingForMs < CONNECT_TIMEOUT_MS) return open;
      open.retire();
    }
    // The index is one of the list's.
    const connection = this.#open(this.#hosts[index] as string, this.#service);
    this.#connections.set(index, connection);
    return connection;
  }

  /** The first to connect, unless that takes long. */
  async #firstSoon(
    attempts: ReadonlySet<Promise<Etcd3Connection | undefined>>,
  ): Promise<Etcd3Connection | undefined> {
    let timer: Timer | undefined;
    const late = new Promise<undefined>((resolve) => {
      timer = this.#clock.setTimer(() => resolve(undefined), STAGGER_MS);
    });
    try {
      return await Promise.race([late, firstOf(attempts)]);
    } finally {
      timer?.cancel();
    }
  }
}

/** The first attempt that gives a connection; `undefined` once all have failed. */
function firstOf(
  attempts: ReadonlySet<Promise<Etcd3Connection | undefined>>,
): Promise<Etcd3Connection | undefined> {
  return new Promise((resolve) => {
    for (const attempt of attempts) void attempt.then((connection) => connection && resolve(connection));
    void Promise.all(attempts).then(() => resolve(undefined));
  });
}
