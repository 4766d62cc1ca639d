import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from "node:http";
import { createServer as createTlsServer, type ServerOptions } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import type { LeaderElectionRecord } from "@tenure/core";
import type { KubeConfigLike } from "./kube-config.ts";

/** A request as the stub saw it. */
export interface StubRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  readonly socket: Socket;
}

/** Answers one request, or does not. */
export type Reply = (response: ServerResponse, request: StubRequest) => void;

/** An API server that says only what a test tells it to say. */
export class StubApi implements AsyncDisposable {
  /** All requests so far. */
  readonly requests: StubRequest[] = [];
  readonly sockets: Set<Socket> = new Set();
  /** How many connections were ever made. */
  connections = 0;
  readonly #server: Server;
  readonly #scheme: string;
  readonly #replies: Reply[] = [];
  readonly #waiting: { readonly count: number; readonly resolve: (request: StubRequest) => void }[] = [];

  private constructor(tls: ServerOptions | undefined) {
    this.#scheme = tls === undefined ? "http" : "https";
    this.#server = tls === undefined ? createServer() : createTlsServer(tls);
    this.#server.keepAliveTimeout = 60_000;
    this.#server.on("connection", (socket: Socket) => {
      this.connections += 1;
      this.sockets.add(socket);
      socket.on("error", () => {}).once("close", () => this.sockets.delete(socket));
    });
    this.#server.on("request", (message, response) => {
      const chunks: Buffer[] = [];
      message.on("data", (chunk: Buffer) => chunks.push(chunk));
      message.on("end", () => {
        const url = new URL(message.url ?? "", "http://stub");
        this.#answer(response, {
          method: message.method ?? "",
          path: url.pathname,
          query: url.searchParams,
          headers: message.headers,
          body: Buffer.concat(chunks).toString(),
          socket: message.socket,
        });
      });
    });
  }

  static async start(tls?: ServerOptions): Promise<StubApi> {
    const stub = new StubApi(tls);
    await new Promise<void>((resolve) => stub.#server.listen(0, "127.0.0.1", resolve));
    return stub;
  }

  get port(): number {
    // A TCP server that listens has such an address.
    return (this.#server.address() as AddressInfo).port;
  }

  get url(): string {
    return `${this.#scheme}://127.0.0.1:${this.port}`;
  }

  /** The answers to the next requests, in order. */
  reply(...replies: Reply[]): this {
    this.#replies.push(...replies);
    return this;
  }

  /** The request of that number, from 1, as soon as it is there. */
  async request(count: number): Promise<StubRequest> {
    const request = this.requests[count - 1];
    return request ?? new Promise((resolve) => this.#waiting.push({ count, resolve }));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(response: ServerResponse, request: StubRequest): void {
    this.requests.push(request);
    const reply = this.#replies.shift() ?? status(500, { message: "the test prepared no answer" });
    reply(response, request);
    for (const { count, resolve } of this.#waiting) if (count === this.requests.length) resolve(request);
  }
}

/** Answers with JSON, given as text where the exact digits matter. */
export function json(code: number, body: unknown, headers: Record<string, string> = {}): Reply {
  return (response) =>
    response
      .writeHead(code, { "content-type": "application/json", ...headers })
      .end(typeof body === "string" ? body : JSON.stringify(body));
}

/** Answers with a `metav1.Status`. */
export function status(code: number, fields: object = {}, headers: Record<string, string> = {}): Reply {
  const body = { kind: "Status", apiVersion: "v1", status: "Failure", code, ...fields };
  return json(code, body, headers);
}

/** Answers as a proxy would. */
export function page(code: number, html = "<html><body>Bad things</body></html>"): Reply {
  return (response) => response.writeHead(code, { "content-type": "text/html" }).end(html);
}

/** Never answers. */
export const silence: Reply = () => {};

/** Takes the request and cuts the connection. */
export const cut: Reply = (response) => response.destroy();

/** Begins a watch; the test goes on with `response.write`. */
export function stream(...lines: unknown[]): Reply {
  return (response) => {
    response.writeHead(200, { "content-type": "application/json" }).flushHeaders();
    for (const line of lines) response.write(`${JSON.stringify(line)}\n`);
  };
}

/** A Lease as the API server gives it. */
export function lease(resourceVersion = "100", spec: object = {}, metadata: object = {}): object {
  return {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name: "app", namespace: "team", uid: "uid-1", resourceVersion, ...metadata },
    spec: {
      holderIdentity: "pod-a",
      leaseDurationSeconds: 15,
      acquireTime: "2026-11-23T19:13:00.123456Z",
      renewTime: "2026-11-23T19:13:10.654321Z",
      leaseTransitions: 3,
      ...spec,
    },
  };
}

/** The record of {@link lease}. */
export const RECORD: LeaderElectionRecord = {
  holderIdentity: "pod-a",
  leaseDurationMs: 15_000,
  acquireTime: "2026-11-23T19:13:00.123456Z",
  renewTime: "2026-11-23T19:13:10.654321Z",
  leaderTransitions: 3,
  strategy: undefined,
  preferredHolder: undefined,
};

/** A kubeconfig for a server, which applies these options to each request. */
export function kubeConfig(server: string, applied: object = {}): KubeConfigLike {
  return {
    getCurrentCluster: () => ({ server }),
    applyToHTTPSOptions: async (options) => void Object.assign(options, applied),
  };
}
