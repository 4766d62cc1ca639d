import { afterEach, beforeEach, expect, it } from "vitest";
import { CALL, failure, record } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { answer, put, StubEtcd, status } from "./stub-etcd.fixture.ts";

let stub: StubEtcd;
let lock: EtcdLock;

beforeEach(async () => {
  stub = await StubEtcd.start();
  lock = new EtcdLock({
    etcd: { hosts: stub.host, auth: { username: "app", password: "secret" } },
    name: "app",
  });
});

afterEach(async () => {
  await lock.close();
  await stub[Symbol.asyncDispose]();
});

const token = (text: string) => answer({ token: text });
const refused = status(16, "etcdserver: invalid auth token");
const calls = () =>
  stub.seen.map(({ method, token: sent }) => (sent === undefined ? method : `${method} ${sent}`));

it("asks for a token once, and sends it with every call", async () => {
  stub.reply(token("t1"), put("1"), put("2"));
  await lock.create(record(), CALL);
  await lock.create(record(), CALL);
  expect(calls()).toEqual(["authenticate", "txn t1", "txn t1"]);
  expect(stub.seen[0]?.message).toMatchObject({ name: "app", password: "secret" });
});

it("asks for one token for calls that come together", async () => {
  stub.reply(token("t1"), put("1"), put("2"));
  await Promise.all([lock.create(record(), CALL), lock.create(record(), CALL)]);
  expect(calls()).toEqual(["authenticate", "txn t1", "txn t1"]);
});

it.each([
  ["is not known any more", refused],
  ["is older than the last change of permissions", status(3, "etcdserver: revision of auth store is old")],
])("sends a write once more with a new token where the old one %s: nothing was written", async (_, reply) => {
  stub.reply(token("t1"), reply, token("t2"), put("5"));
  expect((await lock.create(record(), CALL)).version).toBe("5");
  expect(calls()).toEqual(["authenticate", "txn t1", "authenticate", "txn t2"]);
});

it("does so once, not for ever", async () => {
  stub.reply(token("t1"), refused, token("t2"), refused);
  const error = await failure(lock.create(record(), CALL));
  expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
  expect(calls()).toEqual(["authenticate", "txn t1", "authenticate", "txn t2"]);
});

it("knows of nothing written when the second attempt finds no token, and of an unknown outcome when it finds no answer", async () => {
  stub.reply(token("t1"), refused, status(14, "etcdserver: no leader"));
  expect(await failure(lock.create(record(), CALL))).toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    outcome: "not-applied",
  });
  stub.reply(token("t2"), refused, token("t3"), status(14, "Connection dropped"));
  expect(await failure(lock.create(record(), CALL))).toMatchObject({
    code: "ERR_LOCK_OUTCOME_UNKNOWN",
    outcome: "unknown",
  });
});

it("does not know a user whose password is wrong, and asks again next time", async () => {
  const wrong = status(3, "etcdserver: authentication failed, invalid user ID or password");
  stub.reply(wrong);
  const error = await failure(lock.create(record(), CALL));
  expect(error).toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED", outcome: "not-applied" });
  stub.reply(token("t1"), put("1"));
  await lock.create(record(), CALL);
  expect(calls()).toEqual(["authenticate", "authenticate", "txn t1"]);
});

it("does without a token where the cluster asks for none", async () => {
  stub.reply(status(9, "etcdserver: authentication is not enabled"), put("1"));
  await lock.create(record(), CALL);
  expect(calls()).toEqual(["authenticate", "txn"]);
});

it("ends in time while it waits for a token, with nothing written", async () => {
  const error = await failure(lock.create(record(), { timeoutMs: 150 }));
  expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
  const ending = new AbortController();
  const call = lock.create(record(), { ...CALL, signal: ending.signal });
  ending.abort("enough");
  await expect(call).rejects.toBe("enough");
  expect(calls()).toEqual(["authenticate"]);
});

it("and while it waits for a new one in place of one that was refused", async () => {
  stub.reply(token("t1"), refused);
  const error = await failure(lock.create(record(), { timeoutMs: 300 }));
  expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
  expect(error.message).toBe(
    "create of etcd key /tenure/app failed: no connection or no token within 300 ms",
  );
  expect(calls()).toEqual(["authenticate", "txn t1", "authenticate"]);
});
