import { type Redactor, resetSocket } from "@tenure/core/backend";
import { Redis, type RedisOptions } from "ioredis";
import type { OpenOptions, RedisConnection } from "./redis-connection.ts";
import { NetworkError, NotSentError, ServerError } from "./server-error.ts";

/** Shown by CLIENT LIST. A user that may not set it is not troubled for it. */
const CONNECTION_NAME = "tenure-lock-redis";
/** After so much silence the kernel asks whether the other side is still there. */
const KEEP_ALIVE_MS = 10_000;

/**
 * What makes an ioredis client one socket that does nothing by itself. `retryStrategy: null` is the heart of it: without a
 * reconnect there is nothing to be sent again, whatever the queues are set to, and what waits for a reply is rejected
 * when the socket closes (ioredis 6.0.0 with a reconnect leaves it pending for ever).
 */
const ONE_SOCKET: RedisOptions & { readonly replyMapping: "legacy" } = {
  lazyConnect: true,
  retryStrategy: null,
  reconnectOnError: null,
  enableOfflineQueue: false,
  autoResendUnfulfilledCommands: false,
  autoResubscribe: false,
  maxRetriesPerRequest: 0,
  // INFO would be one more permission; a server that is loading, or a replica, refuses our scripts all the same.
  enableReadyCheck: false,
  disableClientInfo: true,
  connectionName: CONNECTION_NAME,
  keepAlive: KEEP_ALIVE_MS,
  // ioredis ends a socket gently and destroys it so much later, with a timer that holds the process. We destroy it ourselves.
  disconnectTimeout: 0,
  noDelay: true,
  role: "master",
  sentinelRetryStrategy: () => null,
  failoverDetector: false,
  // Both of ioredis 6 only. It would else say HELLO: what we read is the same in RESP2, with one permission less.
  protocol: 2,
  replyMapping: "legacy",
};

/** Where to connect to. */
export interface Endpoint {
  readonly options: RedisOptions;
  readonly database: number;
  /** For {@link RedisConnection.address}. */
  readonly address: string;
  readonly redact: Redactor;
  /** For every step of connecting, where there are several (Sentinels); 0 where our own deadline is enough. */
  readonly stepTimeoutMs: number;
}

/** One socket of ioredis'. */
export class IoredisConnection implements RedisConnection {
  readonly address: string;
  readonly #redis: Redis;
  readonly #redact: Redactor;
  readonly #closed = new AbortController();
  /** The last error that ioredis told as an event: the reason behind its "Connection is closed". */
  #lastError: unknown;
  /** A command was answered, so AUTH was not refused: no error reply from before explains what happens now. */
  #isProven = false;

  private constructor(endpoint: Endpoint) {
    this.address = endpoint.address;
    this.#redact = endpoint.redact;
    const { options, stepTimeoutMs } = endpoint;
    this.#redis = new Redis({
      ...options,
      ...ONE_SOCKET,
      connectTimeout: stepTimeoutMs,
      ...(stepTimeoutMs > 0 && { sentinelCommandTimeout: stepTimeoutMs }),
    });
    // Without a listener ioredis prints them.
    this.#redis.on("error", (error: unknown) => {
      this.#lastError = error;
    });
    this.#redis.on("end", () => this.#closed.abort());
  }

  /** See `RedisConnector.open`. */
  static async open(endpoint: Endpoint, { signal }: Pick<OpenOptions, "signal">): Promise<IoredisConnection> {
    if (signal.aborted) throw new NetworkError("connecting was given up");
    const connection = new IoredisConnection(endpoint);
    let abort = (): void => {};
    const aborted = new Promise<never>((_, reject) => {
      abort = () => reject(new NetworkError("connecting was given up"));
    });
    signal.addEventListener("abort", abort);
    try {
      // ioredis' own promise may take its time: it asks one Sentinel after the other.
      await Promise.race([connection.#connect(endpoint.database), aborted]);
      return connection;
    } catch (error) {
      connection.destroy();
      throw error;
    } finally {
      signal.removeEventListener("abort", abort);
    }
  }

  get isOpen(): boolean {
    return !this.#closed.signal.aborted && this.#redis.status === "ready" && this.#redis.stream.writable;
  }

  async send(command: string, args: readonly string[]): Promise<unknown> {
    if (!this.isOpen) throw this.#ended();
    try {
      const reply = await this.#redis.call(command, ...args);
      this.#isProven = true;
      return reply;
    } catch (error) {
      throw this.#translate(error);
    }
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    if (!this.isOpen) throw this.#ended();
    this.#redis.on("message", (from: string, message: string) => {
      if (from === channel) listener(message);
    });
    try {
      await this.#redis.subscribe(channel);
    } catch (error) {
      throw this.#translate(error);
    }
  }

  onClosed(listener: () => void): void {
    if (this.#closed.signal.aborted) listener();
    else this.#closed.signal.addEventListener("abort", listener, { once: true });
  }

  destroy(): void {
    if (this.#closed.signal.aborted) return;
    // Closed for us from now on, also when ioredis tells it later.
    this.#closed.abort();
    dropSocket(this.#redis);
    this.#redis.disconnect();
  }

  async #connect(database: number): Promise<void> {
    try {
      await this.#redis.connect();
      if (database !== 0) await this.#redis.call("select", String(database));
    } catch (error) {
      throw this.#translate(error);
    }
  }

  #ended(): ServerError | NotSentError {
    return this.#authRefusal() ?? new NotSentError(`the connection to ${this.address} has ended`);
  }

  /** AUTH is refused as an event, then the connection is closed. ioredis 5 is ready before it knows. */
  #authRefusal(): ServerError | undefined {
    if (this.#isProven || !isReplyError(this.#lastError)) return undefined;
    return new ServerError(this.#redact(this.#lastError.message));
  }

  #translate(error: unknown): ServerError | NetworkError {
    if (isReplyError(error)) return new ServerError(this.#redact(error.message));
    const refusal = this.#authRefusal();
    if (refusal !== undefined) return refusal;
    const reason = this.#lastError ?? error;
    const { code, message } = reason as Partial<NodeJS.ErrnoException>;
    return new NetworkError(this.#redact(message || code || "connection closed"), code);
  }
}

/** The reply parser's class, of whichever copy. */
function isReplyError(error: unknown): error is Error {
  return error instanceof Error && error.name === "ReplyError";
}

/**
 * A reset drops what the kernel has not sent yet: after a mere close it would go out when a broken network comes back, long
 * after the call has failed. TLS has no such thing in Node; there only the not-after in the command helps.
 */
function dropSocket(redis: Redis): void {
  // Declared as always there, but it comes with connecting.
  const stream = redis.stream as Redis["stream"] | undefined;
  if (stream === undefined || stream.destroyed) return;
  // A Unix socket has no port and cannot be reset; one that still connects would be reset only once it has.
  const isResettable = !("encrypted" in stream) && !stream.connecting && stream.remotePort !== undefined;
  if (isResettable) resetSocket(stream);
  else stream.destroy();
}
