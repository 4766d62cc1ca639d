import { createServer as createHttpServer, type RequestListener, type Server } from "node:http";
import { createServer as createHttpsServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { answerUnreadable } from "./bad-requests.ts";

/** Options of {@link Connections}. */
export interface ConnectionsOptions {
  /** PEM; HTTP without. */
  readonly tls?: { readonly cert: string; readonly key: string } | undefined;
  readonly serve: RequestListener;
}

/** A listening port and the sockets that came through it. */
export class Connections {
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();

  constructor({ tls, serve }: ConnectionsOptions) {
    this.#server = tls === undefined ? createHttpServer(serve) : createHttpsServer(tls, serve);
    // A client that keeps a connection for later must not find it closed just when it sends.
    this.#server.keepAliveTimeout = 0;
    this.#server.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
      socket.setNoDelay(true);
    });
    this.#server.on("clientError", answerUnreadable);
    // Half a handshake is nobody's fault but the client's.
    this.#server.on("tlsClientError", () => {});
  }

  /** Resolves with the port. Rejects with Node's error when it cannot be had. */
  listen(port: number, host: string): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen(port, host, () => {
        this.#server.off("error", reject);
        resolve((this.#server.address() as AddressInfo).port); // a TCP server has one
      });
    });
  }

  /** Takes no more, lets what is written go out, and cuts off whoever is in the middle of something. */
  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    await new Promise((resolve) => setImmediate(resolve));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }
}
