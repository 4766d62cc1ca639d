import type { LockEvent } from "@tenure/core";
import { FakeClock } from "@tenure/core/testing";
import { beforeEach, describe, expect, it } from "vitest";
import { watchRecord } from "./record-watch.ts";
import type { OpenOptions, RedisConnection, RedisConnector } from "./redis-connection.ts";
import { NetworkError, NotSentError, ServerError } from "./server-error.ts";
import { encodeRecord } from "./stored-record.ts";

const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

function message(version: number): string {
  return JSON.stringify([String(version), "g1", encodeRecord(RECORD), "op1"]);
}

function changed(version: number): LockEvent {
  return {
    kind: "changed",
    current: { record: RECORD, version: `${version}.op1`, incarnation: "g1", fencingToken: BigInt(version) },
  };
}

/** A connection that a test speaks through. */
class FakeConnection implements RedisConnection {
  readonly address = "fake:1";
  isOpen = true;
  pings = 0;
  ping: () => Promise<unknown> = async () => "PONG";
  publish: (message: string) => void = () => {};
  subscribeResult: Promise<void> = Promise.resolve();
  readonly #closed: (() => void)[] = [];

  async send(command: string): Promise<unknown> {
    if (!this.isOpen) throw new NotSentError("ended");
    expect(command).toBe("ping");
    this.pings += 1;
    return this.ping();
  }

  async subscribe(channel: string, listener: (message: string) => void): Promise<void> {
    expect(channel).toBe("lease:{app}@0");
    this.publish = listener;
    return this.subscribeResult;
  }

  onClosed(listener: () => void): void {
    this.#closed.push(listener);
  }

  destroy(): void {
    this.isOpen = false;
    for (const listener of this.#closed.splice(0)) listener();
  }
}

class FakeConnector implements RedisConnector {
  readonly server = "fake";
  readonly connections: FakeConnection[] = [];
  prepare: (connection: FakeConnection) => void = () => {};
  opening: Promise<void> = Promise.resolve();

  async open({ signal }: OpenOptions): Promise<RedisConnection> {
    const given = new Promise<never>((_, reject) => {
      signal.addEventListener("abort", () => reject(new NetworkError("given up")));
    });
    await Promise.race([this.opening, given]);
    const connection = new FakeConnection();
    this.prepare(connection);
    this.connections.push(connection);
    return connection;
  }

