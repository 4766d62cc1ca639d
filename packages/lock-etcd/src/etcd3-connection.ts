import { Etcd3, type IOptions } from "etcd3";
import type { EtcdTarget } from "./etcd-options.ts";
import { GrpcCode, type GrpcStatus } from "./grpc-status.ts";

/** The services of etcd that are used; each has TCP connections of its own. */
export type Service = "KV" | "Watch" | "Auth";

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

// What is used of grpc-js, which is etcd3's dependency and not ours.

interface GrpcMetadata {
  clone(): GrpcMetadata;
  set(key: string, value: string): void;
}

interface GrpcChannel {
  getConnectivityState(tryToConnect: boolean): number;
  watchConnectivityState(current: number, deadline: number, callback: (error?: Error) => void): void;
}

interface GrpcStream extends AsyncIterable<unknown> {
  on(event: "error", listener: (error: Error) => void): void;
  write(message: object): void;
  cancel(): void;
}

interface GrpcClient {
  getChannel(): GrpcChannel;
  close(): void;
  readonly [unary: string]: unknown;
}

type UnaryMethod = (
  message: object,
  metadata: GrpcMetadata,
  options: { readonly deadline: number },
  callback: (error: Error | null, answer: unknown) => void,
) => { cancel(): void };
type StreamMethod = (metadata: GrpcMetadata) => GrpcStream;

/** A channel that could not connect answers calls in the same turn of the event loop or so. */
const WHY_NOT_MS = 100;
/** grpc-js's `connectivityState`. */
const State = { ready: 2, transientFailure: 3, shutdown: 4 } as const;

/** etcd3's client, opened where its own calls would retry, re-send and reset connections. */
class RawEtcd3 extends Etcd3 {
  /** The generated gRPC client of a service, and metadata to send with its calls. */
  async service(name: Service): Promise<{ client: GrpcClient; metadata: GrpcMetadata }> {
    return await this.pool.withConnection(name, ({ client, metadata }) => ({
      // The methods that etcd3's proto files give it are not in its type.
      client: client as unknown as GrpcClient,
      metadata,
    }));
  }
}

type Policy = NonNullable<NonNullable<IOptions["faultHandling"]>["global"]>;

const nothing = (): { dispose(): void } => ({ dispose() {} });

/** No retry and no circuit breaker: cockatiel's `noop`, which is etcd3's dependency and not ours. */
const noPolicy = {
  onSuccess: nothing,
  onFailure: nothing,
  execute: async (call, signal) => await call({ signal: signal ?? new AbortController().signal }),
} satisfies Omit<Policy, "_altReturn">;
// The one member more in cockatiel's type is there for the compiler alone.
const policy = noPolicy as unknown as Policy;

/**
 * Our defaults, then the user's options, then what must hold: no retries by gRPC, no service configuration from DNS, no
 * proxy out of the environment, and TCP connections that no other client of this process shares, so that one on which a
 * call timed out can be given up.
 */
function channelOptions(target: EtcdTarget): NonNullable<IOptions["grpcOptions"]> {
  return {
    "grpc.keepalive_time_ms": 10_000,
    "grpc.keepalive_timeout_ms": 5_000,
    "grpc.enable_http_proxy": 0,
    "grpc.enable_channelz": 0,
    ...target.grpcOptions,
    "grpc.enable_retries": 0,
    "grpc.service_config_disable_resolution": 1,
    "grpc.use_local_subchannel_pool": 1,
  };
}

/** The connection to one service of one member. It connects when asked to be ready, and is closed for good. */
export class Etcd3Connection {
  readonly host: string;
  readonly #etcd: RawEtcd3;
  readonly #service: Promise<{ client: GrpcClient; metadata: GrpcMetadata }>;
  /** The same as what `#service` resolves with; there once {@link whenReady} has resolved. */
  #raw: { client: GrpcClient; metadata: GrpcMetadata } | undefined;
  #uses = 0;
  #retired = false;
  #closed = false;

  constructor(target: EtcdTarget, host: string, service: Service) {
    this.host = host;
    this.#etcd = new RawEtcd3({
      hosts: target.tls ? `https://${host}` : host,
      ...(target.credentials !== undefined && { credentials: present(target.credentials) }),
      grpcOptions: channelOptions(target),
      faultHandling: { global: policy, host: () => policy },
    });
    this.#service = this.#etcd.service(service);
    // Whoever waits for it is told; a connection that nobody waits for may fail unheard.
    this.#service.catch(() => {});
  }

  /** Whether no new call may go over it. */
  get retired(): boolean {
    return this.#retired;
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
      if (state === State.ready) return;
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
    this.#etcd.close();
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

/** Without the options that are `undefined`, which etcd3's types do not allow. */
function present(credentials: NonNullable<EtcdTarget["credentials"]>): NonNullable<IOptions["credentials"]> {
  const { rootCertificate, privateKey, certChain } = credentials;
  return {
    rootCertificate,
    ...(privateKey !== undefined && { privateKey }),
    ...(certChain !== undefined && { certChain }),
  };
}
