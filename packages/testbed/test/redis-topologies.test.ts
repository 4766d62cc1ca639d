import { expect, it } from "vitest";
import { startRedisCluster, startRedisReplicaPair, startRedisSentinel } from "../src/index.ts";
import { describeWith } from "../src/vitest.ts";

await describeWith(["redis", "faketime"], "a redis and its replica", () => {
  it("has the same data in both, and a clock set back in the one that is promoted", async () => {
    await using pair = await startRedisReplicaPair({ password: "a secret", replicaClockOffsetSeconds: -600 });
    await pair.primary.command("SET", "key", "1");
    await pair.caughtUp();
    expect(await pair.replica.command("GET", "key")).toBe("1");
    await expect(pair.replica.command("SET", "key", "2")).rejects.toThrow("READONLY");
    await pair.primary.kill();
    await pair.promote();
    expect(await pair.replica.command("SET", "key", "2")).toBe("OK");
    const [seconds] = (await pair.replica.command("TIME")) as readonly string[];
    expect(Number(seconds)).toBeLessThan(Date.now() / 1_000 - 500);
  });
});

for (const server of ["redis", "valkey"] as const) {
  await describeWith(server, `a ${server} with sentinels`, () => {
    it("changes its primary when it is told to, and when the primary is killed", async () => {
      await using sentinels = await startRedisSentinel({ server, password: "a secret" });
      const [first, second] = sentinels.nodes;
      expect(await sentinels.primary()).toBe(first);

      expect(await sentinels.failover()).toBe(second);
      expect(await second.command("SET", "key", "1", "PX", 60_000)).toBe("OK");
      const replicates = async () => (await first.info("replication")).get("master_link_status");
      await expect.poll(replicates, { timeout: 30_000 }).toBe("up");
      expect(await first.command("GET", "key")).toBe("1");
      await expect(first.command("SET", "key", "2")).rejects.toThrow("READONLY");

      expect(await sentinels.failover("kill")).toBe(first);
      expect(await first.command("GET", "key")).toBe("1");
    });
  });

  await describeWith(server, `a ${server} cluster`, () => {
    it("is whole, redirects to the master of a key, and is whole again after one was away", async () => {
      await using cluster = await startRedisCluster({ server });
      const owner = await cluster.nodeOf("key");
      expect(await owner.command("SET", "key", "1")).toBe("OK");
      const other = cluster.nodes.find((node) => node !== owner);
      await expect(other?.command("SET", "key", "2")).rejects.toThrow(`127.0.0.1:${owner.port}`);
      await owner.restart();
      await cluster.ready();
      expect(await owner.command("SET", "key", "3")).toBe("OK");
    });
  });
}
