import { connect, createServer, type Server, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { resetSocket } from "@tenure/core/backend";
import { freePort } from "./free-port.ts";
import { type ByteBudget, TcpDirection } from "./tcp-direction.ts";

/**
 * What a proxy does to its connections, existing and new ones.
 *
 * - `"pass"`: bytes go through; also what was held until now.
 * - `"silence"`: connections stay open and nothing is passed on in either direction, as when packets are dropped. New
 *   ones are accepted, and silent; the server hears of them only in another mode.
 * - `"cut-responses"`: what clients send reaches the server, what the server answers is held: a write may be applied
 *   while its sender never learns of it. Call {@link FaultProxy.reset} before `"pass"` to drop what is held.
 * - `"refuse"`: existing connections are reset, new ones are refused: nothing listens.
 * - `{ delayMs }`: like `"pass"`, each byte so much later in each direction.
 * - `{ responseBytes, after }`: like `"pass"` for so many more bytes of responses, all connections together; what comes after
 *   them is held as by `"cut-responses"`, or the connection that has it is reset: an answer cut in its middle.
 */
export type FaultProxyMode =
  | "pass"
  | "silence"
  | "cut-responses"
  | "refuse"
  | { readonly delayMs: number }
  | { readonly responseBytes: number; readonly after: "reset" | "hold" };

/** Where a proxy listens and connects to. */
export interface FaultProxyOptions {
  readonly target: { readonly host: string; readonly port: number };
}

/** A TCP proxy on loopback that can break in the ways networks do. It passes bytes, so TLS goes through untouched. */
export interface FaultProxy extends AsyncDisposable {
  /** Always `127.0.0.1`. */
  readonly host: string;
  /** Stays the same in all modes. */
  readonly port: number;
  readonly mode: FaultProxyMode;
  /** How many client connections are open now. */
  readonly connectionCount: number;
  /** How many client connections were ever accepted. */
  readonly acceptedCount: number;
  /** Changes what is done to existing and new connections; resolves when that is in force. */
  setMode(mode: FaultProxyMode): Promise<void>;
  /** Resets (RST) the existing connections on both sides, and drops what was held; the mode stays. */
  reset(): void;
  /** Resets all connections and stops listening. Idempotent. */
  close(): Promise<void>;
}

/** Starts a proxy in the mode `"pass"` on a free loopback port. */
export async function startFaultProxy({ target }: FaultProxyOptions): Promise<FaultProxy> {
  const proxy = new LoopbackProxy(target);
  await proxy.listen();
  return proxy;
}

interface Connection {
  readonly client: Socket;
  /** Set from the moment on that the server may hear of the connection. */
  link?:
    | { readonly server: Socket; readonly requests: TcpDirection; readonly responses: TcpDirection }
    | undefined;
}

class LoopbackProxy implements FaultProxy {
  readonly host = "127.0.0.1";
  readonly #target: FaultProxyOptions["target"];
  readonly #connections = new Set<Connection>();
  #server: Server | undefined;
  #port: number | undefined;
  #mode: FaultProxyMode = "pass";
  /** What is left of the bytes that may pass, in a mode that counts them. */
  #budget: ByteBudget | undefined;
  #acceptedCount = 0;
  /** While it begins to listen again. */
  #listening: Promise<void> | undefined;
  /** Set once the proxy was told to close. */
  #closed: Promise<void> | undefined;

  constructor(target: FaultProxyOptions["target"]) {
    this.#target = target;
  }

  get port(): number {
    return this.#port ?? 0;
  }

  get mode(): FaultProxyMode {
    return this.#mode;
  }

  get connectionCount(): number {
    return this.#connections.size;
  }

  get acceptedCount(): number {
    return this.#acceptedCount;
  }

  /** Listens, after the first time on the same port again. */
  async listen(): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const port = this.#port ?? (await freePort());
      try {
        this.#server = await listenOn(port, this.host, (client) => this.#accept(client));
        this.#port = port;
        break;
      } catch (error) {
        // Taken in between by somebody else; our own port may come free again.
        if ((error as NodeJS.ErrnoException).code !== "EADDRINUSE" || attempt === 50) throw error;
        await sleep(100);
      }
    }
    // Told to close, or to refuse, while it began to listen.
    if (this.#closed !== undefined || this.#mode === "refuse") await this.#stopListening();
  }

  async setMode(mode: FaultProxyMode): Promise<void> {
    if (this.#closed !== undefined) throw new Error("The proxy is closed");
    this.#mode = mode;
    this.#budget =
      typeof mode === "object" && "responseBytes" in mode ? { left: mode.responseBytes } : undefined;
    if (mode === "refuse") {
      const closed = this.#stopListening();
      this.reset();
      await this.#listening;
      await closed;
      return;
    }
    if (this.#server === undefined) {
      this.#listening ??= this.listen().finally(() => {
        this.#listening = undefined;
      });
      await this.#listening;
    }
    for (const connection of this.#connections) this.#applyMode(connection);
  }

  reset(): void {
    for (const connection of this.#connections) this.#drop(connection);
  }

  close(): Promise<void> {
    this.#closed ??= Promise.all([this.#stopListening(), this.#listening?.catch(() => {})]).then(() => {});
    this.reset();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  #stopListening(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    return new Promise((resolve) => {
      if (server === undefined) resolve();
      else server.close(() => resolve());
    });
  }

  #accept(client: Socket): void {
    const connection: Connection = { client };
    this.#acceptedCount++;
    this.#connections.add(connection);
    client.setNoDelay(true);
    client.on("error", () => this.#drop(connection));
    client.on("close", () => this.#drop(connection));
    // It may have been accepted just before the listener closed.
    if (this.#closed !== undefined || this.#mode === "refuse") this.#drop(connection);
    else this.#applyMode(connection);
  }

  #applyMode(connection: Connection): void {
    const mode = this.#mode;
    if (mode === "silence") {
      connection.client.pause();
      connection.link?.requests.hold();
      connection.link?.responses.hold();
      return;
    }
    const delayMs = typeof mode === "object" && "delayMs" in mode ? mode.delayMs : 0;
    const { requests, responses } = this.#linkToServer(connection);
    requests.flow(delayMs);
    if (mode === "cut-responses") {
      responses.hold();
    } else if (typeof mode === "object" && "responseBytes" in mode) {
      responses.flow(0, this.#budget, () => {
        if (mode.after === "reset") this.#drop(connection);
      });
    } else {
      responses.flow(delayMs);
    }
  }

  #linkToServer(connection: Connection): NonNullable<Connection["link"]> {
    if (connection.link !== undefined) return connection.link;
    const { client } = connection;
    const { host, port } = this.#target;
    const server = connect({ host, port, allowHalfOpen: true, noDelay: true });
    server.on("error", () => this.#drop(connection));
    const requests = new TcpDirection(client, server);
    const responses = new TcpDirection(server, client);
    connection.link = { server, requests, responses };
    return connection.link;
  }

  #drop(connection: Connection): void {
    if (!this.#connections.delete(connection)) return;
    const { client, link } = connection;
    link?.requests.close();
    link?.responses.close();
    resetSocket(client);
    if (link !== undefined) resetSocket(link.server);
  }
}

function listenOn(port: number, host: string, onConnection: (client: Socket) => void): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer({ allowHalfOpen: true, pauseOnConnect: true }, onConnection);
    server.once("error", reject);
    server.listen({ port, host }, () => {
      server.off("error", reject);
      resolve(server);
    });
  });
}
