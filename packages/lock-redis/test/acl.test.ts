import { readFile } from "node:fs/promises";
import { LeaderElectionError, type LockEvent } from "@tenure/core";
import { type RedisServer, startRedis } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisLock } from "../src/index.ts";

const readme = await readFile(new URL("../README.md", import.meta.url), "utf8");
/** The README's line, after the user's name. */
const RULES = /^ACL SETUSER tenure (.+)$/m.exec(readme)?.[1]?.split(" ") ?? [];
const CALL = { timeoutMs: 5_000 };
const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

/** What a user with these rules can do: the errors of what failed, by what it was. */
async function tryOut(server: RedisServer, rules: readonly string[]): Promise<Record<string, unknown>> {
  await server.command("FLUSHALL");
  await server.command("SCRIPT", "FLUSH");
  await server.command("ACL", "DELUSER", "tenure");
  await server.command("ACL", "SETUSER", "tenure", ...rules);
  const redis = { port: server.port, username: "tenure", password: "PASSWORD" };
  const lock = new RedisLock({ redis, name: "scheduler" });
  const ending = new AbortController();
  const events: LockEvent[] = [];
  const failed: Record<string, unknown> = {};
  const watching = (async () => {
    for await (const event of lock.watch({ signal: ending.signal })) events.push(event);
  })().catch((error: unknown) => {
    failed["watch"] = codeOf(error);
  });
  try {
    await expect.poll(() => events.length + Object.keys(failed).length).toBeGreaterThan(0);
    await lock.get(CALL).catch((error: unknown) => {
      failed["get"] = codeOf(error);
    });
    const created = await lock.create(RECORD, CALL);
    await lock.update(RECORD, created, CALL);
    if (failed["watch"] === undefined) await expect.poll(() => events.at(-1)?.kind).toBe("changed");
  } catch (error) {
    failed["write"] = codeOf(error);
    // What was refused was not half done.
    expect(await server.command("EXISTS", "lease:{scheduler}")).toBe(0);
  } finally {
    ending.abort();
    await watching;
    await lock.close();
  }
  return failed;
}

function codeOf(error: unknown): string {
  return LeaderElectionError.is(error) ? `${error.code} ${error.outcome}` : String(error);
}

const FORBIDDEN = "ERR_LOCK_FORBIDDEN not-applied";

describe.each(["redis", "valkey"] as const)("the ACL of the README", async (program) => {
  await describeWith(program, `on ${program}`, () => {
    let server: RedisServer;

    beforeAll(async () => {
      server = await startRedis({ server: program });
    });

    afterAll(async () => server[Symbol.asyncDispose]());

    it("is enough for everything", async () => {
      expect(RULES).toContain("+evalsha");
      expect(await tryOut(server, RULES)).toEqual({});
    });

    it.each([
      ["~lease:{scheduler}", { get: FORBIDDEN, write: FORBIDDEN }],
      ["&lease:{scheduler}@0", { watch: FORBIDDEN, write: FORBIDDEN }],
      ["+eval", { get: FORBIDDEN, write: FORBIDDEN }],
      ["+evalsha", { get: FORBIDDEN, write: FORBIDDEN }],
      ["+hgetall", { get: FORBIDDEN, write: FORBIDDEN }],
      ["+hset", { write: FORBIDDEN }],
      ["+time", { get: FORBIDDEN, write: FORBIDDEN }],
      ["+publish", { write: FORBIDDEN }],
      ["+subscribe", { watch: FORBIDDEN }],
    ])("needs %s", async (rule, failed) => {
      expect(RULES).toContain(rule);
      expect(
        await tryOut(
          server,
          RULES.filter((each) => each !== rule),
        ),
      ).toEqual(failed);
    });

    it("has no rule that is not tried here", () => {
      const tried = ["on", ">PASSWORD", "resetkeys", "resetchannels", "-@all"];
      expect(RULES.filter((rule) => !/^[~&+]/.test(rule))).toEqual(tried);
      expect(RULES.filter((rule) => /^[~&+]/.test(rule))).toHaveLength(9);
    });

    it("keeps other records out of reach", async () => {
      await server.command("ACL", "SETUSER", "tenure", "reset", ...RULES);
      const redis = { port: server.port, username: "tenure", password: "PASSWORD" };
      await using other = new RedisLock({ redis, name: "other" });
      await expect(other.get(CALL)).rejects.toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
      await expect(other.create(RECORD, CALL)).rejects.toMatchObject({ code: "ERR_LOCK_FORBIDDEN" });
    });
  });
});
