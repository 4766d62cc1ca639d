import { expect, it } from "vitest";
import { findProgram, pollUntil, startRedis } from "../src/index.ts";
import { type RedisAddress, redisCommand } from "../src/redis/redis-command.ts";
import { describeWith } from "../src/vitest.ts";

for (const server of ["redis", "redis-6.2", "valkey"] as const) {
  await describeWith(server, `a ${server} of the testbed`, () => {
    it("answers, as the version that was found", async () => {
      await using redis = await startRedis({ server });
      const found = await findProgram(server);
      expect(found).toMatchObject({ available: true, program: { version: redis.version } });
      expect(await redis.command("SET", "key", "välue")).toBe("OK");
      expect(await redis.command("GET", "key")).toBe("välue");
      expect(await redis.command("GET", "none")).toBeNull();
      await expect(redis.command("NO-SUCH")).rejects.toThrow(/unknown command/);
    });

    it("is killed and starts again on its port: empty, or with its file with what it had acknowledged", async () => {
      await using empty = await startRedis({ server });
      await using kept = await startRedis({ server, persistence: "aof" });
      for (const redis of [empty, kept]) {
        await redis.command("SET", "key", "1");
        const { pid } = redis;
        await redis.kill();
        expect(redis.pid).toBeUndefined();
        await expect(redis.command("PING")).rejects.toThrow("ECONNREFUSED");
        await redis.start();
        expect(redis.pid).not.toBe(pid);
      }
      expect(await empty.command("GET", "key")).toBeNull();
      expect(await kept.command("GET", "key")).toBe("1");
    });
  });
}

await describeWith("redis", "a redis of the testbed", () => {
  it("answers nothing while it is paused, and goes on when it is resumed", async () => {
    await using redis = await startRedis();
    await redis.pause();
    let hasAnswered = false;
    const answer = redis.command("PING").finally(() => {
      hasAnswered = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(hasAnswered).toBe(false);
    await redis.resume();
    expect(await answer).toBe("PONG");
  });

  it("speaks TLS, asks for a password and for a client certificate", async () => {
    await using redis = await startRedis({ tls: true, clientCertificates: true, password: "a secret" });
    expect(redis.url).toBe(`rediss://:a%20secret@127.0.0.1:${redis.port}`);
    expect(await redis.command("PING")).toBe("PONG");
    const { ca, host, port } = redis;
    const client = { cert: redis.clientCert ?? "", key: redis.clientKey ?? "" };
    const command = (address: Omit<RedisAddress, "host" | "port">) =>
      redisCommand({ host, port, ...address }, ["PING"]);
    await expect(command({ tls: { ca: ca ?? "", ...client } })).rejects.toThrow("NOAUTH");
    await expect(command({ tls: { ca: ca ?? "" }, password: "a secret" })).rejects.toThrow(
      /certificate|ECONNRESET/,
    );
    await expect(command({})).rejects.toThrow();
  });
});

for (const server of ["redis", "redis-6.2", "valkey"] as const) {
  await describeWith([server, "faketime"], `a ${server} of the testbed with its clock set wrong`, () => {
    it.each([-3_600, 600])("is %i seconds off, and its keys live as long as they should", async (offset) => {
      await using redis = await startRedis({ server, clockOffsetSeconds: offset });
      const [seconds] = (await redis.command("TIME")) as readonly string[];
      const difference = Number(seconds) - Date.now() / 1_000;
      expect(Math.abs(difference - offset)).toBeLessThan(5);
      await redis.command("SET", "long", "1", "PX", 60_000);
      await redis.command("SET", "short", "1", "PX", 50);
      await pollUntil(async () => (await redis.command("GET", "short")) === null, {
        what: "the end of a key",
        timeoutMs: 5_000,
      });
      expect(await redis.command("GET", "long")).toBe("1");
    });
  });
}
