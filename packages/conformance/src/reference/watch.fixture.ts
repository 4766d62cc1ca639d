import { setTimeout as sleep } from "node:timers/promises";
import { LeaderElectionError, type LockEvent, type VersionedRecord } from "@tenure/core";
import type { Address } from "../fixture.ts";
import { Connection, Lost } from "./connection.fixture.ts";
import type { Mutation } from "./mutants.fixture.ts";
import type { Answered, Asked } from "./server.fixture.ts";
import type { Stored } from "./store.fixture.ts";

/** What a watch needs. */
export interface ReferenceWatchOptions {
  readonly address: Address;
  readonly asked: Omit<Asked, "id">;
  readonly read: (stored: Stored) => VersionedRecord;
  readonly signal: AbortSignal;
  readonly closing: AbortSignal;
  readonly from: string | undefined;
  readonly mutation: Mutation | undefined;
}

const RECONNECT_MS = 20;

/** Watches one record over as many connections as it takes: from the last version known, so that nothing is missed. */
export async function* watchReference(options: ReferenceWatchOptions): AsyncGenerator<LockEvent, void, void> {
  const { address, signal, closing, mutation } = options;
  const isLate = closing.aborted && mutation === "watch-begins-after-close";
  const ends = AbortSignal.any(
    mutation === "watch-ignores-abort"
      ? [closing]
      : mutation === "watch-outlives-close" || isLate
        ? [signal]
        : [signal, closing],
  );
  let from = mutation === "watch-starts-at-now" ? "now" : options.from;
  let isFirst = true;
  while (!ends.aborted) {
    let connection: Connection | undefined;
    const onEnd = (): void => connection?.destroy();
    ends.addEventListener("abort", onEnd);
    try {
      connection = await Connection.open(address, ends);
      if (!isFirst && mutation === "watch-silent-after-reconnect") from = "now";
      if (isFirst && from === undefined && mutation === "watch-begins-in-silence") from = "now";
      else if (from === undefined) yield { kind: "resync" };
      isFirst = false;
      for await (const answer of answers(connection, { ...options.asked, from })) {
        if (answer.refused === "compacted") {
          if (mutation !== "watch-stuck-after-compaction") from = undefined;
          break;
        }
        if (answer.refused !== undefined) {
          throw new LeaderElectionError("ERR_LOCK_FORBIDDEN", `may not watch: ${answer.refused}`);
        }
        const event = toEvent(answer, options);
        if (event === undefined) continue;
        if (event.kind === "changed") from = event.current?.version;
        // There is no version to go on from: what comes next begins with a resync.
        if (event.kind === "deleted") from = undefined;
        yield event;
        if (mutation === "watch-reorders" && event.kind === "changed" && event.current?.fencingToken) {
          yield {
            kind: "changed",
            current: { ...event.current, fencingToken: event.current.fencingToken - 1n },
          };
        }
      }
    } catch (error) {
      if (LeaderElectionError.is(error)) throw error;
    } finally {
      ends.removeEventListener("abort", onEnd);
      connection?.destroy();
    }
    if (mutation === "watch-ends-on-loss") return;
    await sleep(RECONNECT_MS, undefined, { signal: ends }).catch(() => {});
  }
  if (closing.aborted && !signal.aborted)
    throw new LeaderElectionError("ERR_LOCK_CLOSED", "the lock is closed");
}

function toEvent({ event }: Answered, { read, mutation }: ReferenceWatchOptions): LockEvent | undefined {
  if (event === undefined) return undefined;
  if (event.kind === "changed") return { kind: "changed", current: read(event.current) };
  if (mutation === "watch-ignores-deletion") return undefined;
  return { kind: "deleted", fencingToken: BigInt(event.token) };
}

/** The answers to a request, until the connection is lost. */
async function* answers(
  connection: Connection,
  asked: Omit<Asked, "id">,
): AsyncGenerator<Answered, void, void> {
  const queue: (Answered | Lost)[] = [];
  let wake = (): void => {};
  const forget = connection.send(asked, (answer) => {
    queue.push(answer);
    wake();
  });
  try {
    for (;;) {
      const next = queue.shift();
      if (next instanceof Lost) return;
      if (next !== undefined) yield next;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    forget();
  }
}
