import { LeaderElectionError, type LeaderElectionRecord, type VersionedRecord } from "@tenure/core";
import { Cluster, Redis } from "ioredis";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { RedisLock, type RedisLockOptions } from "./redis-lock.ts";
import { CREATE, GET, UPDATE } from "./scripts.ts";
import { encodeRecord } from "./stored-record.ts";
import {
  array,
  cut,
  error,
  ok,
  STUB_TIME,
  StubRedis,
  type StubReply,
  silence,
} from "./stub-redis.fixture.ts";

const CALL = { timeoutMs: 5_000 };
const RECORD: LeaderElectionRecord = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: "2026-11-23T19:13:00.123456Z",
  renewTime: "2026-11-23T19:13:00.123456Z",
  leaderTransitions: 1,
};
const VERSION = "1764093600000000";
const STORED: VersionedRecord = {
  record: RECORD,
  version: `${VERSION}.op1`,
  incarnation: "g1",
  fencingToken: BigInt(VERSION),
};

let stub: StubRedis;
const locks: RedisLock[] = [];

beforeEach(async () => {
  stub = await StubRedis.start();
});

afterEach(async () => {
  for (const lock of locks.splice(0)) await lock.close();
  await stub[Symbol.asyncDispose]();
});

function lockOn(options: Partial<RedisLockOptions> = {}): RedisLock {
  const lock = new RedisLock({ redis: { host: "127.0.0.1", port: stub.port }, name: "app", ...options });
  locks.push(lock);
  return lock;
}

/** A script's answer. */
function answer(what: string, micros = STUB_TIME): StubReply {
  return array([what, String(micros), VERSION, "g1", encodeRecord(RECORD), "op1"]);
}

const late: StubReply = array(["late", String(STUB_TIME + 60_000_000)]);

/** The error of a call. */
async function failure(call: Promise<unknown>): Promise<LeaderElectionError> {
  const reason = await call.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  expect(reason).toBeInstanceOf(LeaderElectionError);
  // Just expected.
  return reason as LeaderElectionError;
}

describe("a lock", () => {
  it("says what it promises, frozen, and what its record is called", () => {
    const lock = lockOn({ durability: "single-node" });
    expect(lock.description).toBe("redis lease:{app}");
    expect(lock.capabilities).toEqual({
      fencing: "monotonic-unless-data-loss",
      watch: "hint",
      granularityMs: 1,
      durability: "single-node",
    });
    expect(lock.capabilities).toBe(lock.capabilities);
    expect(Object.isFrozen(lock.capabilities)).toBe(true);
    expect(lockOn().capabilities.durability).toBe("best-effort");
  });

  it("connects with its first call and not before", async () => {
    const lock = lockOn();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stub.connections).toBe(0);
    stub.reply(answer("absent"));
    await lock.get(CALL);
    expect(stub.connections).toBe(1);
  });

  it("refuses a durability that is none", () => {
    const durability = "very" as "replicated";
    expect(() => lockOn({ durability })).toThrow(
      new RangeError('Expected `durability` as "replicated", "single-node" or "best-effort", got very'),
    );
  });

  it.each([0, -1, Number.NaN, 2 ** 31, undefined])("refuses a deadline of %s", async (timeoutMs) => {
    // What untyped callers pass.
    await expect(lockOn().get({ timeoutMs: timeoutMs as number })).rejects.toThrow(RangeError);
    expect(stub.connections).toBe(0);
  });

  it("never touches the client that it was given", async () => {
    const redis = new Redis({ port: stub.port, lazyConnect: true, keyPrefix: "app:", db: 3 });
    stub.reply(answer("found"));
    await lockOn({ redis }).get(CALL);
    expect(redis.status).toBe("wait");
    expect(stub.received.map(({ command }) => command.slice(0, 2))).toEqual([
      ["client", "setname"],
      ["select", "3"],
      ["time"],
      ["evalsha", GET.sha],
    ]);
    expect(stub.received[3]?.command.slice(2)).toEqual(["1", "lease:{app}"]);
  });

  it("does not go on in database 0 where the server refuses another", async () => {
    stub.answer = ([name]) => (name === "select" ? error("ERR DB index is out of range") : undefined);
    const lock = lockOn({ redis: { port: stub.port, db: 99 } });
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_REJECTED",
      outcome: "not-applied",
    });
    expect(stub.scripts).toEqual([]);
  });
});

