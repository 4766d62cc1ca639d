import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { type Clock, systemClock } from "@tenure/core";
import type { IOptions } from "etcd3";
import { afterEach, beforeEach, expect, it } from "vitest";
import { EtcdClient } from "./etcd-client.ts";
import { CALL, failure, record } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { put, StubEtcd, silence } from "./stub-etcd.fixture.ts";

let stub: StubEtcd;
/** Accepts connections and says nothing. */
let mute: { readonly host: string; readonly accepted: Socket[]; close(): void };

beforeEach(async () => {
  stub = await StubEtcd.start();
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    socket.on("error", () => {});
    // So that it notices when the client ends it.
    socket.resume();
    accepted.push(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  mute = {
    // A TCP server's address is an object.
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    accepted,
    close: () => {
      for (const socket of accepted) socket.destroy();
      server.close();
    },
  };
});

afterEach(async () => {
  mute.close();
  await stub[Symbol.asyncDispose]();
});

it("does not wait for a member that accepts connections and says nothing while there is another", async () => {
  await using lock = new EtcdLock({ etcd: { hosts: [mute.host, stub.host] }, name: "app", random: () => 0 });
  stub.reply(put("7"), put("8"));
  await lock.create(record(), CALL);
  expect(mute.accepted).toHaveLength(1);
  // And remembers which one answered.
  await lock.create(record(), CALL);
  expect(mute.accepted).toHaveLength(1);
});

it.each(["http", "https"])(
  "has sent nothing when a member says nothing, and closes a connection that takes too long: %s",
  async (scheme) => {
    let offsetMs = 0;
    const clock: Clock = { ...systemClock, now: () => systemClock.now() + offsetMs };
    await using lock = new EtcdLock({ etcd: { hosts: `${scheme}://${mute.host}` }, name: "app", clock });
    const attempt = async (): Promise<void> => {
      const error = await failure(lock.create(record(), { timeoutMs: 100 }));
      expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
      expect(error.message).toBe(
        "create of etcd key /tenure/app failed: no connection or no token within 100 ms",
      );
    };
    await attempt();
    await attempt();
    expect(mute.accepted).toHaveLength(1);
    offsetMs += 5_000;
    await attempt();
    await expect.poll(() => mute.accepted.length).toBe(2);
    const open = () => mute.accepted.filter(({ destroyed }) => !destroyed).length;
    await expect.poll(open).toBe(1);
    await lock.close();
    await expect.poll(open).toBe(0);
  },
);

it("leaves a member that does not answer, and other calls on its connection alone", async () => {
  await using other = await StubEtcd.start();
  await using client = new EtcdClient({ etcd: { hosts: [stub.host, other.host] }, random: () => 0 });
  const lock = new EtcdLock({ etcd: client, name: "app" });
  stub.reply(silence, silence);
  other.reply(put("8"));
  const ending = new AbortController();
  const slow = failure(lock.create(record(), { ...CALL, signal: ending.signal }));
  await expect.poll(() => stub.methods).toHaveLength(1);
  expect(await failure(lock.create(record(), { timeoutMs: 200 }))).toMatchObject({ outcome: "unknown" });
  expect((await lock.create(record(), CALL)).version).toBe("8");
  // Still waiting, on the connection that takes no new calls.
  const reason = new Error("enough");
  ending.abort(reason);
  expect(await slow).toMatchObject({ outcome: "unknown", cause: reason });
});

it("shares the connections of a client, and closing a lock leaves them to the others", async () => {
  await using client = new EtcdClient({ etcd: { hosts: stub.host } });
  const locks = ["a", "b", "c"].map((name) => new EtcdLock({ etcd: client, name }));
  const [first, second] = locks as [EtcdLock, EtcdLock];
  stub.reply(put("7"), silence, put("9"));
  await first.create(record(), CALL);
  const waiting = failure(second.create(record(), CALL));
  await expect.poll(() => stub.methods).toHaveLength(2);
  await first.close();
  expect(await failure(first.get(CALL))).toMatchObject({ code: "ERR_LOCK_CLOSED" });
  expect((await second.create(record(), CALL)).version).toBe("9");
  await client.close();
  expect(await waiting).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
  for (const lock of locks) expect(await failure(lock.get(CALL))).toMatchObject({ code: "ERR_LOCK_CLOSED" });
});

it("takes etcd3's own options as they are", async () => {
  const etcd: IOptions = {
    hosts: [`http://${stub.host}`],
    grpcOptions: { "grpc.keepalive_time_ms": 20_000 },
  };
  await using lock = new EtcdLock({ etcd, name: "app" });
  stub.reply(put("7"));
  await lock.create(record(), CALL);
});
