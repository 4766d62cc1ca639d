/**
 * A process that starts a server, leaves clients in the middle of things and closes it. It prints what still holds the event loop,
 * and then has to end by itself: `node starts-and-closes.fixture.ts http|https|journal FOLDER`.
 */
import { once } from "node:events";
import { connect } from "node:net";
import { join } from "node:path";
import { startLeaseServer } from "@tenure/lease-server";
import { exchange, exchangeStream } from "./differential/exchange.ts";

const [, , kind = "http", folder = "."] = process.argv;
const server = await startLeaseServer({
  port: 0,
  tls: kind === "https",
  ...(kind === "journal" && { journalFile: join(folder, "leases.journal") }),
});
const leases = "/apis/coordination.k8s.io/v1/namespaces/default/leases";
const base = { origin: server.url, headers: { "content-type": "application/json" }, ca: server.ca };
await exchange({ ...base, method: "POST", path: leases, body: JSON.stringify({ metadata: { name: "a" } }) });

// A watch without an end, a connection that never asks, and one that has sent half a request.
let watching: ReturnType<typeof exchangeStream> | undefined;
await new Promise<void>((opened) => {
  const watch = { ...base, method: "GET", path: `${leases}?watch=1`, body: undefined };
  watching = exchangeStream(watch, "end", async () => opened());
});
const silent = connect(server.port, "127.0.0.1");
const halfway = connect(server.port, "127.0.0.1");
for (const socket of [silent, halfway]) socket.on("error", () => {}); // the server cuts it off
await Promise.all([once(silent, "connect"), once(halfway, "connect")]);
halfway.write(`POST ${leases} HTTP/1.1\r\ncontent-length: 100\r\n`);

await server.close();
await server.close();
const watchEndedBy = (await watching)?.endedBy;
await Promise.all([silent, halfway].map((socket) => (socket.closed ? undefined : once(socket, "close"))));
await new Promise((resolve) => setImmediate(resolve));
// Its own output is no leak; a timeout of AbortSignal.timeout does not hold the loop.
const left = process
  .getActiveResourcesInfo()
  .filter((name) => !["PipeWrap", "TTYWrap", "Immediate"].includes(name));
process.stdout.write(JSON.stringify({ watchEndedBy, left }));
