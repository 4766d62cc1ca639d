import { once } from "node:events";
import { createServer, type Server, type Socket } from "node:net";

/** What a stub does with a command: a reply in RESP, nothing, or the end of the connection. */
export type StubReply = string | { readonly act: "silence" | "cut" };

export const silence: StubReply = { act: "silence" };
export const cut: StubReply = { act: "cut" };
export const ok: StubReply = "+OK\r\n";

export function error(message: string): StubReply {
  return `-${message}\r\n`;
}

export function array(items: readonly (string | null)[]): StubReply {
  return `*${items.length}\r\n${items.map(bulk).join("")}`;
}

function bulk(item: string | null): string {
  return item === null ? "$-1\r\n" : `$${Buffer.byteLength(item)}\r\n${item}\r\n`;
}

/** The time that a stub tells, in microseconds. */
export const STUB_TIME = 1_764_093_600_123_456;

/** What a stub received: the connection's number, from 1, and the command with its name in lower case. */
export interface Received {
  readonly connection: number;
  readonly command: readonly string[];
}

/** A server that speaks just enough RESP2 to say whatever a test wants. It answers TIME, SUBSCRIBE and the handshake by itself. */
export class StubRedis implements AsyncDisposable {
  readonly received: Received[] = [];
  connections = 0;
  readonly #server: Server;
  readonly #sockets = new Set<Socket>();
  readonly #replies: StubReply[] = [];
  /** Answers instead of the stub itself, where it gives something. */
  answer: (command: readonly string[]) => StubReply | undefined = () => undefined;

  private constructor(server: Server) {
    this.#server = server;
    server.on("connection", (socket) => this.#serve(socket));
  }

  static async start(): Promise<StubRedis> {
    const server = createServer();
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return new StubRedis(server);
  }

  get port(): number {
    const address = this.#server.address();
    return typeof address === "object" && address !== null ? address.port : 0;
  }

  /** Says what the next scripts are answered. Without any left, there is silence. */
  reply(...replies: StubReply[]): void {
    this.#replies.push(...replies);
  }

  /** The commands that ran scripts. */
  get scripts(): readonly Received[] {
    return this.received.filter(({ command }) => command[0] === "evalsha" || command[0] === "eval");
  }

  /** Resolves when so many scripts have arrived. */
  async scriptsArrived(count: number): Promise<void> {
    while (this.scripts.length < count) await new Promise((resolve) => setTimeout(resolve, 1));
  }

  /** How many connections are open now. */
  get open(): number {
    return this.#sockets.size;
  }

  /** To everybody who is connected. */
  push(data: string): void {
    for (const socket of this.#sockets) socket.write(data);
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.cutAll();
    this.#server.close();
    await once(this.#server, "close");
  }

  #serve(socket: Socket): void {
    const connection = ++this.connections;
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    let buffered = "";
    // One byte a character, so that lengths in RESP are lengths of the string.
    socket.setEncoding("latin1");
    socket.on("data", (chunk: string) => {
      buffered += chunk;
      for (let parsed = parse(buffered); parsed !== undefined; parsed = parse(buffered)) {
        buffered = parsed.rest;
        const command = [parsed.items[0]?.toLowerCase() ?? "", ...parsed.items.slice(1)];
        this.received.push({ connection, command });
        const reply = this.answer(command) ?? this.#answer(command);
        if (typeof reply === "string") socket.write(reply);
        else if (reply.act === "cut") socket.destroy();
      }
    });
  }

  #answer(command: readonly string[]): StubReply {
    switch (command[0]) {
      case "evalsha":
      case "eval":
        return this.#replies.shift() ?? silence;
      case "time":
        return array([String(Math.floor(STUB_TIME / 1e6)), String(STUB_TIME % 1e6)]);
      case "subscribe":
        return `*3\r\n$9\r\nsubscribe\r\n${bulk(command[1] ?? "")}:1\r\n`;
      case "cluster":
        return "*0\r\n";
      default:
        return ok;
    }
  }
}

/** One command, `*2\r\n$3\r\nGET\r\n$1\r\nx\r\n`, from the beginning of what has come; `undefined` while it is not whole. */
function parse(text: string): { readonly items: string[]; readonly rest: string } | undefined {
  const head = /^\*(\d+)\r\n/.exec(text);
  if (head === null) return undefined;
  const items: string[] = [];
  let at = head[0].length;
  for (let item = 0; item < Number(head[1]); item++) {
    const length = /^\$(\d+)\r\n/.exec(text.slice(at));
    if (length === null) return undefined;
    const start = at + length[0].length;
    const end = start + Number(length[1]);
    if (text.length < end + 2) return undefined;
    items.push(Buffer.from(text.slice(start, end), "latin1").toString("utf8"));
    at = end + 2;
  }
  return { items, rest: text.slice(at) };
}
