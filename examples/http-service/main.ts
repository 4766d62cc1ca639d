import { randomBytes } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { hostname } from "node:os";
import { setInterval } from "node:timers/promises";
import { LeaderElector, type Term } from "@tenure/core";
import { LeaseLock } from "@tenure/lock-k8s-lease";
import { Board } from "./board.ts";
import { createService } from "./service.ts";

const { env } = process;
const shutdown = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => shutdown.abort());

const board = new Board(env["BOARD_FILE"] ?? "board.json");
await using lock = await LeaseLock.fromDefault({ name: "board-editor" });
const elector = new LeaderElector({
  lock,
  identity: `${env["POD_NAME"] || hostname()}_${randomBytes(4).toString("hex")}`,
  leaseDurationMs: 4_000,
  renewDeadlineMs: 2_500,
  retryPeriodMs: 500,
});
elector.on("error", (error) => console.error(error.message));

/** The background work: the only thing that is elected. */
async function edit(term: Term): Promise<void> {
  for await (const _ of setInterval(200, undefined, { signal: term.signal })) {
    term.assertLeading();
    await board.publish(term.identity, term.fencingToken);
  }
}

// Serves first, campaigns then: a replica answers also while the lock's store is out of reach.
const service = createService(board, elector);
service.listen(Number(env["PORT"] ?? 0), "127.0.0.1");
await once(service, "listening");
console.log(`${elector.identity} serves on port ${(service.address() as AddressInfo).port}`);

await elector.run(edit, { signal: shutdown.signal });
service.close();
service.closeIdleConnections();
