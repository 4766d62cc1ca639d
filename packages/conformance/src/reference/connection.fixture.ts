import { connect, type Socket } from "node:net";
import type { Address } from "../fixture.ts";
import { onLines } from "../on-lines.ts";
import type { Answered, Asked } from "./server.fixture.ts";

/** The connection is gone. */
export class Lost extends Error {}

/** One connection to the reference store: lines out, lines in. */
export class Connection {
  readonly #socket: Socket;
  readonly #listeners = new Map<number, (answer: Answered | Lost) => void>();
  #lastId = 0;
  #tail = "";
  isOpen = true;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.setNoDelay(true);
    socket.on("data", (text: string) => {
      this.#tail = `${this.#tail}${text}`.split("\n").at(-1) ?? "";
    });
    onLines(socket, (line) => {
      const answer = JSON.parse(line) as Answered; // our own server's line
      this.#listeners.get(answer.id)?.(answer);
    });
    socket.on("error", () => {});
    socket.on("close", () => {
      this.isOpen = false;
      const lost = new Lost("The connection was lost");
      for (const listener of [...this.#listeners.values()]) listener(lost);
    });
  }

  /** @throws what the system says, or the signal's reason. */
  static open(address: Address, signal: AbortSignal): Promise<Connection> {
    return new Promise((resolve, reject) => {
      const socket = connect(address);
      const onAbort = (): void => {
        socket.destroy();
        reject(signal.reason);
      };
      signal.addEventListener("abort", onAbort);
      if (signal.aborted) onAbort();
      socket.once("error", (error) => {
        signal.removeEventListener("abort", onAbort);
        reject(error);
      });
      socket.once("connect", () => {
        signal.removeEventListener("abort", onAbort);
        resolve(new Connection(socket));
      });
    });
  }

  /** The beginning of an answer that has not ended. */
  get unfinished(): string {
    return this.#tail;
  }

  /** Sends a request; `listener` hears its answers until the returned function is called. */
  send(asked: Omit<Asked, "id">, listener: (answer: Answered | Lost) => void): () => void {
    const id = ++this.#lastId;
    this.#listeners.set(id, listener);
    if (this.isOpen) this.#socket.write(`${JSON.stringify({ id, ...asked })}\n`);
    else listener(new Lost("The connection was lost"));
    return () => this.#listeners.delete(id);
  }

  destroy(): void {
    this.#socket.destroy();
  }
}
