import { getEventListeners } from "node:events";
import type { LockEvent } from "@tenure/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CALL, failure, present, record, stored } from "./etcd-lock.fixture.ts";
import { EtcdLock } from "./etcd-lock.ts";
import { answer, header, StubEtcd, status, type WatchScript } from "./stub-etcd.fixture.ts";

let stub: StubEtcd;
let lock: EtcdLock;
let ending: AbortController;

beforeEach(async () => {
  stub = await StubEtcd.start();
  ending = new AbortController();
  // The longest waits that jitter allows would make slow tests.
  lock = new EtcdLock({ etcd: { hosts: stub.host }, name: "app", random: () => 0 });
});

afterEach(async () => {
  ending.abort();
  await lock.close();
  await stub[Symbol.asyncDispose]();
});

const created = (revision: string, clusterId = "7") => ({
  header: header(revision, clusterId),
  watch_id: "0",
  created: true,
});
const event = (revision: string, type: "Put" | "Delete" = "Put", value: unknown = record()) => ({
  type,
  kv: stored(type === "Put" ? value : "", { mod: revision, create: type === "Put" ? "4" : "0" }),
});
const events = (...list: { kv: object }[]) => ({ header: header("99"), watch_id: "0", events: list });
const canceled = (reason: string, compacted = "0") => ({
  header: header("99"),
  watch_id: "0",
  canceled: true,
  cancel_reason: reason,
  compact_revision: compacted,
});
/** Sends these messages, and leaves the stream open. */
const tell =
  (...messages: object[]): WatchScript =>
  (stream) =>
    void messages.map((message) => stream.write(message));
/** Sends these messages, and cuts the stream. */
const tellAndBreak =
  (...messages: object[]): WatchScript =>
  (stream) => {
    for (const message of messages) stream.write(message);
    stream.emit("error", { code: 14, details: "cut" });
  };
const refuse =
  (code: number, details: string): WatchScript =>
  (stream) =>
    stream.emit("error", { code, details });

function watch(from?: Parameters<EtcdLock["watch"]>[0]["from"]): AsyncIterator<LockEvent> {
  return lock.watch({ signal: ending.signal, from })[Symbol.asyncIterator]();
}

async function found(mod = "5") {
  stub.reply(answer({ kvs: [stored(record(), { mod, create: "4" })] }));
  return present(await lock.get(CALL));
}

const next = async (iterator: AsyncIterator<LockEvent>) => (await iterator.next()).value as LockEvent;
const started = () =>
  stub.seen.filter(({ method }) => method === "watch").map(({ message }) => message["start_revision"]);

describe("what a watch tells", () => {
  it("begins with resync where nothing is known, and says that it needs a leader", async () => {
    stub.onWatch(tell(created("9")));
    expect(await next(watch())).toEqual({ kind: "resync" });
    const [seen] = stub.seen;
    expect(seen).toMatchObject({
      hasLeader: "true",
      message: { key: Buffer.from("/tenure/app"), progress_notify: true, start_revision: "0" },
    });
  });

  it("goes on after what is known, digit for digit above 2^53", async () => {
    stub.onWatch(tell(created("9007199254740993"), events(event("9007199254740995"))));
    const told = await next(watch(await found("9007199254740992")));
    expect(told).toMatchObject({ kind: "changed", current: { version: "9007199254740995" } });
    expect(started()).toEqual(["9007199254740993"]);
  });

  it("tells puts with the record, deletions with their order, and what is no record without it", async () => {
    stub.onWatch(
      tell(created("5"), events(event("6"), event("7", "Put", "garbage")), events(event("8", "Delete"))),
    );
    const told = watch(await found());
    expect(await next(told)).toMatchObject({
      kind: "changed",
      current: { record: record(), version: "6", incarnation: "4", fencingToken: 6n },
    });
    expect(await next(told)).toEqual({ kind: "changed", current: undefined });
    expect(await next(told)).toEqual({ kind: "deleted", fencingToken: 8n });
  });
});

