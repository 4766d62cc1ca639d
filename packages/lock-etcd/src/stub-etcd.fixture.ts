import {
  type sendUnaryData as Answer,
  type ServerDuplexStream as Duplex,
  Metadata,
  Server,
  ServerCredentials,
  type ServiceDefinition,
  type ServerUnaryCall as Unary,
} from "@grpc/grpc-js";
import { Etcd3 } from "etcd3";

/** One request that arrived. */
export interface Seen {
  readonly method: string;
  readonly message: Record<string, unknown>;
  readonly token: string | undefined;
  readonly hasLeader: string | undefined;
}

/** How the stub answers the next call: with a message, with "OK" and none, with a gRPC status, or never. */
export type Reply =
  | { readonly kind: "answer"; readonly message: object }
  | { readonly kind: "empty" }
  | { readonly kind: "status"; readonly code: number; readonly details: string }
  | { readonly kind: "silence" };

/** How a stub's watch goes: what happens on the stream that was opened. */
export type WatchScript = (stream: Duplex<unknown, unknown>, request: Record<string, unknown>) => void;

export const answer = (message: object): Reply => ({ kind: "answer", message });
export const status = (code: number, details: string): Reply => ({ kind: "status", code, details });
export const silence: Reply = { kind: "silence" };

export const header = (revision: string, clusterId = "7"): object => ({ revision, cluster_id: clusterId });
export const put = (revision: string): Reply =>
  answer({ header: header(revision), succeeded: true, responses: [{ response_put: {} }] });

class Peek extends Etcd3 {
  async definition(name: "KV" | "Watch" | "Auth"): Promise<ServiceDefinition> {
    return await this.pool.withConnection(
      name,
      // What grpc-js's makeClientConstructor leaves on the class.
      ({ client }) => (client.constructor as unknown as { service: ServiceDefinition }).service,
    );
  }
}

/** A gRPC server on loopback with etcd's own service definitions, that answers what a test says. */
export class StubEtcd implements AsyncDisposable {
  readonly seen: Seen[] = [];
  readonly calls: Unary<unknown, unknown>[] = [];
  readonly streams: Duplex<unknown, unknown>[] = [];
  /** `127.0.0.1:PORT` */
  readonly host: string;
  readonly #server: Server;
  readonly #replies: Reply[] = [];
  readonly #watches: WatchScript[] = [];

  private constructor(server: Server, port: number) {
    this.#server = server;
    this.host = `127.0.0.1:${port}`;
  }

  static async start(): Promise<StubEtcd> {
    const peek = new Peek({ hosts: "127.0.0.1:1" });
    const server = new Server();
    const stub: { current?: StubEtcd } = {};
    const unary = (method: string) => (call: Unary<unknown, unknown>, callback: Answer<unknown>) =>
      stub.current?.answer(method, call, callback);
    server.addService(await peek.definition("KV"), {
      Range: unary("range"),
      Txn: unary("txn"),
    });
    server.addService(await peek.definition("Auth"), { Authenticate: unary("authenticate") });
    server.addService(await peek.definition("Watch"), {
      Watch: (stream: Duplex<unknown, unknown>) => stub.current?.stream(stream),
    });
    peek.close();
    const port = await new Promise<number>((resolve, reject) =>
      server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, bound) =>
        error === null ? resolve(bound) : reject(error),
      ),
    );
    stub.current = new StubEtcd(server, port);
    return stub.current;
  }

  /** Answers the next calls so, in order. A call without a reply is answered with nothing at all. */
  reply(...replies: Reply[]): void {
    this.#replies.push(...replies);
  }

  /** Lets the next watches go so, in order. One without a script is silent. */
  onWatch(...scripts: WatchScript[]): void {
    this.#watches.push(...scripts);
  }

  /** Every method called, in order. */
  get methods(): string[] {
    return this.seen.map(({ method }) => method);
  }

  answer(method: string, call: Unary<unknown, unknown>, callback: Answer<unknown>): void {
    this.calls.push(call);
    this.#record(method, call.request, call.metadata);
    const reply = this.#replies.shift() ?? silence;
    if (reply.kind === "answer") callback(null, reply.message);
    // A server of grpc-js ends a call that is "OK" so, without its message.
    if (reply.kind === "empty") callback({ code: 0, details: "" });
    if (reply.kind === "status")
      callback({ ...reply, name: "stub", message: reply.details, metadata: new Metadata() });
  }

  stream(stream: Duplex<unknown, unknown>): void {
    this.streams.push(stream);
    stream.on("error", () => {});
    stream.on("end", () => stream.end());
    stream.on("data", (message: Record<string, unknown>) => {
      const request = message["create_request"] as Record<string, unknown>;
      this.#record("watch", request, stream.metadata);
      this.#watches.shift()?.(stream, request);
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.forceShutdown();
  }

  #record(method: string, message: unknown, metadata: Metadata): void {
    const text = (name: string): string | undefined => metadata.get(name)[0]?.toString();
    this.seen.push({
      method,
      // Every message of a proto file is an object.
      message: message as Record<string, unknown>,
      token: text("token"),
      hasLeader: text("hasleader"),
    });
  }
}
