import { FakeClock } from "@tenure/core/testing";
import { afterEach, beforeEach, expect, it } from "vitest";
import { CALL, failure, record } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { type Relay, startRelay } from "./relay.fixture.ts";
import { answer, put, StubEtcd, silence } from "./stub-etcd.fixture.ts";

let stub: StubEtcd;
let other: StubEtcd;
let relay: Relay;

beforeEach(async () => {
  stub = await StubEtcd.start();
  other = await StubEtcd.start();
  relay = await startRelay(stub.host);
});

afterEach(async () => {
  await relay[Symbol.asyncDispose]();
  await other[Symbol.asyncDispose]();
  await stub[Symbol.asyncDispose]();
});

it("closes the connection for the log-in once it has a token", async () => {
  const auth = { username: "app", password: "secret" };
  await using lock = new EtcdLock({ etcd: { hosts: relay.host, auth }, name: "app" });
  stub.reply(answer({ token: "t1" }), put("7"));
  await lock.create(record(), CALL);
  expect(relay.accepted).toBe(2);
  await expect.poll(() => relay.open).toBe(1);
  await lock.close();
  await expect.poll(() => relay.open).toBe(0);
});

it("closes a connection that was given up once the last call on it has ended", async () => {
  await using lock = new EtcdLock({ etcd: { hosts: relay.host }, name: "app" });
  stub.reply(silence, silence, put("7"));
  const ending = new AbortController();
  const slow = failure(lock.create(record(), { ...CALL, signal: ending.signal }));
  await expect.poll(() => stub.methods).toHaveLength(1);
  await failure(lock.create(record(), { timeoutMs: 100 }));
  await lock.create(record(), CALL);
  expect([relay.accepted, relay.open]).toEqual([2, 2]);
  ending.abort("enough");
  expect(await slow).toMatchObject({ outcome: "unknown" });
  await expect.poll(() => relay.open).toBe(1);
});

it("tells the server its deadline, and when it gave a call up before", async () => {
  await using lock = new EtcdLock({ etcd: { hosts: stub.host }, name: "app" });
  const ending = new AbortController();
  const call = failure(lock.create(record(), { timeoutMs: 60_000, signal: ending.signal }));
  await expect.poll(() => stub.calls).toHaveLength(1);
  expect(Number(stub.calls[0]?.getDeadline()) - Date.now()).toBeLessThanOrEqual(60_000);
  ending.abort("enough");
  await call;
  await expect.poll(() => stub.calls[0]?.cancelled).toBe(true);
});

it("goes to another member after a call without an answer", async () => {
  const clock = new FakeClock();
  const hosts = [stub.host, other.host];
  await using lock = new EtcdLock({ etcd: { hosts }, name: "app", clock, random: () => 0 });
  other.reply(put("8"));
  // gRPC's own deadline is in real time: far away.
  const call = failure(lock.create(record(), { timeoutMs: 60_000 }));
  await expect.poll(() => stub.methods).toHaveLength(1);
  await clock.advance(60_000);
  expect(await call).toMatchObject({ outcome: "unknown" });
  expect((await lock.create(record(), CALL)).version).toBe("8");
});

it.each(["is cut", "is never confirmed"])("watches at another member once a watch %s", async (how) => {
  const clock = new FakeClock();
  const hosts = [stub.host, other.host];
  await using lock = new EtcdLock({ etcd: { hosts }, name: "app", clock, random: () => 0 });
  if (how === "is cut") stub.onWatch((stream) => stream.emit("error", { code: 14, details: "cut" }));
  const ending = new AbortController();
  const next = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]().next();
  await expect.poll(() => stub.streams).toHaveLength(1);
  // Its time to be confirmed, and then to be armed again.
  await expect
    .poll(async () => {
      await clock.advance(5_000);
      return other.streams.length;
    })
    .toBe(1);
  expect(stub.streams).toHaveLength(1);
  ending.abort();
  expect(await next).toMatchObject({ done: true });
});
