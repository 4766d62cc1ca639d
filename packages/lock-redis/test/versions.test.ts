import type { VersionedRecord } from "@tenure/core";
import { type RedisServer, startRedis } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { RedisLock } from "../src/index.ts";

const CALL = { timeoutMs: 5_000 };
const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

await describeWith("redis", "a version", () => {
  let server: RedisServer;

  beforeAll(async () => {
    server = await startRedis();
  });

  afterAll(async () => server[Symbol.asyncDispose]());

  function lockOf(name: string): RedisLock {
    const lock = new RedisLock({ redis: { port: server.port }, name });
    onTestFinished(() => lock.close());
    return lock;
  }

  async function serverMicros(): Promise<bigint> {
    const [seconds, micros] = (await server.command("TIME")) as readonly string[];
    return BigInt(String(seconds)) * 1_000_000n + BigInt(String(micros));
  }

  async function found(lock: RedisLock): Promise<VersionedRecord> {
    const record = await lock.get(CALL);
    if (record === undefined) throw new Error("Expected a record");
    return record;
  }

  it("is at least the server's time, when the record is created and when the last version is behind", async () => {
    const lock = lockOf("floor");
    const beforeCreate = await serverMicros();
    const created = await lock.create(RECORD, CALL);
    expect(created.fencingToken).toBeGreaterThanOrEqual(beforeCreate);
    await server.command("HSET", "lease:{floor}", "version", "7");
    const beforeUpdate = await serverMicros();
    const updated = await lock.update(RECORD, await found(lock), CALL);
    expect(updated.fencingToken).toBeGreaterThanOrEqual(beforeUpdate);
    expect(updated.incarnation).toBe(created.incarnation);
  });

  it("does not come again when data was lost and the clock is behind: who wrote the lost one is refused", async () => {
    const lock = lockOf("rollback");
    const key = "lease:{rollback}";
    await lock.create(RECORD, CALL);
    // So far ahead that the clock plays no part.
    await server.command("HSET", key, "version", String((await serverMicros()) + 3_600_000_000n));
    const last = await found(lock);
    const replica = ((await server.command("HGETALL", key)) as readonly string[]).slice();
    const lost = await lock.update({ ...RECORD, holderIdentity: "lost" }, last, CALL);
    // As a replica that had not heard of it.
    await server.command("DEL", key);
    await server.command("HSET", key, ...replica);
    const other = await lock.update({ ...RECORD, holderIdentity: "other" }, last, CALL);
    expect(other.fencingToken).toBe(lost.fencingToken);
    expect(other.incarnation).toBe(lost.incarnation);
    expect(other.version).not.toBe(lost.version);
    await expect(lock.update(RECORD, lost, CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    expect(await found(lock)).toEqual(other);
  });

  it("is not enough: the record must be the same incarnation as well", async () => {
    const lock = lockOf("generation");
    const created = await lock.create(RECORD, CALL);
    await server.command("HSET", "lease:{generation}", "generation", "another");
    await expect(lock.update(RECORD, created, CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
    expect(await found(lock)).toEqual({ ...created, incarnation: "another" });
  });

  it("is not given to a second create, which changes nothing", async () => {
    const lock = lockOf("twice");
    const created = await lock.create(RECORD, CALL);
    await expect(lock.create({ ...RECORD, holderIdentity: "second" }, CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_CONFLICT",
    });
    expect(await found(lock)).toEqual(created);
  });

  it("is not given to an update of a record that is gone, which tells the others so", async () => {
    const lock = lockOf("gone");
    const created = await lock.create(RECORD, CALL);
    const ending = new AbortController();
    onTestFinished(() => ending.abort());
    const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { kind: "resync" } });
    await server.command("DEL", "lease:{gone}");
    await expect(lock.update(RECORD, created, CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_CONFLICT",
      message: expect.stringContaining("there is no record any more"),
    });
    const first = await Promise.race([events.next(), new Promise((resolve) => setTimeout(resolve, 5_000))]);
    expect(first).toEqual({ done: false, value: { kind: "deleted" } });
    expect(await lock.get(CALL)).toBeUndefined();
  });
});