describe("calls", () => {
  it("read and write", async () => {
    const lock = lockOn();
    stub.reply(answer("absent"), answer("found"), answer("written"), answer("written"));
    expect(await lock.get(CALL)).toBeUndefined();
    expect(await lock.get(CALL)).toEqual(STORED);
    expect(await lock.create(RECORD, CALL)).toEqual(STORED);
    expect(await lock.update(RECORD, STORED, CALL)).toEqual(STORED);
    expect(stub.scripts.map(({ command }) => command[1])).toEqual([GET.sha, GET.sha, CREATE.sha, UPDATE.sha]);
    expect(stub.connections).toBe(1);
  });

  it("carry an op of their own, the version, and until when they may be carried out, the first one too", async () => {
    const lock = lockOn();
    stub.reply(answer("written", STUB_TIME + 3_000_000), answer("written"));
    await lock.create(RECORD, CALL);
    await lock.update(RECORD, STORED, { timeoutMs: 2_000 });
    const [create, update] = stub.scripts.map(({ command }) => command.slice(4));
    expect(create).toEqual([
      "lease:{app}@0",
      expect.any(String),
      expect.any(String),
      encodeRecord(RECORD),
      expect.stringMatching(/^[0-9a-f]{24}$/),
    ]);
    expect(update?.slice(3)).toEqual([encodeRecord(RECORD), STORED.version, STORED.incarnation]);
    expect(create?.[1]).toMatch(/^[0-9a-f]{24}$/);
    expect(create?.[1]).not.toBe(update?.[1]);
    // What is left of the time, after the server's last word on its own time. Up to a second for a slow machine.
    const createMs = (Number(create?.[2]) - STUB_TIME) / 1_000;
    expect(createMs).toBeGreaterThan(4_000);
    expect(createMs).toBeLessThanOrEqual(5_000);
    const updateMs = (Number(update?.[2]) - STUB_TIME) / 1_000 - 3_000;
    expect(updateMs).toBeGreaterThan(1_000);
    expect(updateMs).toBeLessThanOrEqual(2_100);
  });

  it("take a refusal for being late as not applied, and reckon anew from the time in it", async () => {
    const lock = lockOn();
    stub.reply(late, answer("written"));
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
    await lock.create(RECORD, CALL);
    expect(Number(stub.scripts[1]?.command[6])).toBeGreaterThan(STUB_TIME + 60_000_000);
  });

  it.each([
    ["create", "exists"],
    ["update", "gone"],
    ["update", "moved"],
  ] as const)("%s on a record that %s is a conflict", async (verb, what) => {
    const lock = lockOn();
    stub.reply(answer(what));
    const call = verb === "create" ? lock.create(RECORD, CALL) : lock.update(RECORD, STORED, CALL);
    expect(await failure(call)).toMatchObject({ code: "ERR_LOCK_CONFLICT", outcome: "not-applied" });
  });

  it("send the whole script where the server does not know it, and only then", async () => {
    stub.reply(error("NOSCRIPT No matching script."), answer("written"), answer("written"));
    const lock = lockOn();
    await lock.create(RECORD, CALL);
    await lock.create(RECORD, CALL);
    expect(stub.scripts.map(({ command }) => command.slice(0, 2))).toEqual([
      ["evalsha", CREATE.sha],
      ["eval", CREATE.lua],
      ["evalsha", CREATE.sha],
    ]);
  });

  it("say that what is stored is no record of a lock", async () => {
    stub.reply(array(["found", String(STUB_TIME), null, null, null]));
    expect(await failure(lockOn().get(CALL))).toMatchObject({
      code: "ERR_LOCK_RECORD_INVALID",
      message:
        "get of redis lease:{app}: what is stored is no record of a lock: its `version` is no decimal number below 2^53",
    });
  });

  it("refuse records that cannot be stored before anything is sent", async () => {
    await expect(lockOn().create({ ...RECORD, leaseDurationMs: 0.5 }, CALL)).rejects.toThrow(RangeError);
    // What untyped callers pass.
    const nothing = undefined as unknown as VersionedRecord;
    await expect(lockOn().update(RECORD, nothing, CALL)).rejects.toThrow(TypeError);
    expect(stub.connections).toBe(0);
  });
});