describe("gaps", () => {
  it("a cut stream goes on after the last event, in silence", async () => {
    stub.onWatch(tellAndBreak(created("5"), events(event("6"))), tell(created("6"), events(event("7"))));
    const told = watch(await found());
    expect(await next(told)).toMatchObject({ kind: "changed", current: { version: "6" } });
    expect(await next(told)).toMatchObject({ kind: "changed", current: { version: "7" } });
    expect(started()).toEqual(["6", "7"]);
    // That of the stream that stands.
    expect(getEventListeners(ending.signal, "abort")).toHaveLength(1);
  });

  it("and after the last progress notification", async () => {
    stub.onWatch(
      tellAndBreak(created("5"), { header: header("40"), watch_id: "0" }),
      tell(created("40"), events(event("41"))),
    );
    expect(await next(watch(await found()))).toMatchObject({ current: { version: "41" } });
    expect(started()).toEqual(["6", "41"]);
  });

  it.each([
    ["a compaction", canceled("etcdserver: mvcc: required revision has been compacted", "50")],
    ["a compaction without words", canceled("", "50")],
    ["another cancellation", canceled("some reason")],
  ])("%s is followed by resync, and a watch from now", async (_, message) => {
    stub.onWatch(tell({ ...created("60"), ...message }), tell(created("60"), events(event("61"))));
    const told = watch(await found());
    expect(await next(told)).toEqual({ kind: "resync" });
    expect(await next(told)).toMatchObject({ current: { version: "61" } });
    expect(started()).toEqual(["6", "0"]);
  });

  it("so is a compaction while it stands", async () => {
    stub.onWatch(tell(created("5"), events(event("6")), canceled("compacted", "50")), tell(created("60")));
    const told = watch(await found());
    expect(await next(told)).toMatchObject({ current: { version: "6" } });
    expect(await next(told)).toEqual({ kind: "resync" });
  });

  it.each([
    ["has gone back: the revision to go on from would be long in coming", created("3")],
    ["is another cluster", created("70", "8")],
  ])("so is a store that %s", async (_, restored) => {
    stub.onWatch(tellAndBreak(created("5"), events(event("6"))), tell(restored), tell(restored));
    const told = watch(await found());
    expect(await next(told)).toMatchObject({ current: { version: "6" } });
    expect(await next(told)).toEqual({ kind: "resync" });
    expect(started()).toEqual(["6", "7", "0"]);
  });

  it("and so are failures in a row: the revision may be their reason", async () => {
    stub.onWatch(refuse(13, "a"), refuse(2, "b"), refuse(14, "etcdserver: no leader"), tell(created("9")));
    expect(await next(watch(await found()))).toEqual({ kind: "resync" });
    expect(started()).toEqual(["6", "6", "6", "0"]);
  });
});

describe("what ends a watch", () => {
  it("its signal does, also while it waits", async () => {
    stub.onWatch(tell(created("5")));
    const told = watch(await found());
    const waiting = told.next();
    await expect.poll(() => stub.streams.length).toBe(1);
    ending.abort();
    expect(await waiting).toEqual({ done: true, value: undefined });
    await expect.poll(() => stub.streams[0]?.cancelled).toBe(true);
  });

  it("closing the lock does, with an error", async () => {
    stub.onWatch(tell(created("5")));
    const waiting = failure(watch(await found()).next());
    await expect.poll(() => stub.streams.length).toBe(1);
    await lock.close();
    expect(await waiting).toMatchObject({ code: "ERR_LOCK_CLOSED" });
    expect(await failure(watch().next())).toMatchObject({ code: "ERR_LOCK_CLOSED" });
  });

  it("leaving the loop closes its stream", async () => {
    stub.onWatch(tell(created("5")));
    for await (const told of lock.watch({ signal: ending.signal })) {
      expect(told).toEqual({ kind: "resync" });
      break;
    }
    await expect.poll(() => stub.streams[0]?.cancelled).toBe(true);
  });

  it.each([
    ["as a status", refuse(7, "etcdserver: permission denied")],
    ["as etcd does", tell({ ...created("9"), ...canceled("etcdserver: permission denied") })],
  ])("a permission that is missing does, told %s, but not the first time", async (_, script) => {
    stub.onWatch(script, script);
    expect(await failure(watch().next())).toMatchObject({
      code: "ERR_LOCK_FORBIDDEN",
      outcome: "not-applied",
    });
    expect(started()).toHaveLength(2);
  });
});

describe("tokens", () => {
  it.each([
    ["says that it does not know the token", "etcdserver: invalid auth token"],
    ["says permission denied instead, as etcd 3.4 does", "etcdserver: permission denied"],
  ])("a new one is asked for where a watch %s", async (_, reason) => {
    await using user = new EtcdLock({
      etcd: { hosts: stub.host, auth: { username: "app", password: "secret" } },
      name: "app",
      random: () => 0,
    });
    stub.reply(answer({ token: "t1" }), answer({ token: "t2" }));
    stub.onWatch(tell({ ...created("9"), ...canceled(reason) }), tell(created("9")));
    const told = user.watch({ signal: ending.signal })[Symbol.asyncIterator]();
    expect(await next(told)).toEqual({ kind: "resync" });
    expect(stub.seen.map(({ method, token }) => `${method} ${token ?? ""}`)).toEqual([
      "authenticate ",
      "watch t1",
      "authenticate ",
      "watch t2",
    ]);
  });

  it("a wrong password ends no watch: it may be put right", async () => {
    await using user = new EtcdLock({
      etcd: { hosts: stub.host, auth: { username: "app", password: "secret" } },
      name: "app",
      random: () => 0,
    });
    stub.reply(
      status(3, "etcdserver: authentication failed, invalid user ID or password"),
      answer({ token: "t1" }),
    );
    stub.onWatch(tell(created("9")));
    const told = user.watch({ signal: ending.signal })[Symbol.asyncIterator]();
    expect(await next(told)).toEqual({ kind: "resync" });
  });
});
