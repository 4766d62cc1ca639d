import { inspect } from "node:util";
import type { LeaderElectionRecord } from "@tenure/core";
import { Cluster, Redis } from "ioredis";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { RedisLock, type RedisLockOptions } from "./redis-lock.ts";
import { array, cut, error, STUB_TIME, StubRedis, type StubReply, silence } from "./stub-redis.fixture.ts";

const PASSWORD = "canary-password-4711";
const SENTINEL_PASSWORD = "canary-sentinel-4712";
const KEY = "canary-key-4713";
const CANARY = /canary-/;
const RECORD: LeaderElectionRecord = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

let stub: StubRedis;
const locks: RedisLock[] = [];

beforeEach(async () => {
  stub = await StubRedis.start();
});

afterEach(async () => {
  vi.restoreAllMocks();
  for (const lock of locks.splice(0)) await lock.close();
  await stub[Symbol.asyncDispose]();
});

/** Everything that a log could make of a value. */
function everyView(value: unknown): string {
  const thrown = value instanceof Error ? value : undefined;
  return [
    inspect(value, { depth: Number.POSITIVE_INFINITY, showHidden: true, getters: true }),
    JSON.stringify(value, (_, item) => (typeof item === "bigint" ? String(item) : item)),
    String(value),
    thrown?.message,
    thrown?.stack,
    thrown?.cause === undefined ? "" : everyView(thrown.cause),
  ].join("\n");
}

function lockOn(redis: RedisLockOptions["redis"]): RedisLock {
  const lock = new RedisLock({ redis, name: "app" });
  locks.push(lock);
  return lock;
}

async function failureOf(lock: RedisLock): Promise<unknown> {
  return lock.create(RECORD, { timeoutMs: 300 }).then(
    () => undefined,
    (reason: unknown) => reason,
  );
}

/** A server that shows what it was sent, as old ones do with commands that they do not know. */
const echo = (command: readonly string[]): StubReply =>
  error(`ERR unknown command, with args beginning with: ${command.join(" ")}`);

it.each<[string, (command: readonly string[]) => StubReply | undefined]>([
  ["AUTH is not known", (command) => (command[0] === "auth" ? echo(command) : undefined)],
  ["AUTH is refused", (command) => (command[0] === "auth" ? error(`WRONGPASS ${PASSWORD}`) : undefined)],
  ["TIME is refused", ([name]) => (name === "time" ? error(`NOAUTH ${PASSWORD}`) : undefined)],
  ["a script is refused", ([name]) => (name === "evalsha" ? error(`NOPERM ${PASSWORD}`) : undefined)],
  ["a script fails oddly", ([name]) => (name === "evalsha" ? error(`ERR ${PASSWORD}`) : undefined)],
  ["the connection is cut", ([name]) => (name === "evalsha" ? cut : undefined)],
  ["nothing comes back", ([name]) => (name === "evalsha" ? silence : undefined)],
  ["what comes back is no RESP", ([name]) => (name === "evalsha" ? `${PASSWORD}\r\n` : undefined)],
  [
    "what is stored is no record",
    ([name]) =>
      name === "evalsha" ? array(["written", String(STUB_TIME), "1", "g", PASSWORD, "op"]) : undefined,
  ],
])("an error shows no secret when %s", async (_, answer) => {
  const printed = [vi.spyOn(console, "warn"), vi.spyOn(console, "error"), vi.spyOn(console, "log")];
  for (const print of printed) print.mockImplementation(() => {});
  stub.answer = answer;
  const lock = lockOn({ host: "127.0.0.1", port: stub.port, username: "me", password: PASSWORD });
  const thrown = await failureOf(lock);
  expect(thrown).toBeInstanceOf(Error);
  expect(everyView(thrown)).not.toMatch(CANARY);
  expect(everyView(printed.map((print) => print.mock.calls))).not.toMatch(CANARY);
});

it("neither lock nor watch shows what they were given", async () => {
  const redis = new Redis({
    port: stub.port,
    password: PASSWORD,
    sentinelPassword: SENTINEL_PASSWORD,
    lazyConnect: true,
  });
  const lock = lockOn(redis);
  stub.reply(array(["absent", String(STUB_TIME)]));
  const ending = new AbortController();
  const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
  const seen = [await events.next(), await lock.get({ timeoutMs: 5_000 }), lock, events];
  expect(everyView(seen)).not.toMatch(CANARY);
  ending.abort();
  await events.next();
});

it("a watch that may not be has no secret in its error", async () => {
  stub.answer = ([name]) => (name === "subscribe" ? error(`NOPERM ${PASSWORD}`) : undefined);
  const lock = lockOn({ port: stub.port, password: PASSWORD });
  const { signal } = new AbortController();
  const thrown = await lock
    .watch({ signal })
    [Symbol.asyncIterator]()
    .next()
    .catch((reason: unknown) => reason);
  expect(thrown).toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
  expect(everyView(thrown)).not.toMatch(CANARY);
});

it("a Sentinel's refusal has no secret in it", async () => {
  stub.answer = (command) => (command[0] === "auth" ? echo(command) : undefined);
  const lock = lockOn({
    sentinels: [{ host: "127.0.0.1", port: stub.port }],
    name: "main",
    sentinelPassword: SENTINEL_PASSWORD,
    password: PASSWORD,
  });
  const thrown = await failureOf(lock);
  expect(thrown).toMatchObject({ outcome: "not-applied" });
  expect(everyView([thrown, lock])).not.toMatch(CANARY);
});

it("a cluster's node with a password in its URL is named without", async () => {
  stub.answer = ([name]) => (name === "time" ? error(`ERR ${PASSWORD}`) : undefined);
  const redis = new Cluster([`redis://:${PASSWORD}@127.0.0.1:${stub.port}`], { lazyConnect: true });
  const lock = lockOn(redis);
  const thrown = await failureOf(lock);
  expect(everyView(thrown)).toContain(`the cluster at 127.0.0.1:${stub.port}`);
  expect(everyView([thrown, lock])).not.toMatch(CANARY);
});

it("a key that cannot be used is not quoted", async () => {
  const thrown = await failureOf(lockOn({ port: stub.port, tls: { key: KEY, cert: KEY } }));
  expect(thrown).toMatchObject({ outcome: "not-applied" });
  expect(everyView(thrown)).not.toMatch(CANARY);
});