describe("an error reply", () => {
  it.each([
    ["NOAUTH Authentication required.", "ERR_LOCK_UNAUTHENTICATED"],
    ["WRONGPASS invalid username-password pair or user is disabled.", "ERR_LOCK_UNAUTHENTICATED"],
    ["NOPERM this user has no permissions to run the 'evalsha' command", "ERR_LOCK_FORBIDDEN"],
    ["ERR The user executing the script can't run this command or subcommand", "ERR_LOCK_FORBIDDEN"],
    ["ERR ACL failure in script: User x has no permissions to run the 'hset' command", "ERR_LOCK_FORBIDDEN"],
    ["DENIED Redis is running in protected mode", "ERR_LOCK_FORBIDDEN"],
    ["READONLY You can't write against a read only replica.", "ERR_LOCK_UNAVAILABLE"],
    ["LOADING Redis is loading the dataset in memory", "ERR_LOCK_UNAVAILABLE"],
    ["MASTERDOWN Link with MASTER is down", "ERR_LOCK_UNAVAILABLE"],
    ["CLUSTERDOWN Hash slot not served", "ERR_LOCK_UNAVAILABLE"],
    ["TRYAGAIN Multiple keys request during rehashing of slot", "ERR_LOCK_UNAVAILABLE"],
    ["MOVED 3999 127.0.0.1:1", "ERR_LOCK_UNAVAILABLE"],
    ["ASK 3999 127.0.0.1:1", "ERR_LOCK_UNAVAILABLE"],
    ["BUSY Redis is busy running a script.", "ERR_LOCK_UNAVAILABLE"],
    ["OOM command not allowed when used memory > 'maxmemory'.", "ERR_LOCK_UNAVAILABLE"],
    ["MISCONF Redis is configured to save RDB snapshots", "ERR_LOCK_UNAVAILABLE"],
    ["NOREPLICAS Not enough good replicas to write.", "ERR_LOCK_UNAVAILABLE"],
    ["ERR max number of clients reached", "ERR_LOCK_UNAVAILABLE"],
    ["CROSSSLOT Keys in request don't hash to the same slot", "ERR_LOCK_REJECTED"],
    ["ERR unknown command 'evalsha', with args beginning with: ", "ERR_LOCK_REJECTED"],
    ["WRONGTYPE Operation against a key holding the wrong kind of value", "ERR_LOCK_RECORD_INVALID"],
  ])("%s: nothing was written, %s", async (message, code) => {
    stub.reply(error(message));
    const thrown = await failure(lockOn().create(RECORD, CALL));
    expect(thrown).toMatchObject({ code, outcome: "not-applied" });
    expect(thrown.message).toContain(
      `create of redis lease:{app} failed: 127.0.0.1:${stub.port} answered: ${message.replace(/\.$/, "").trim()}`,
    );
    expect(stub.scripts).toHaveLength(1);
  });

  it.each([
    "ERR something a module says",
    "UNBLOCKED force unblock from blocking operation",
    "UNKILLABLE Sorry the script already executed write commands",
    "whatever a proxy says",
  ])("%s: unknown for a write, and for a read nothing was written", async (message) => {
    stub.reply(error(message), error(message));
    const lock = lockOn();
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
    });
    expect(await failure(lock.get(CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
  });

  it.each(["READONLY r", "LOADING l", "MASTERDOWN m", "CLUSTERDOWN c", "NOAUTH n"])(
    "%s makes the next call look for the primary anew",
    async (message) => {
      stub.reply(error(message), answer("found"));
      const lock = lockOn();
      await failure(lock.get(CALL));
      expect(await lock.get(CALL)).toEqual(STORED);
      expect(stub.connections).toBe(2);
    },
  );

  it("to AUTH is told as what it is", async () => {
    stub.answer = ([name]) =>
      name === "auth" ? error("WRONGPASS invalid username-password pair") : undefined;
    const lock = lockOn({ redis: { port: stub.port, password: "p" } });
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAUTHENTICATED",
      outcome: "not-applied",
    });
    expect(stub.scripts).toEqual([]);
  });

  it("to the first TIME is told before anything was written", async () => {
    stub.answer = ([name]) => (name === "time" ? error("LOADING l") : undefined);
    expect(await failure(lockOn().create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
    await expect.poll(() => stub.open).toBe(0);
  });

  it("in words of a cluster says which client to pass", async () => {
    stub.reply(error("MOVED 3999 127.0.0.1:1"));
    expect((await failure(lockOn().get(CALL))).message).toContain(
      "For a Redis Cluster pass ioredis' `Cluster`",
    );
  });
});

describe("a write without an answer", () => {
  it("is unknown when the connection is cut, and is not sent again", async () => {
    stub.reply(cut, answer("found"));
    const lock = lockOn();
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
    });
    await lock.get(CALL);
    expect(stub.scripts.map(({ command }) => command[1])).toEqual([CREATE.sha, GET.sha]);
  });

  it("is unknown when the server is silent, within its deadline, and its connection is not used again", async () => {
    stub.reply(silence, answer("written"));
    const lock = lockOn();
    expect(await failure(lock.create(RECORD, { timeoutMs: 50 }))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
      message: `create of redis lease:{app} failed: 127.0.0.1:${stub.port} did not answer within 50 ms`,
    });
    await lock.create(RECORD, CALL);
    expect(stub.scripts.map(({ connection }) => connection)).toEqual([1, 2]);
    await expect.poll(() => stub.open).toBe(1);
  });

  it("is unknown when the answer is not one of ours", async () => {
    stub.reply(ok, array(["found", "soon"]), answer("found"));
    const lock = lockOn();
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({ outcome: "unknown" });
    expect(await failure(lock.get(CALL))).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
    await lock.get(CALL);
    // What such a connection says next may be the answer to something else.
    expect(stub.scripts.map(({ connection }) => connection)).toEqual([1, 2, 3]);
  });

  it.each(["found", "absent"])("is unknown when the answer is that of a read, %s", async (what) => {
    stub.reply(answer(what));
    expect(await failure(lockOn().create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      outcome: "unknown",
    });
  });

  it("is unknown, with the reason, when it is aborted after it was sent", async () => {
    const aborting = new AbortController();
    const call = failure(lockOn().create(RECORD, { ...CALL, signal: aborting.signal }));
    await stub.scriptsArrived(1);
    const reason = new Error("enough");
    aborting.abort(reason);
    expect(await call).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown", cause: reason });
  });

  it("is unknown when the lock is closed meanwhile; a read is closed", async () => {
    const lock = lockOn();
    const write = failure(lock.create(RECORD, CALL));
    const read = failure(lock.get(CALL));
    await stub.scriptsArrived(2);
    await lock.close();
    expect(await write).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect(await read).toMatchObject({ code: "ERR_LOCK_CLOSED", outcome: "not-applied" });
  });

  it("does not hold up who reads and aborts at a deadline of its own: the next read has another connection", async () => {
    stub.reply(silence, answer("found"));
    const lock = lockOn();
    const aborting = new AbortController();
    const reason = new Error("enough");
    const read = failure(lock.get({ ...CALL, signal: aborting.signal }));
    await stub.scriptsArrived(1);
    aborting.abort(reason);
    expect(await read).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", cause: reason });
    expect(await lock.get(CALL)).toEqual(STORED);
    expect(stub.scripts.map(({ connection }) => connection)).toEqual([1, 2]);
    await expect.poll(() => stub.open).toBe(1);
  });

  it("takes reads on the same connection with it as unavailable", async () => {
    const lock = lockOn();
    const read = failure(lock.get(CALL));
    await stub.scriptsArrived(1);
    await failure(lock.create(RECORD, { timeoutMs: 50 }));
    expect(await read).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
  });
});

