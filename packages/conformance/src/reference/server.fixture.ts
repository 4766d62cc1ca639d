import { once } from "node:events";
import { type AddressInfo, createServer, type Server, type Socket } from "node:net";
import type { LeaderElectionRecord } from "@tenure/core";
import { freePort } from "../free-port.ts";
import { onLines } from "../on-lines.ts";
import type { Mutation } from "./mutants.fixture.ts";
import { type Refusal, Refused, Store, type Stored, type StoreEvent } from "./store.fixture.ts";

/** A line from a client. */
export interface Asked {
  readonly id: number;
  readonly user: string;
  readonly name: string;
  readonly op: "get" | "create" | "update" | "watch";
  readonly record?: LeaderElectionRecord | undefined;
  readonly version?: string | undefined;
  readonly incarnation?: string | undefined;
  readonly note?: string | undefined;
  readonly from?: string | undefined;
}

/** A line to a client. */
export interface Answered {
  readonly id: number;
  readonly found?: Stored | undefined;
  readonly event?: StoreEvent | undefined;
  readonly refused?: Refusal | undefined;
  readonly retryAfterMs?: number | undefined;
}

/** The reference store on TCP: a JSON line for a request, a JSON line for an answer. */
export class ReferenceServer {
  readonly store: Store;
  /** While it is set every request is refused, and the client asked to wait so long. */
  throttledMs: number | undefined;
  #server: Server | undefined;
  #port = 0;
  readonly #sockets = new Set<Socket>();

  constructor(mutation: Mutation | undefined) {
    this.store = new Store(mutation);
  }

  get port(): number {
    return this.#port;
  }

  async start(): Promise<void> {
    this.#server = createServer((socket) => this.#serve(socket));
    this.#server.listen({ port: this.#port || (await freePort()), host: "127.0.0.1" });
    await once(this.#server, "listening");
    this.#port = (this.#server.address() as AddressInfo).port; // it listens on TCP
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const closed = new Promise((resolve) =>
      server === undefined ? resolve(undefined) : server.close(resolve),
    );
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async restart(): Promise<void> {
    await this.stop();
    this.store.restarted();
    await this.start();
  }

  #serve(socket: Socket): void {
    this.#sockets.add(socket);
    const watches: (() => void)[] = [];
    socket.setNoDelay(true);
    // A client that is gone hears nothing more; its writes stay.
    socket.on("error", () => {});
    socket.on("close", () => {
      this.#sockets.delete(socket);
      for (const end of watches) end();
    });
    const answer = (line: Answered): void => {
      if (!socket.destroyed) socket.write(`${JSON.stringify(line)}\n`);
    };
    onLines(socket, (line) => {
      const asked = JSON.parse(line) as Asked; // our own client's line
      this.#perform(asked, answer, watches).catch((error: unknown) => {
        if (!(error instanceof Refused)) throw error;
        answer({ id: asked.id, refused: error.refusal, retryAfterMs: this.throttledMs });
      });
    });
  }

  async #perform(asked: Asked, answer: (line: Answered) => void, watches: (() => void)[]): Promise<void> {
    const { id, user, name, op, record, version = "", incarnation = "", note, from } = asked;
    if (this.throttledMs !== undefined) throw new Refused("throttled");
    if (user === "stranger") throw new Refused("unauthenticated");
    if (user !== "member") throw new Refused("forbidden");
    if (op === "get") answer({ id, found: this.store.get(name) });
    if (op === "create" && record) answer({ id, found: await this.store.create(name, record) });
    if (op === "update" && record) {
      answer({ id, found: await this.store.update(name, record, { version, incarnation }, note) });
    }
    if (op === "watch") watches.push(this.store.watch(name, from, (event) => answer({ id, event })));
  }
}
