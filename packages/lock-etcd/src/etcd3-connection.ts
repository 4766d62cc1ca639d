import type { Clock } from "@tenure/core";
import type { EtcdTarget } from "./etcd-options.ts";
import { GrpcCode, type GrpcStatus } from "./grpc-status.ts";
import {
  type GrpcClient,
  type GrpcMetadata,
  RawEtcd3,
  type Service,
  type StreamMethod,
  type UnaryMethod,
} from "./raw-etcd3.ts";

/** What is sent with every call beside its message. */
export interface CallHeaders {
  readonly token: string | undefined;
}

/** A call under way. `answer` rejects with {@link StatusError} only. */
export interface UnaryCall {
  readonly answer: Promise<unknown>;
  cancel(): void;
}

/** A stream in both directions. Ends by throwing {@link StatusError} from its iterator. */
export interface DuplexStream extends AsyncIterable<unknown> {
  write(message: object): void;
  cancel(): void;
}

/** A gRPC status other than OK, as grpc-js makes it. */
export class StatusError extends Error {
  readonly status: GrpcStatus;

  constructor(status: GrpcStatus) {
    super(`gRPC status ${status.code}`);
    this.status = status;
  }
}

/** There is no connection, so nothing was sent. The message says why. */
export class NotConnected extends Error {}

/** A channel that could not connect answers calls in the same turn of the event loop or so. */
const WHY_NOT_MS = 100;
/** grpc-js's `connectivityState`. */
const State = { ready: 2, transientFailure: 3, shutdown: 4 } as const;

/** The connection to one service of one member. It connects when asked to be ready, and is closed for good. */
export class Etcd3Connection {
  readonly host: string;
  readonly #clock: Clock;
  readonly #etcd: RawEtcd3;
  readonly #service: Promise<{ client: GrpcClient; metadata: GrpcMetadata }>;
  /** The same as what `#service` resolves with; there once {@link whenReady} has resolved. */
  #raw: { client: GrpcClient; metadata: GrpcMetadata } | undefined;
  /** When it began to connect; `undefined` while it is connected, and before. */
  #connectingSinceMs: number | undefined;
  #uses = 0;
  #retired = false;
  #closed = false;

  constructor(options: {
    readonly target: EtcdTarget;
    readonly host: string;
    readonly service: Service;
    readonly clock: Clock;
  }) {
    const { target, host, service } = options;
    this.host = host;
    this.#clock = options.clock;
    this.#etcd = new RawEtcd3(target, host);
    this.#service = this.#etcd.service(service);
    // Whoever waits for it is told; a connection that nobody waits for may fail unheard.
    this.#service.catch(() => {});
  }

  /** Whether no new call may go over it. */
  get retired(): boolean {
    return this.#retired;
  }

  /** For how long it has been trying to connect, as far as anybody waited for it. */
  get connectingForMs(): number {
    return this.#connectingSinceMs === undefined ? 0 : this.#clock.now() - this.#connectingSinceMs;
  }

  /**
   * Resolves once it is connected.
   * @throws {@link NotConnected} as soon as an attempt to connect failed, with the reason, or when it was closed.
   */
  async whenReady(): Promise<void> {
    const raw = await this.#service;
    this.#raw = raw;
    const channel = raw.client.getChannel();
    for (;;) {
      const state = this.#closed ? State.shutdown : channel.getConnectivityState(true);
      if (state === State.ready) {
        this.#connectingSinceMs = undefined;
        return;
      }
      this.#connectingSinceMs ??= this.#clock.now();
      if (state === State.shutdown) throw new NotConnected("closed");
      if (state === State.transientFailure) throw new NotConnected(await this.#whyNot(raw));
      await new Promise<void>((resolve) =>
        channel.watchConnectivityState(state, Number.POSITIVE_INFINITY, () => resolve()),
      );
    }
  }

  /**
   * Sends one request. {@link whenReady} was waited for.
   * @throws {@link NotConnected} when it was closed since.
   */
  call(method: string, message: object, headers: CallHeaders, deadlineMs: number): UnaryCall {
    const { client, metadata } = this.#use();
    let cancel = (): void => {};
    const answer = new Promise((resolve, reject) => {
      // A method of the service's proto file, which the client has by that name.
      const unary = client[method] as UnaryMethod;
      const call = unary.call(
        client,
        message,
        withHeaders(metadata, headers),
        { deadline: deadlineMs },
        (error, value) => {
          this.#release();
          if (error === null) resolve(value);
          else reject(new StatusError(statusOf(error)));
        },
      );
      cancel = () => call.cancel();
    });
    return { answer, cancel };
  }

  /**
   * Opens a stream. {@link whenReady} was waited for.
   * @throws {@link NotConnected} when it was closed since.
   */
  stream(method: string, headers: CallHeaders): DuplexStream {
    const { client, metadata } = this.#use();
    const stream = (client[method] as StreamMethod).call(client, withHeaders(metadata, headers));
    // Without a listener an error after the last read would end the process.
    stream.on("error", () => {});
    let released = false;
    const release = (): void => {
      if (!released) this.#release();
      released = true;
    };
    return {
      write: (message) => stream.write(message),
      cancel: () => {
        stream.cancel();
        release();
      },
      async *[Symbol.asyncIterator]() {
        try {
          yield* stream;
        } catch (error) {
          throw new StatusError(statusOf(error));
        } finally {
          release();
        }
      },
    };
  }

  /** Takes no new calls, and closes when those under way have ended. */
  retire(): void {
    this.#retired = true;
    if (this.#uses === 0) this.close();
  }

  /** Ends it, and every call and stream on it. */
  close(): void {
    this.#retired = true;
    this.#closed = true;
    if (this.#connectingSinceMs === undefined) this.#etcd.close();
    else this.#etcd.abandon();
  }

  #use(): { client: GrpcClient; metadata: GrpcMetadata } {
    if (this.#raw === undefined || this.#closed) throw new NotConnected("closed");
    this.#uses += 1;
    return this.#raw;
  }

  #release(): void {
    this.#uses -= 1;
    if (this.#retired && this.#uses === 0) this.close();
  }

  /**
   * Why the attempt to connect failed. A channel tells it only to calls, and while it waits before the next attempt it answers
   * those by itself: this read is not sent.
   */
  async #whyNot({ client, metadata }: { client: GrpcClient; metadata: GrpcMetadata }): Promise<string> {
    const method = ["range", "authenticate"].find((name) => name in client);
    if (method === undefined) return "no connection";
    return await new Promise((resolve) => {
      (client[method] as UnaryMethod).call(
        client,
        {},
        metadata,
        { deadline: Date.now() + WHY_NOT_MS },
        (error) => resolve(error === null ? "no connection" : plainly(statusOf(error).details)),
      );
    });
  }
}

function withHeaders(metadata: GrpcMetadata, { token }: CallHeaders): GrpcMetadata {
  const headers = metadata.clone();
  // A member that has lost its leader then refuses at once, instead of keeping calls waiting and watches silent.
  headers.set("hasleader", "true");
  if (token !== undefined) headers.set("token", token);
  return headers;
}

function statusOf(error: unknown): GrpcStatus {
  const { code, details } = error as Partial<GrpcStatus>;
  return {
    code: typeof code === "number" ? code : GrpcCode.unknown,
    details: typeof details === "string" ? details : "the stream broke",
  };
}

/** What grpc-js says when it could not connect, without what it says around it. */
function plainly(details: string): string {
  return details
    .replace(/^No connection established\. Last error: (?:Error: )?/, "")
    .replace(/\.? Resolution note: ?$/, "");
}