  get last(): FakeConnection {
    const last = this.connections.at(-1);
    if (last === undefined) throw new Error("not connected");
    return last;
  }
}

let clock: FakeClock;
let connector: FakeConnector;
let ending: AbortController;
let closing: AbortController;
let events: LockEvent[];
let ended: Promise<unknown>;

function start(): void {
  const watch = watchRecord({
    connector,
    operation: { verb: "watch", record: "redis lease:{app}" },
    channel: "lease:{app}@0",
    signal: ending.signal,
    closing: closing.signal,
    clock,
    random: () => 0.5,
    pulse: { silenceMs: 15_000, answerMs: 5_000 },
  });
  ended = (async () => {
    for await (const event of watch) events.push(event);
    return "returned";
  })().catch((reason: unknown) => reason);
}

beforeEach(() => {
  clock = new FakeClock();
  connector = new FakeConnector();
  ending = new AbortController();
  closing = new AbortController();
  events = [];
});

describe("a watch", () => {
  it("begins with resync, since what was published before is gone, and then tells what is published", async () => {
    start();
    await clock.flush();
    expect(events).toEqual([{ kind: "resync" }]);
    connector.last.publish(message(1));
    await clock.flush();
    connector.last.publish(message(2));
    await clock.flush();
    expect(events.slice(1)).toEqual([changed(1), changed(2)]);
  });

  it("tells a slow reader of the newest change only", async () => {
    start();
    await clock.flush();
    for (let version = 1; version <= 1_000; version++) connector.last.publish(message(version));
    await clock.flush();
    expect(events.slice(1)).toEqual([changed(1_000)]);
  });

  it.each(["nonsense", "[]", '["1","g1","{}"]', '["x","g1","{}"]', "null"])(
    "takes %s for a change of which it knows no more",
    async (strange) => {
      start();
      await clock.flush();
      connector.last.publish(strange);
      await clock.flush();
      expect(events.slice(1)).toEqual([{ kind: "changed" }]);
    },
  );

  it("tells that the record was found missing", async () => {
    start();
    await clock.flush();
    connector.last.publish("");
    await clock.flush();
    expect(events.slice(1)).toEqual([{ kind: "deleted" }]);
  });

  it("comes back when its connection ends, and says resync", async () => {
    start();
    await clock.flush();
    connector.last.destroy();
    await clock.advance(1_000);
    expect(connector.connections).toHaveLength(2);
    expect(events).toEqual([{ kind: "resync" }, { kind: "resync" }]);
  });

  it("comes back later and later while it cannot connect, and at once after it could", async () => {
    connector.prepare = (connection) => {
      connection.subscribeResult = Promise.reject(new NetworkError("ECONNRESET"));
    };
    start();
    await clock.advance(60_000);
    // After 0.1875 s, 0.375 s, 0.75 s, … at three quarters of the doubled time.
    expect(connector.connections).toHaveLength(9);
    connector.prepare = () => {};
    await clock.advance(60_000);
    expect(connector.connections).toHaveLength(10);
    expect(events).toEqual([{ kind: "resync" }]);
    expect(connector.connections.filter(({ isOpen }) => isOpen)).toHaveLength(1);
  });

  it("asks a connection that is silent, and leaves one that does not answer", async () => {
    start();
    await clock.advance(14_999);
    expect(connector.last.pings).toBe(0);
    await clock.advance(1);
    expect(connector.last.pings).toBe(1);
    connector.last.ping = () => new Promise(() => {});
    await clock.advance(15_000);
    expect(connector.last.pings).toBe(2);
    expect(connector.connections).toHaveLength(1);
    await clock.advance(6_000);
    expect(connector.connections).toHaveLength(2);
    expect(connector.connections[0]?.isOpen).toBe(false);
    expect(events).toEqual([{ kind: "resync" }, { kind: "resync" }]);
  });

  it("asks nothing while a leader renews", async () => {
    start();
    for (let version = 1; version <= 60; version++) {
      await clock.advance(2_000);
      connector.last.publish(message(version));
    }
    expect(connector.last.pings).toBe(0);
    expect(connector.connections).toHaveLength(1);
  });

  it("takes a refused PING for an answer", async () => {
    start();
    await clock.flush();
    connector.last.ping = async () => {
      throw new ServerError("NOPERM this user has no permissions to run the 'ping' command");
    };
    await clock.advance(60_000);
    expect(connector.last.pings).toBeGreaterThan(2);
    expect(connector.connections).toHaveLength(1);
  });

  it("gives up connecting where nothing comes back", async () => {
    connector.opening = new Promise(() => {});
    start();
    await clock.advance(10_000);
    connector.opening = Promise.resolve();
    await clock.advance(1_000);
    expect(events).toEqual([{ kind: "resync" }]);
  });

  it("gives up subscribing where nothing comes back", async () => {
    connector.prepare = (connection) => {
      connection.subscribeResult = new Promise((_, reject) => {
        connection.onClosed(() => reject(new NetworkError("ended")));
      });
    };
    start();
    await clock.advance(10_000);
    connector.prepare = () => {};
    await clock.advance(1_000);
    expect(connector.connections.map(({ isOpen }) => isOpen)).toEqual([false, true]);
  });
});

describe("its end", () => {
  it("comes at once when its signal aborts, and leaves neither connection nor timer", async () => {
    start();
    await clock.flush();
    ending.abort();
    expect(await ended).toBe("returned");
    expect(connector.last.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes when its signal aborts while it connects, or waits to", async () => {
    connector.opening = new Promise(() => {});
    start();
    await clock.flush();
    ending.abort();
    expect(await ended).toBe("returned");
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes before it connects where the signal has aborted already", async () => {
    ending.abort();
    start();
    expect(await ended).toBe("returned");
    expect(connector.connections).toEqual([]);
  });

  it.each(["signal", "closing"])(
    "leaves nothing behind where the reader has stopped reading (%s)",
    async (by) => {
      const watch = watchRecord({
        connector,
        operation: { verb: "watch", record: "r" },
        channel: "lease:{app}@0",
        signal: ending.signal,
        closing: closing.signal,
        clock,
        random: () => 0.5,
        pulse: { silenceMs: 15_000, answerMs: 5_000 },
      });
      await watch.next();
      (by === "signal" ? ending : closing).abort();
      expect(connector.last.isOpen).toBe(false);
      expect(clock.pendingTimers).toBe(0);
    },
  );

  it("comes when the reader leaves the loop", async () => {
    const watch = watchRecord({
      connector,
      operation: { verb: "watch", record: "r" },
      channel: "lease:{app}@0",
      signal: ending.signal,
      closing: closing.signal,
      clock,
      random: () => 0.5,
      pulse: { silenceMs: 15_000, answerMs: 5_000 },
    });
    for await (const event of watch) {
      expect(event.kind).toBe("resync");
      break;
    }
    expect(connector.last.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is an error when the lock is closed", async () => {
    start();
    await clock.flush();
    closing.abort();
    expect(await ended).toMatchObject({ code: "ERR_LOCK_CLOSED" });
    expect(connector.last.isOpen).toBe(false);
    expect(clock.pendingTimers).toBe(0);
  });

  it("is an error when the user may not subscribe: asking again changes nothing", async () => {
    connector.prepare = (connection) => {
      connection.subscribeResult = Promise.reject(new ServerError("NOPERM no"));
    };
    start();
    expect(await ended).toMatchObject({ code: "ERR_LOCK_FORBIDDEN", outcome: "not-applied" });
    expect(clock.pendingTimers).toBe(0);
  });

  it("does not come when the password is wrong for a while: it may be rotated", async () => {
    connector.prepare = (connection) => {
      connection.subscribeResult = Promise.reject(new ServerError("NOAUTH Authentication required."));
    };
    start();
    await clock.advance(1_000);
    connector.prepare = () => {};
    await clock.advance(5_000);
    expect(events).toEqual([{ kind: "resync" }]);
  });
});
