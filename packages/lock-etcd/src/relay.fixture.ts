import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";

/** A TCP relay to a server on loopback that counts what clients connected, and what of it is still open. */
export async function startRelay(target: string): Promise<Relay> {
  const relay = new Relay();
  await relay.listen(Number(target.split(":")[1]));
  return relay;
}

/** See {@link startRelay}. */
export class Relay implements AsyncDisposable {
  readonly #open = new Set<Socket>();
  readonly #server = createServer((client) => this.#relay(client));
  #targetPort = 0;
  accepted = 0;

  /** `127.0.0.1:PORT` */
  get host(): string {
    // A TCP server's address is an object.
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How many connections of clients are open. */
  get open(): number {
    return this.#open.size;
  }

  async listen(targetPort: number): Promise<void> {
    this.#targetPort = targetPort;
    await once(this.#server.listen(0, "127.0.0.1"), "listening");
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#open) socket.destroy();
    this.#server.close();
  }

  #relay(client: Socket): void {
    this.accepted += 1;
    this.#open.add(client);
    const server = connect(this.#targetPort, "127.0.0.1");
    for (const [from, to] of [
      [client, server],
      [server, client],
    ] as const) {
      from.on("error", () => {});
      from.on("close", () => to.destroy());
      from.pipe(to);
    }
    client.on("close", () => this.#open.delete(client));
  }
}
