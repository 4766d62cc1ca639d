import { type FaultProxy, startFaultProxy } from "@tenure/conformance";
import { type RedisServer, startRedis } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterEach, beforeEach, expect, it } from "vitest";
import { RedisLock } from "../src/index.ts";
import { UPDATE } from "../src/scripts.ts";
import { encodeRecord } from "../src/stored-record.ts";

const CALL = { timeoutMs: 5_000 };
const RECORD = {
  holderIdentity: "pod-1",
  leaseDurationMs: 15_000,
  acquireTime: undefined,
  renewTime: undefined,
  leaderTransitions: 0,
};

await describeWith("redis", "a command that comes late or twice", () => {
  let server: RedisServer;
  let proxy: FaultProxy;

  beforeEach(async () => {
    server = await startRedis();
    proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: server.port } });
  });

  afterEach(async () => {
    await proxy.close();
    await server[Symbol.asyncDispose]();
  });

  /** Runs the script of `update` as a lock would, with an op and a not-after of the test's. */
  async function update(op: string, notAfter: string, holder: string, expected: readonly string[]) {
    const record = encodeRecord({ ...RECORD, holderIdentity: holder });
    const args = ["lease:{app}@0", op, notAfter, record, ...expected];
    return (await server.command("EVAL", UPDATE.lua, 1, "lease:{app}", ...args)) as readonly string[];
  }

  async function serverMicros(): Promise<number> {
    const [seconds, micros] = (await server.command("TIME")) as readonly string[];
    return Number(seconds) * 1_000_000 + Number(micros);
  }

  it("is refused after its deadline, with the server's time, and changes nothing", async () => {
    await using lock = new RedisLock({ redis: { port: server.port }, name: "app" });
    const created = await lock.create(RECORD, CALL);
    const expected = [created.version, created.incarnation];
    const before = await serverMicros();
    const [what, micros] = await update("op-1", String(before - 1), "late", expected);
    expect(what).toBe("late");
    expect(Number(micros)).toBeGreaterThanOrEqual(before);
    expect(await lock.get(CALL)).toEqual(created);
    expect((await update("op-1", String(before + 60_000_000), "in time", expected))[0]).toBe("written");
  });

  it("that was applied answers the second time what it answered the first, also when it is late by then", async () => {
    await using lock = new RedisLock({ redis: { port: server.port }, name: "app" });
    const created = await lock.create(RECORD, CALL);
    const expected = [created.version, created.incarnation];
    const first = await update("op-1", "", "once", expected);
    const second = await update("op-1", "1", "once", expected);
    expect(second).toEqual(["written", expect.any(String), ...first.slice(2)]);
    expect((await update("op-2", "", "twice", expected))[0]).toBe("moved");
  });

  it("is not carried out when the network lets it through after the call has failed", async () => {
    await using direct = new RedisLock({ redis: { port: server.port }, name: "app" });
    await using lock = new RedisLock({ redis: { port: proxy.port }, name: "app" });
    // An update beforehand: the server knows the script, else what arrives late would be an EVALSHA of nothing.
    const created = await direct.update(RECORD, await direct.create(RECORD, CALL), CALL);
    expect(await lock.get(CALL)).toEqual(created);
    await proxy.setMode("silence");
    const scripts = await scriptCalls();
    const late = lock.update({ ...RECORD, holderIdentity: "late" }, created, { timeoutMs: 100 });
    // Rejected, unless this machine was asleep in between: then nothing was sent, and the test has nothing to show.
    await expect(late).rejects.toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    await proxy.setMode("pass");
    // It does arrive: the proxy keeps what a router might have kept.
    await expect.poll(scriptCalls).toBeGreaterThan(scripts);
    expect(await direct.get(CALL)).toEqual(created);
  });

  async function scriptCalls(): Promise<number> {
    const stats = (await server.info("commandstats")).get("cmdstat_evalsha");
    return Number(/calls=(\d+)/.exec(stats ?? "")?.[1] ?? 0);
  }
});