describe("a write that was not sent", () => {
  it("rejects with the signal's reason when it was aborted before", async () => {
    const reason = new Error("enough");
    await expect(lockOn().create(RECORD, { ...CALL, signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    expect(stub.connections).toBe(0);
  });

  it("rejects with the signal's reason when it is aborted while connecting, and is never sent", async () => {
    stub.answer = ([name]) => (name === "time" ? silence : undefined);
    const aborting = new AbortController();
    const reason = new Error("enough");
    const call = lockOn().create(RECORD, { ...CALL, signal: aborting.signal });
    while (stub.received.length < 2) await new Promise((resolve) => setTimeout(resolve, 1));
    aborting.abort(reason);
    await expect(call).rejects.toBe(reason);
    expect(stub.scripts).toEqual([]);
  });

  it("is not applied when the server cannot be reached", async () => {
    const { port } = stub;
    await stub[Symbol.asyncDispose]();
    const lock = lockOn({ redis: { host: "127.0.0.1", port } });
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
      message: expect.stringMatching(/could not be reached: connect ECONNREFUSED/),
    });
    stub = await StubRedis.start();
  });

  it("is not applied when connecting takes too long, and the next call begins anew", async () => {
    let first = true;
    stub.answer = ([name]) => {
      if (name !== "time" || !first) return undefined;
      first = false;
      return silence;
    };
    stub.reply(answer("written"));
    const lock = lockOn();
    expect(await failure(lock.create(RECORD, { timeoutMs: 50 }))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
      message: expect.stringContaining("could not be connected to within 50 ms"),
    });
    await lock.create(RECORD, CALL);
    expect(stub.scripts.map(({ connection }) => connection)).toEqual([2]);
    await expect.poll(() => stub.open).toBe(1);
  });

  it("is not sent when a blocked event loop has slept through its deadline", async () => {
    stub.answer = ([name]) => {
      // The stub lives in the same process: while it blocks, no timer runs, and the answer to TIME is read before the timer.
      if (name === "time") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 120);
      return undefined;
    };
    expect(await failure(lockOn().create(RECORD, { timeoutMs: 60 }))).toMatchObject({
      outcome: "not-applied",
    });
    expect(stub.scripts).toEqual([]);
  });

  it("is refused by a closed lock, and closing twice is closing once", async () => {
    const lock = lockOn();
    await lock.close();
    await lock.close();
    expect(await failure(lock.create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_CLOSED",
      outcome: "not-applied",
    });
    expect(stub.connections).toBe(0);
  });

  it("leaves nothing behind in a hundred failures", async () => {
    const { port } = stub;
    await stub[Symbol.asyncDispose]();
    const lock = lockOn({ redis: { host: "127.0.0.1", port } });
    await failure(lock.get(CALL));
    const before = process.getActiveResourcesInfo().length;
    await Promise.all(Array.from({ length: 100 }, () => failure(lock.create(RECORD, CALL))));
    for (let call = 0; call < 20; call++) await failure(lock.get(CALL));
    expect(process.getActiveResourcesInfo().length).toBeLessThanOrEqual(before + 1);
    stub = await StubRedis.start();
  });
});

