import { FakeClock } from "@tenure/core/testing";
import { expect, it } from "vitest";
import { EtcdFailure } from "./etcd-failure.ts";
import type { EtcdKv, EtcdWatchMessage, EtcdWatchStream } from "./etcd-kv.ts";
import { watchKey } from "./etcd-watch.ts";

const MINUTE_MS = 60_000;

/** A stream that is confirmed, tells its progress when asked to, and then says nothing until it is destroyed. */
class QuietStream implements EtcdWatchStream {
  destroyed = false;
  readonly #messages: EtcdWatchMessage[] = [{ kind: "created", revision: "6", clusterId: "7" }];
  #waiting: { resolve(message: EtcdWatchMessage): void; reject(error: Error): void } | undefined;

  async next(): Promise<EtcdWatchMessage | undefined> {
    const ready = this.#messages.shift();
    if (ready !== undefined) return ready;
    return await new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  progress(): void {
    this.#waiting?.resolve({ kind: "progress", revision: "6" });
  }

  destroy(): void {
    this.destroyed = true;
    this.#waiting?.reject(new EtcdFailure({ kind: "status", code: 1, details: "cancelled" }, { sent: true }));
  }
}

it("gives up a stream that says nothing for 15 minutes, and opens another", async () => {
  const clock = new FakeClock();
  const streams: QuietStream[] = [];
  const nothing = () => Promise.reject(new Error("not asked here"));
  const kv: EtcdKv = {
    range: nothing,
    txn: nothing,
    watch: async () => {
      const stream = new QuietStream();
      streams.push(stream);
      return stream;
    },
  };
  const ending = new AbortController();
  const events = watchKey({
    kv,
    operation: { verb: "watch", key: "/tenure/app" },
    signal: ending.signal,
    closing: new AbortController().signal,
    from: undefined,
    clock,
    random: () => 0,
  });
  expect((await events.next()).value).toEqual({ kind: "resync" });
  const next = events.next();
  await clock.advance(10 * MINUTE_MS);
  streams[0]?.progress();
  await clock.advance(14 * MINUTE_MS);
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([false]);
  await clock.advance(2 * MINUTE_MS);
  expect(streams.map(({ destroyed }) => destroyed)).toEqual([true, false]);
  ending.abort();
  streams[1]?.destroy();
  expect(await next).toMatchObject({ done: true });
  expect(clock.pendingTimers).toBe(0);
});
