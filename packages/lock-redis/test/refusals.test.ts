import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LeaderElectionErrorCode } from "@tenure/core";
import { type RedisServer, startRedis, startRedisReplicaPair } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from "vitest";
import { RedisLock } from "../src/index.ts";

const CALL = { timeoutMs: 5_000 };
const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

function lockAt(port: number, name: string, database = 0): RedisLock {
  const lock = new RedisLock({ redis: { port, db: database }, name });
  onTestFinished(() => lock.close());
  return lock;
}

const notApplied = (code: LeaderElectionErrorCode, said: string) =>
  expect.objectContaining({ code, outcome: "not-applied", message: expect.stringContaining(said) });

describe.each(["redis", "valkey"] as const)("what a server refuses", async (program) => {
  await describeWith(program, `on ${program}`, () => {
    let server: RedisServer;

    beforeAll(async () => {
      server = await startRedis({ server: program });
    });

    afterAll(async () => server[Symbol.asyncDispose]());

    async function set(option: string, value: string, back: string): Promise<void> {
      await server.command("CONFIG", "SET", option, value);
      onTestFinished(async () => void (await server.command("CONFIG", "SET", option, back)));
    }

    it("for want of memory is not applied; reading goes on", async () => {
      const lock = lockAt(server.port, "memory");
      const created = await lock.create(RECORD, CALL);
      await set("maxmemory", "1", "0");
      await expect(lock.update(RECORD, created, CALL)).rejects.toEqual(
        notApplied("ERR_LOCK_UNAVAILABLE", "OOM"),
      );
      expect(await lock.get(CALL)).toEqual(created);
    });

    it("for want of replicas is not applied, and not answered from a primary that may be cut off", async () => {
      const lock = lockAt(server.port, "replicas");
      await set("min-replicas-to-write", "1", "0");
      const refused = notApplied("ERR_LOCK_UNAVAILABLE", "NOREPLICAS");
      await expect(lock.create(RECORD, CALL)).rejects.toEqual(refused);
      await expect(lock.get(CALL)).rejects.toEqual(refused);
    });

    it("while somebody's script runs is not applied", async () => {
      const lock = lockAt(server.port, "busy");
      expect(await lock.get(CALL)).toBeUndefined();
      await set("busy-reply-threshold", "1", "5000");
      const endless = server.command("EVAL", "while true do end", 0).catch(() => {});
      await expect.poll(() => server.command("PING").catch(String)).toContain("BUSY");
      await expect(lock.create(RECORD, CALL)).rejects.toEqual(notApplied("ERR_LOCK_UNAVAILABLE", "BUSY"));
      await server.command("SCRIPT", "KILL");
      await endless;
      expect(await lock.get(CALL)).toBeUndefined();
    });

    it("to lose something else that is stored under the key", async () => {
      await server.command("SET", "lease:{string}", "something");
      const lock = lockAt(server.port, "string");
      const refused = notApplied("ERR_LOCK_RECORD_INVALID", "WRONGTYPE");
      await expect(lock.get(CALL)).rejects.toEqual(refused);
      await expect(lock.create(RECORD, CALL)).rejects.toEqual(refused);
      expect(await server.command("GET", "lease:{string}")).toBe("something");
    });

    it("without scripts is said in words that help", async () => {
      await server.command("ACL", "SETUSER", "old", "on", ">pw", "~*", "&*", "+@all", "-evalsha");
      const redis = { port: server.port, username: "old", password: "pw" };
      await using lock = new RedisLock({ redis, name: "scripts" });
      await expect(lock.get(CALL)).rejects.toEqual(notApplied("ERR_LOCK_FORBIDDEN", "See the README"));
    });

    it("is not to be confused between databases: neither records nor events", async () => {
      const [zero, three] = [lockAt(server.port, "database"), lockAt(server.port, "database", 3)];
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      const events = zero.watch({ signal: ending.signal })[Symbol.asyncIterator]();
      expect(await events.next()).toMatchObject({ value: { kind: "resync" } });
      await three.create({ ...RECORD, holderIdentity: "in three" }, CALL);
      expect(await zero.get(CALL)).toBeUndefined();
      const created = await zero.create(RECORD, CALL);
      // The first event is that of its own database.
      expect(await events.next()).toEqual({ done: false, value: { kind: "changed", current: created } });
    });

    it("does not keep a watch from coming back when its connection is killed", async () => {
      const lock = lockAt(server.port, "killed");
      const ending = new AbortController();
      onTestFinished(() => ending.abort());
      const events = lock.watch({ signal: ending.signal })[Symbol.asyncIterator]();
      expect(await events.next()).toMatchObject({ value: { kind: "resync" } });
      await server.command("CLIENT", "KILL", "TYPE", "pubsub");
      expect(await events.next()).toMatchObject({ value: { kind: "resync" } });
      const created = await lock.create(RECORD, CALL);
      expect(await events.next()).toMatchObject({ value: { kind: "changed", current: created } });
    });

    it("is told over a Unix socket as well", async () => {
      const folder = await mkdtemp(join(tmpdir(), "tenure-redis-"));
      const path = join(folder, "redis.sock");
      await using local = await startRedis({ server: program, config: ["--unixsocket", path] });
      await using lock = new RedisLock({ redis: { path }, name: "socket" });
      const created = await lock.create(RECORD, CALL);
      await local.pause();
      await expect(lock.update(RECORD, created, { timeoutMs: 100 })).rejects.toMatchObject({
        code: "ERR_LOCK_OUTCOME_UNKNOWN",
      });
      await local.resume();
      await expect(lock.create(RECORD, CALL)).rejects.toMatchObject({ code: "ERR_LOCK_CONFLICT" });
      await rm(folder, { recursive: true });
    });

    it("counts on from the last version where its clock went back", async () => {
      const lock = lockAt(server.port, "clock");
      const created = await lock.create(RECORD, CALL);
      const ahead = (created.fencingToken ?? 0n) + 3_600_000_000n;
      await server.command("HSET", "lease:{clock}", "version", String(ahead));
      const found = await lock.get(CALL);
      expect(found).toMatchObject({ fencingToken: ahead });
      // Just found.
      const updated = await lock.update(RECORD, found as NonNullable<typeof found>, CALL);
      expect(updated.fencingToken).toBe(ahead + 1n);
    });
  });
});

await describeWith("redis-6.2", "a server that is too old", () => {
  it("is told so, and holds nothing", async () => {
    await using server = await startRedis({ server: "redis-6.2" });
    const lock = lockAt(server.port, "old");
    await expect(lock.create(RECORD, CALL)).rejects.toEqual(
      notApplied("ERR_LOCK_REJECTED", "Redis 7.0 or newer, or Valkey, is needed"),
    );
    expect(await server.command("DBSIZE")).toBe(0);
  });
});

await describeWith("redis", "a replica", () => {
  it("answers nothing, not even a get: what it has may be old", async () => {
    await using pair = await startRedisReplicaPair();
    await lockAt(pair.primary.port, "replica").create(RECORD, CALL);
    await pair.caughtUp();
    const lock = lockAt(pair.replica.port, "replica");
    const refused = notApplied("ERR_LOCK_UNAVAILABLE", "READONLY");
    await expect(lock.get(CALL)).rejects.toEqual(refused);
    await expect(lock.create(RECORD, CALL)).rejects.toEqual(refused);
    await pair.promote();
    expect(await lock.get(CALL)).toMatchObject({ record: RECORD });
  });
});