describe("in a cluster", () => {
  let other: StubRedis;

  beforeEach(async () => {
    other = await StubRedis.start();
  });

  afterEach(async () => {
    await other[Symbol.asyncDispose]();
  });

  function cluster(...ports: number[]): RedisLock {
    const redis = new Cluster(
      ports.map((port) => ({ host: "127.0.0.1", port })),
      { lazyConnect: true },
    );
    return lockOn({ redis });
  }

  it("goes where MOVED says, and stays there", async () => {
    stub.reply(error(`MOVED 3999 127.0.0.1:${other.port}`));
    other.reply(answer("written"), answer("written"));
    const lock = cluster(stub.port);
    await lock.create(RECORD, CALL);
    await lock.update(RECORD, STORED, CALL);
    expect([stub.scripts.length, other.scripts.length]).toEqual([1, 2]);
  });

  it("takes a node without a name for the one that was asked", async () => {
    stub.reply(error(`MOVED 3999 :${other.port}`));
    other.reply(answer("written"));
    await cluster(stub.port).create(RECORD, CALL);
    expect(other.scripts).toHaveLength(1);
  });

  it("asks once where ASK says, and goes on with the node that has the slot", async () => {
    stub.reply(error(`ASK 3999 127.0.0.1:${other.port}`), answer("found"));
    other.reply(error("NOSCRIPT n"), answer("written"));
    const lock = cluster(stub.port);
    await lock.create(RECORD, CALL);
    await lock.get(CALL);
    // ASKING holds for one command.
    expect(other.received.map(({ command }) => command[0]).filter((name) => name !== "client")).toEqual([
      "time",
      "asking",
      "evalsha",
      "asking",
      "eval",
    ]);
    expect(stub.scripts).toHaveLength(2);
    await expect.poll(() => other.open).toBe(0);
  });

  it("leaves no connection behind when it is closed while it asks where ASK said", async () => {
    stub.reply(error(`ASK 3999 127.0.0.1:${other.port}`));
    const lock = cluster(stub.port);
    const read = failure(lock.get(CALL));
    await other.scriptsArrived(1);
    await lock.close();
    expect(await read).toMatchObject({ code: "ERR_LOCK_CLOSED" });
    await expect.poll(() => other.open).toBe(0);
  });

  it("gives up where nodes send it round in a circle: nothing was written", async () => {
    const there = error(`MOVED 3999 127.0.0.1:${other.port}`);
    const back = error(`MOVED 3999 127.0.0.1:${stub.port}`);
    stub.reply(there, there, there);
    other.reply(back, back, back);
    expect(await failure(cluster(stub.port).create(RECORD, CALL))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
    expect(stub.scripts.length + other.scripts.length).toBe(3);
  });

  it("does not send again what one node may have carried out", async () => {
    stub.reply(cut);
    expect(await failure(cluster(stub.port, other.port).create(RECORD, CALL))).toMatchObject({
      outcome: "unknown",
    });
    expect(other.scripts).toEqual([]);
  });

  it("begins with another node where one cannot be reached", async () => {
    other.reply(answer("written"));
    const dead = await StubRedis.start();
    const { port } = dead;
    await dead[Symbol.asyncDispose]();
    await cluster(port, other.port).create(RECORD, CALL);
    expect(other.scripts).toHaveLength(1);
  });

  it("finds the record by the nodes it has heard of, when those that it began with are gone", async () => {
    const slots = `*1\r\n*3\r\n:0\r\n:16383\r\n*2\r\n$9\r\n127.0.0.1\r\n:${other.port}\r\n`;
    stub.answer = ([name]) => (name === "cluster" ? slots : undefined);
    stub.reply(answer("found"));
    other.reply(answer("found"));
    const lock = cluster(stub.port);
    await lock.get(CALL);
    await stub[Symbol.asyncDispose]();
    // That the first node is gone may be news to the first call.
    await expect.poll(() => lock.get(CALL).catch(() => undefined)).toEqual(STORED);
    expect(other.scripts).toHaveLength(1);
    stub = await StubRedis.start();
  });

  it("finds nodes at the addresses of a NAT map", async () => {
    stub.reply(error("MOVED 3999 10.0.0.7:7000"));
    other.reply(answer("written"));
    const redis = new Cluster([{ host: "127.0.0.1", port: stub.port }], {
      lazyConnect: true,
      natMap: { "10.0.0.7:7000": { host: "127.0.0.1", port: other.port } },
    });
    await lockOn({ redis }).create(RECORD, CALL);
    expect(other.scripts).toHaveLength(1);
  });
});

describe("behind Sentinels", () => {
  it("asks the next Sentinel where one is silent, within the deadline", async () => {
    const mute = await StubRedis.start();
    const sentinel = await StubRedis.start();
    try {
      mute.answer = () => silence;
      sentinel.answer = ([name, verb]) => {
        if (name !== "sentinel") return undefined;
        return verb === "sentinels" ? "*0\r\n" : array(["127.0.0.1", String(stub.port)]);
      };
      stub.reply(answer("written"), answer("written"));
      const lock = lockOn({
        redis: {
          sentinels: [mute, sentinel].map(({ port }) => ({ host: "127.0.0.1", port })),
          name: "main",
        },
      });
      await lock.create(RECORD, { timeoutMs: 900 });
      expect(stub.scripts).toHaveLength(1);
    } finally {
      await mute[Symbol.asyncDispose]();
      await sentinel[Symbol.asyncDispose]();
    }
  });

  it("is not applied when no Sentinel answers", async () => {
    stub.answer = () => silence;
    const redis = { sentinels: [{ host: "127.0.0.1", port: stub.port }], name: "main" };
    expect(await failure(lockOn({ redis }).create(RECORD, { timeoutMs: 200 }))).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
  });
});
