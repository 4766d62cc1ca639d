import type { Socket } from "node:net";
import { Etcd3, type IOptions } from "etcd3";
import type { EtcdTarget } from "./etcd-options.ts";

/** The services of etcd that are used; each has TCP connections of its own. */
export type Service = "KV" | "Watch" | "Auth";

// What is used of grpc-js, which is etcd3's dependency and not ours.

/** Headers of a call. */
export interface GrpcMetadata {
  clone(): GrpcMetadata;
  set(key: string, value: string): void;
}

/** Where a client's connection is, and how it goes. */
interface GrpcChannel {
  getConnectivityState(tryToConnect: boolean): number;
  watchConnectivityState(current: number, deadline: number, callback: (error?: Error) => void): void;
}

/** A stream in both directions. */
interface GrpcStream extends AsyncIterable<unknown> {
  on(event: "error", listener: (error: Error) => void): void;
  write(message: object): void;
  cancel(): void;
}

/** The generated client of a service. */
export interface GrpcClient {
  getChannel(): GrpcChannel;
  close(): void;
  readonly [unary: string]: unknown;
}

/** A method of {@link GrpcClient} with one request and one answer. */
export type UnaryMethod = (
  message: object,
  metadata: GrpcMetadata,
  options: { readonly deadline: number },
  callback: (error: Error | null, answer: unknown) => void,
) => { cancel(): void };
/** A method of {@link GrpcClient} that opens a stream. */
export type StreamMethod = (metadata: GrpcMetadata) => GrpcStream;

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

/** What a channel asks of its credentials: to make a TCP connection secure, or to leave it as it is. */
interface SecureConnector {
  connect(socket: Socket): Promise<unknown>;
}

/** Where etcd3 keeps the credentials of a host, which are this client's own. */
interface PoolInside {
  readonly hosts?: readonly {
    readonly channelCredentials?: { _createSecureConnector?: (...args: unknown[]) => SecureConnector };
  }[];
}

/** etcd3's client, opened where its own calls would retry, re-send and reset connections. */
export class RawEtcd3 extends Etcd3 {
  readonly #sockets = new Set<Socket>();
  #abandoned = false;

  /** Stores the configuration; nothing is connected yet. One member per client: the choice of a member is ours. */
  constructor(target: EtcdTarget, host: string) {
    super({
      hosts: target.tls ? `https://${host}` : host,
      ...(target.credentials !== undefined && { credentials: present(target.credentials) }),
      grpcOptions: channelOptions(target),
      faultHandling: { global: policy, host: () => policy },
    });
    this.#followSockets();
  }

  /**
   * Closes a client that is not connected, and what it has opened so far. A channel of grpc-js that is closed during the
   * handshake leaves its TCP connection open until the other side ends it, which a silent one never does.
   */
  abandon(): void {
    this.#abandoned = true;
    this.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  /** The generated gRPC client of a service, and metadata to send with its calls. */
  async service(name: Service): Promise<{ client: GrpcClient; metadata: GrpcMetadata }> {
    return await this.pool.withConnection(name, ({ client, metadata }) => ({
      // The methods that etcd3's proto files give it are not in its type.
      client: client as unknown as GrpcClient,
      metadata,
    }));
  }

  /** The sockets are seen nowhere but where they are handed to the credentials. A grpc-js without that place keeps its leak. */
  #followSockets(): void {
    const { hosts = [] } = this.pool as unknown as PoolInside;
    for (const { channelCredentials: credentials } of hosts) {
      const create = credentials?._createSecureConnector;
      if (credentials === undefined || create === undefined) continue;
      credentials._createSecureConnector = (...args) => {
        const connector = create.apply(credentials, args);
        const connect = connector.connect.bind(connector);
        connector.connect = (socket) => {
          this.#sockets.add(socket);
          socket.once("close", () => this.#sockets.delete(socket));
          if (this.#abandoned) socket.destroy();
          return connect(socket);
        };
        return connector;
      };
    }
  }
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
