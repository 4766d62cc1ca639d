/**
 * The port behind which the Redis client stands: all that a lock asks of one. `IoredisConnection` with its two
 * connectors is the only adapter today; another client takes its place by implementing these interfaces.
 */
export interface RedisConnector {
  /** Where it connects to, without credentials: for messages. */
  readonly server: string;
  /**
   * Opens a connection to the node where the record was last known to be, ready for commands. Gives up for good when the
   * signal aborts, and leaves no socket behind.
   * @throws `ServerError` when the server refused, `NetworkError` when it could not be reached.
   */
  open(options: OpenOptions): Promise<RedisConnection>;
  /** How to follow MOVED and ASK, where there is a cluster. */
  readonly routes?: ClusterRoutes | undefined;
}

/** What nodes of a cluster say of where a record is: `"127.0.0.1:7001"`, or `":7001"` on the host of `from`. */
export interface ClusterRoutes {
  /** It is there: {@link RedisConnector.open} goes there from now on. */
  moved(address: string, from: RedisConnection): void;
  /** It is on its way there: a connection for this once, otherwise as {@link RedisConnector.open}. */
  openAt(address: string, from: RedisConnection, options: OpenOptions): Promise<RedisConnection>;
}

/** For opening a connection. */
export interface OpenOptions {
  /** How long there is in all, in milliseconds; the signal aborts then. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
}

/** One socket, from connecting to its end. It never reconnects, queues or sends anything twice. */
export interface RedisConnection {
  /** `"127.0.0.1:6379"` */
  readonly address: string;
  /** `false` once it cannot be written to any more. It does not come back. */
  readonly isOpen: boolean;
  /**
   * Writes one command, now, and waits for its reply; strings come back as strings.
   * @throws `ServerError` when the server answered with an error; `NetworkError` when the connection ended before the
   * reply, and `NotSentError` when it had ended before the command.
   */
  send(command: string, args: readonly string[]): Promise<unknown>;
  /** Subscribes, and from then on is good for `PING` only. Resolves when the server has confirmed it. */
  subscribe(channel: string, listener: (message: string) => void): Promise<void>;
  /** Calls the listener when the connection has ended, at once if it has already. */
  onClosed(listener: () => void): void;
  /** Ends it at once. What is still in a buffer of this machine is not sent, where the transport allows to drop it. */
  destroy(): void;
}
