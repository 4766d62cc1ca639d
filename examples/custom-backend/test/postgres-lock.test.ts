import { readFileSync } from "node:fs";
import type { LeaderElectionRecord } from "@tenure/core";
import { type PostgresServer, pollUntil, startPostgres } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { Client } from "pg";
import { afterAll, beforeAll, expect, it } from "vitest";
import { PostgresLock } from "../src/postgres-lock.ts";

const SCHEMA = readFileSync(new URL("../src/schema.sql", import.meta.url), "utf8");
const RECORD: LeaderElectionRecord = {
  holderIdentity: "a",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

let postgres: PostgresServer;

/** A lock on an election that a stranger's open transaction has locked. */
async function withLockedRow(name: string) {
  const lock = new PostgresLock({ name, connection: { connectionString: postgres.url } });
  const created = await lock.create(RECORD, { timeoutMs: 5_000 });
  const stranger = new Client({ connectionString: postgres.url });
  await stranger.connect();
  await stranger.query("BEGIN");
  await stranger.query("SELECT FROM leader_election WHERE name = $1 FOR UPDATE", [name]);
  const end = async () => {
    await stranger.end(); // rolls back
    await lock.close();
  };
  return { lock, created, stranger, [Symbol.asyncDispose]: end };
}

/** Ids of the sessions that wait for somebody's lock. */
async function waiting(): Promise<number[]> {
  const rows = await postgres.query<{ readonly pid: number }>(
    "SELECT pid FROM pg_stat_activity WHERE wait_event_type = 'Lock'",
  );
  return rows.map(({ pid }) => pid);
}

await describeWith("postgres", "PostgresLock", () => {
  beforeAll(async () => {
    postgres = await startPostgres();
    await postgres.query(SCHEMA);
  });

  afterAll(async () => await postgres[Symbol.asyncDispose]());

  it("does not know whether a write was applied that was still waiting at its deadline: here it is, later", async () => {
    await using row = await withLockedRow("deadline");
    const { lock, created, stranger } = row;
    const write = lock.update({ ...RECORD, holderIdentity: "b" }, created, { timeoutMs: 300 });
    await expect(write).rejects.toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    expect((await lock.get({ timeoutMs: 5_000 }))?.version).toBe(created.version);
    await stranger.query("COMMIT");
    const holder = async () => (await lock.get({ timeoutMs: 5_000 }))?.record.holderIdentity;
    await expect.poll(holder, { timeout: 5_000 }).toBe("b");
  });

  it("does not know what became of a write whose session the server ended", async () => {
    await using row = await withLockedRow("terminated");
    const { lock, created } = row;
    const failed = expect(lock.update(RECORD, created, { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: "ERR_LOCK_OUTCOME_UNKNOWN",
      cause: { code: "57P01" },
    });
    const [pid] = await pollUntil(async () => ((await waiting()).length > 0 ? await waiting() : undefined), {
      what: "the write to wait",
      timeoutMs: 5_000,
    });
    await postgres.query("SELECT pg_terminate_backend($1)", [pid]);
    await failed;
    expect((await lock.get({ timeoutMs: 5_000 }))?.version).toBe(created.version);
  });

  it("knows that a write was not applied that the server cancelled", async () => {
    await using row = await withLockedRow("cancelled");
    const { lock, created } = row;
    const failed = expect(lock.update(RECORD, created, { timeoutMs: 10_000 })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
      cause: { code: "57014" },
    });
    const [pid] = await pollUntil(async () => ((await waiting()).length > 0 ? await waiting() : undefined), {
      what: "the write to wait",
      timeoutMs: 5_000,
    });
    await postgres.query("SELECT pg_cancel_backend($1)", [pid]);
    await failed;
  });

  it("knows that a record was not written that jsonb cannot hold", async () => {
    const lock = new PostgresLock({ name: "nul", connection: { connectionString: postgres.url } });
    const write = lock.create({ ...RECORD, holderIdentity: "a\0b" }, { timeoutMs: 5_000 });
    await expect(write).rejects.toMatchObject({ code: "ERR_LOCK_REJECTED", outcome: "not-applied" });
    expect(await lock.get({ timeoutMs: 5_000 })).toBeUndefined();
    await lock.close();
  });

  it("hears of what a person does with psql, and ignores what is no news of a record", async () => {
    const lock = new PostgresLock({ name: "watched", connection: { connectionString: postgres.url } });
    await lock.create(RECORD, { timeoutMs: 5_000 });
    const controller = new AbortController();
    const events = lock.watch({ signal: controller.signal });
    expect(await events.next()).toMatchObject({ value: { kind: "resync" } });
    await postgres.query('NOTIFY leader_election, \'{"name": "another"}\'');
    await postgres.query("DELETE FROM leader_election WHERE name = 'watched'");
    expect(await events.next()).toMatchObject({ value: { kind: "deleted" } });
    controller.abort();
    expect((await events.next()).done).toBe(true);
    await lock.close();
  });

  it("refuses names that the table cannot keep apart, and says so of a table that is not there", async () => {
    for (const name of ["", "a\0b", "\ud800", "x".repeat(256)]) {
      expect(() => new PostgresLock({ name, connection: {} })).toThrow(RangeError);
    }
    const url = postgres.url.replace(/\/postgres$/, "/template1");
    await using lock = Object.assign(new PostgresLock({ name: "a", connection: { connectionString: url } }), {
      [Symbol.asyncDispose]: () => lock.close(),
    });
    await expect(lock.get({ timeoutMs: 5_000 })).rejects.toMatchObject({ code: "ERR_LOCK_REJECTED" });
  });

  it("ends a watch that a new connection would not mend", async () => {
    const url = postgres.url.replace(postgres.password, "wrong");
    const lock = new PostgresLock({ name: "a", connection: { connectionString: url } });
    const events = lock.watch({ signal: new AbortController().signal });
    await expect(events.next()).rejects.toMatchObject({ code: "ERR_LOCK_UNAUTHENTICATED" });
    await lock.close();
  });
});
