import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type FaultProxy, startFaultProxy } from "./fault-proxy.ts";
import { pollUntil } from "./poll-until.ts";

/** Echoes, and records what reached it. */
class EchoServer {
  readonly sockets = new Set<Socket>();
  received = "";
  readonly #server: Server = createServer({ allowHalfOpen: true }, (socket) => {
    this.sockets.add(socket);
    socket.on("error", () => {}); // resets are what is tested
    socket.on("close", () => this.sockets.delete(socket));
    socket.on("data", (chunk) => {
      this.received += chunk.toString();
      socket.write(chunk);
    });
    socket.on("end", () => socket.end());
  });

  async listen(): Promise<void> {
    this.#server.listen({ port: 0, host: "127.0.0.1" });
    await once(this.#server, "listening");
  }

  get target(): { readonly host: string; readonly port: number } {
    return { host: "127.0.0.1", port: (this.#server.address() as AddressInfo).port }; // it listens on TCP
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** A client that records what it got. */
class Client {
  received = "";
  ended = false;
  error: NodeJS.ErrnoException | undefined;
  readonly socket: Socket;

  constructor(port: number) {
    this.socket = connect({ port, host: "127.0.0.1" });
    this.socket.on("data", (chunk) => {
      this.received += chunk.toString();
    });
    this.socket.on("end", () => {
      this.ended = true;
    });
    this.socket.on("error", (error: NodeJS.ErrnoException) => {
      this.error = error;
    });
  }

  async expectReceived(text: string): Promise<void> {
    await pollUntil(() => this.received === text, {
      what: () => `the client to receive ${text}; it has ${this.received} ${this.error ?? ""}`,
      timeoutMs: 5_000,
      intervalMs: 5,
    });
  }

  async expectError(code: string): Promise<void> {
    await pollUntil(() => this.error?.code === code, {
      what: () => `${code} at the client, which has ${this.error}`,
      timeoutMs: 5_000,
      intervalMs: 5,
    });
  }
}

describe("startFaultProxy", () => {
  let echo: EchoServer;
  let proxy: FaultProxy;
  let clients: Client[];

  beforeEach(async () => {
    echo = new EchoServer();
    clients = [];
    await echo.listen();
    proxy = await startFaultProxy({ target: echo.target });
  });

  afterEach(async () => {
    for (const { socket } of clients) socket.destroy();
    await proxy.close();
    await echo.close();
  });

  function connectClient(): Client {
    const client = new Client(proxy.port);
    clients.push(client);
    return client;
  }

  async function expectServerReceived(text: string): Promise<void> {
    await pollUntil(() => echo.received === text, {
      what: () => `the server to receive ${text}; it has ${echo.received}`,
      timeoutMs: 5_000,
      intervalMs: 5,
    });
  }

  /** The proxy has had time to do something wrong: a byte through a second proxy to the same server came back. */
  async function roundTripElsewhere(): Promise<void> {
    await using other = await startFaultProxy({ target: echo.target });
    const client = new Client(other.port);
    client.socket.end("~");
    await client.expectReceived("~");
    echo.received = echo.received.replace("~", "");
  }

  it("passes bytes and the end of the stream both ways", async () => {
    const client = connectClient();
    client.socket.end("hello");
    await client.expectReceived("hello");
    await pollUntil(() => client.ended && proxy.connectionCount === 0, {
      what: "the connection to end",
      timeoutMs: 5_000,
    });
    expect(client.error).toBeUndefined();
  });

  it("passes megabytes intact, to a reader that is slower than the sender", async () => {
    const client = connectClient();
    const text = "0123456789abcdef".repeat(400_000);
    client.socket.end(text);
    client.socket.pause();
    await pollUntil(() => echo.received.length > 0, { what: "the first bytes", timeoutMs: 5_000 });
    client.socket.resume();
    await pollUntil(() => client.ended, { what: "the end", timeoutMs: 10_000 });
    expect(client.received === text).toBe(true);
  });

  it("passes nothing in silence, on existing and new connections, and all of it afterwards", async () => {
    const before = connectClient();
    before.socket.write("a");
    await before.expectReceived("a");

    await proxy.setMode("silence");
    before.socket.write("b");
    const during = connectClient();
    await once(during.socket, "connect");
    during.socket.write("c");
    await roundTripElsewhere();
    expect(echo.received).toBe("a");
    expect(echo.sockets.size).toBe(1);

    await proxy.setMode("pass");
    await before.expectReceived("ab");
    await during.expectReceived("c");
  });

  it("holds the server's bytes in silence too", async () => {
    const client = connectClient();
    client.socket.write("a");
    await client.expectReceived("a");
    await proxy.setMode("silence");
    for (const socket of echo.sockets) socket.write("pushed");
    await roundTripElsewhere();
    expect(client.received).toBe("a");
    await proxy.setMode("pass");
    await client.expectReceived("apushed");
  });

  it("lets requests through and holds responses in cut-responses, on existing and new connections", async () => {
    const before = connectClient();
    before.socket.write("a");
    await before.expectReceived("a");
    await proxy.setMode("cut-responses");
    before.socket.write("b");
    await expectServerReceived("ab");
    const during = connectClient();
    during.socket.write("c");
    await expectServerReceived("abc");
    await roundTripElsewhere();
    expect([before.received, during.received]).toEqual(["a", ""]);
    await proxy.setMode("pass");
    await before.expectReceived("ab");
    await during.expectReceived("c");
  });

  it("drops held responses when reset before it passes again", async () => {
    await proxy.setMode("cut-responses");
    const client = connectClient();
    client.socket.write("a");
    await expectServerReceived("a");
    proxy.reset();
    await proxy.setMode("pass");
    await client.expectError("ECONNRESET");
    expect(client.received).toBe("");
  });

  it("resets existing connections and refuses new ones in refuse, and listens on the same port afterwards", async () => {
    const before = connectClient();
    before.socket.write("a");
    await before.expectReceived("a");
    const { port } = proxy;
    await proxy.setMode("refuse");
    await before.expectError("ECONNRESET");
    await connectClient().expectError("ECONNREFUSED");
    await proxy.setMode("pass");
    expect(proxy.port).toBe(port);
    const after = connectClient();
    after.socket.write("b");
    await after.expectReceived("b");
  });

  it("resets existing connections on both sides and goes on", async () => {
    const before = connectClient();
    before.socket.write("a");
    await before.expectReceived("a");
    proxy.reset();
    await before.expectError("ECONNRESET");
    await pollUntil(() => echo.sockets.size === 0, { what: "the server to notice", timeoutMs: 5_000 });
    const after = connectClient();
    after.socket.write("b");
    await after.expectReceived("b");
  });

  it("delays each direction, and keeps the order when the delay becomes shorter", async () => {
    const client = connectClient();
    await proxy.setMode({ delayMs: 100 });
    const sentAtMs = performance.now();
    client.socket.write("a");
    await client.expectReceived("a");
    expect(performance.now() - sentAtMs).toBeGreaterThanOrEqual(199);
    client.socket.write("b");
    await pollUntil(() => proxy.connectionCount === 1, { what: "the connection", timeoutMs: 1_000 });
    await proxy.setMode("pass");
    client.socket.write("c");
    await client.expectReceived("abc");
  });

  it("cuts an answer in its middle: passes so many bytes, holds or resets, and goes on afterwards", async () => {
    const held = connectClient();
    held.socket.write("a");
    await held.expectReceived("a");
    await proxy.setMode({ responseBytes: 3, after: "hold" });
    held.socket.write("bcdefg");
    await held.expectReceived("abcd");
    await roundTripElsewhere();
    expect(held.received).toBe("abcd");
    await proxy.setMode("pass");
    await held.expectReceived("abcdefg");

    await proxy.setMode({ responseBytes: 2, after: "reset" });
    held.socket.write("hijk");
    await held.expectError("ECONNRESET");
    expect(held.received).toBe("abcdefghi");
    expect(echo.received).toBe("abcdefghijk");
  });

  it("resets the client when nothing listens at the target", async () => {
    await echo.close();
    await connectClient().expectError("ECONNRESET");
    await pollUntil(() => proxy.connectionCount === 0, { what: "the connection to go", timeoutMs: 1_000 });
    await echo.listen();
  });

  it("does not listen when it was told to close, or to refuse, while it began to", async () => {
    const other = await startFaultProxy({ target: echo.target });
    for (const proxyToEnd of [proxy, other]) {
      const { port } = proxyToEnd;
      await proxyToEnd.setMode("refuse");
      const listening = proxyToEnd.setMode("pass");
      await (proxyToEnd === proxy ? proxyToEnd.close() : proxyToEnd.setMode("refuse"));
      await listening;
      const [error] = await once(connect({ port, host: "127.0.0.1" }), "error");
      expect(error).toMatchObject({ code: "ECONNREFUSED" });
    }
    await other.close();
  });

  it("may be told twice at once to listen again", async () => {
    await proxy.setMode("refuse");
    await Promise.all([proxy.setMode("pass"), proxy.setMode("silence"), proxy.setMode("pass")]);
    const client = new Client(proxy.port);
    client.socket.write("hello");
    await client.expectReceived("hello");
    client.socket.destroy();
  });

  it("closes in every mode, twice too, and leaves no connection", async () => {
    for (const mode of ["pass", "silence", "cut-responses", { delayMs: 60_000 }, "refuse"] as const) {
      const own = await startFaultProxy({ target: echo.target });
      const client = new Client(own.port);
      clients.push(client);
      client.socket.write("a");
      await pollUntil(() => own.connectionCount === 1, { what: "the connection", timeoutMs: 5_000 });
      await own.setMode(mode);
      await Promise.all([own.close(), own.close()]);
      await client.expectError("ECONNRESET");
      expect(own.connectionCount).toBe(0);
    }
    await pollUntil(() => echo.sockets.size === 0, {
      what: "the server's sockets to close",
      timeoutMs: 5_000,
    });
  });
});
