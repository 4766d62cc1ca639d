import { startFaultProxy } from "@tenure/conformance";
import { LeaderElectionError, LeaderElector } from "@tenure/core";
import { startRedis } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it } from "vitest";
import { RedisLock } from "../src/index.ts";

const CALL = { timeoutMs: 5_000 };
const PATIENCE = { timeout: 20_000, interval: 10 };

await describeWith(["redis", "valkey"], "an answer that is eaten after the write was applied", () => {
  it.each(["redis", "valkey"] as const)(
    "leaves the outcome unknown, the write applied once, and the election its term (%s)",
    async (program) => {
      await using server = await startRedis({ server: program });
      await using proxy = await startFaultProxy({ target: { host: "127.0.0.1", port: server.port } });
      await using direct = new RedisLock({ redis: { port: server.port }, name: "app" });
      await using lock = new RedisLock({ redis: { port: proxy.port }, name: "app" });
      const timing = { leaseDurationMs: 6_000, renewDeadlineMs: 4_000, retryPeriodMs: 300 };
      const elector = new LeaderElector({ lock, identity: "first", ...timing });
      const stops: string[] = [];
      const errors: string[] = [];
      elector
        .on("stoppedLeading", ({ reason }) => stops.push(reason))
        .on("error", (error) => errors.push(LeaderElectionError.is(error) ? error.code : String(error)));
      const term = await elector.acquire();
      const version = async () => (await direct.get(CALL))?.version;

      const other = new RedisLock({ redis: { port: proxy.port }, name: "other" });
      const record = {
        holderIdentity: "x",
        leaseDurationMs: 1_000,
        acquireTime: undefined,
        renewTime: undefined,
        leaderTransitions: 0,
      };
      // An update beforehand: the server knows the script, else it would be its refusal that is eaten.
      const created = await other.update(record, await other.create(record, CALL), CALL);
      await proxy.setMode("cut-responses");
      const update = other.update({ ...record, holderIdentity: "y" }, created, { timeoutMs: 300 });
      await expect(update).rejects.toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      // The same befalls a renewal.
      await expect.poll(() => errors, PATIENCE).toContain("ERR_LOCK_OUTCOME_UNKNOWN");
      proxy.reset();
      await proxy.setMode("pass");
      const landed = await other.get(CALL);
      expect(landed).toMatchObject({ record: { holderIdentity: "y" }, incarnation: created.incarnation });

      // Several renewals later it is the same term.
      for (let renewals = 0; renewals < 3; renewals++) {
        const last = await version();
        await expect.poll(version, PATIENCE).not.toBe(last);
      }
      expect(term.isLeading()).toBe(true);
      expect(stops).toEqual([]);
      expect(await other.get(CALL)).toEqual(landed);

      await term.release();
      await other.close();
      await elector.stop();
    },
  );
});
