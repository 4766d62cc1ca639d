import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, beforeEach, expect, it } from "vitest";
import { resetSocket } from "./reset-socket.ts";

const server = createServer({ allowHalfOpen: true });

beforeEach(async () => {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
});

afterEach(async () => {
  server.close();
  await once(server, "close");
});

async function connected(): Promise<{ client: Socket; peer: Socket }> {
  const accepted = once(server, "connection");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  await once(client, "connect");
  const [peer]: readonly unknown[] = await accepted;
  return { client, peer: peer as Socket }; // which is what the event brings
}

it("resets a connection", async () => {
  const { client, peer } = await connected();
  const error = once(peer.resume(), "error");
  resetSocket(client);
  await once(client, "close");
  expect(await error).toMatchObject([{ code: "ECONNRESET" }]);
});

it("resets a connection that is half closed", async () => {
  const { client, peer } = await connected();
  client.end();
  await once(client, "finish");
  const error = once(peer, "error");
  resetSocket(client);
  await once(client, "close");
  // What was ended reads as ended, also after a reset; only who writes is told.
  peer.write("anything");
  expect(await error).toMatchObject([{ code: expect.stringMatching(/^(EPIPE|ECONNRESET)$/) }]);
});

it("closes a connection whose end is under way, also when an error comes in between", async () => {
  const { client, peer } = await connected();
  peer.resume().on("end", () => peer.destroy());
  client.end();
  resetSocket(client);
  client.destroy();
  const [hadError] = await once(client, "close");
  expect(hadError).toBe(false);
});

it("resets a connection that is only being made", async () => {
  const accepted = once(server, "connection");
  const client = connect({ port: (server.address() as AddressInfo).port, host: "127.0.0.1" });
  resetSocket(client);
  await once(client, "close");
  const [peer]: readonly unknown[] = await accepted;
  (peer as Socket).on("error", () => {}).destroy();
});
