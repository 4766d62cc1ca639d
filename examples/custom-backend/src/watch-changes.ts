import { on } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { LeaderElectionError, type LockEvent } from "@tenure/core";
import type { Client, Notification } from "pg";
import { lockFailure } from "./lock-failure.ts";

const PING_MS = 2_000;

/** What the trigger tells about one name. A new connection may have missed something: each begins with `resync`. */
export async function* watchChanges(
  makeClient: () => Client,
  name: string,
  what: string,
  signal: AbortSignal,
): AsyncGenerator<LockEvent> {
  while (!signal.aborted) {
    const client = makeClient();
    const broken = new AbortController();
    const end = () => {
      broken.abort();
      client.connection.stream.destroy(); // not client.end(), which waits for a farewell
    };
    client.on("error", end);
    client.on("end", end);
    signal.addEventListener("abort", end);
    let ping: NodeJS.Timeout | undefined;
    try {
      await client.connect();
      const notifications = on(client, "notification", { signal: broken.signal });
      await client.query("LISTEN leader_election");
      // A connection that is cut without a word looks like one on which nothing happens.
      ping = setInterval(() => void client.query("SELECT 1").catch(end), PING_MS);
      yield { kind: "resync" };
      for await (const [{ payload }] of notifications as AsyncIterable<[Notification]>) {
        const told = JSON.parse(payload ?? "null") as { readonly name?: string; readonly op?: string } | null;
        if (told?.name === name) yield { kind: told.op === "DELETE" ? "deleted" : "changed" };
      }
    } catch (error) {
      const failure = lockFailure(error, { what: `${what}: watch`, isSent: false, isWrite: false });
      // A new connection would meet these again.
      const codes: readonly unknown[] = [
        "ERR_LOCK_UNAUTHENTICATED",
        "ERR_LOCK_FORBIDDEN",
        "ERR_LOCK_REJECTED",
      ];
      if (!signal.aborted && LeaderElectionError.is(failure) && codes.includes(failure.code)) throw failure;
    } finally {
      clearInterval(ping);
      signal.removeEventListener("abort", end);
      end();
    }
    await sleep(200 + Math.random() * 800, undefined, { signal }).catch(() => {}); // not all replicas at once
  }
}
