import { once } from "node:events";
import { Client } from "pg";
import { expect, it } from "vitest";
import { findProgram, startPostgres } from "../src/index.ts";
import { describeWith } from "../src/vitest.ts";

await describeWith("postgres", "a postgres of the testbed", () => {
  it("answers, as the version that was found, and asks for a password", async () => {
    await using postgres = await startPostgres();
    expect(await postgres.query("SELECT $1::int AS one", [1])).toEqual([{ one: 1 }]);
    const found = await findProgram("postgres");
    expect(found).toMatchObject({ available: true, program: { version: postgres.version } });
    const { host, port, user, database } = postgres;
    const stranger = new Client({ host, port, user, database, password: "wrong" });
    await expect(stranger.connect()).rejects.toThrow("password authentication failed");
  });

  it("keeps what it acknowledged when it is stopped and when it is killed, and cuts off its clients", async () => {
    await using postgres = await startPostgres();
    await postgres.query("CREATE TABLE kept (number int)");
    for (const [index, how] of (["stop", "kill"] as const).entries()) {
      await postgres.query("INSERT INTO kept VALUES ($1)", [index]);
      const client = new Client({ connectionString: postgres.url });
      await client.connect();
      client.on("error", () => {}); // it may tell of its end twice
      const error = once(client, "error");
      await postgres[how]();
      await error;
      expect(postgres.pid).toBeUndefined();
      await expect(postgres.query("SELECT 1")).rejects.toThrow("ECONNREFUSED");
      await postgres.start();
      expect(await postgres.query("SELECT number FROM kept")).toHaveLength(index + 1);
    }
  });

  it("answers nothing on open connections while it is paused", async () => {
    await using postgres = await startPostgres();
    const client = new Client({ connectionString: postgres.url });
    await client.connect();
    try {
      await postgres.pause();
      let hasAnswered = false;
      const answer = client.query("SELECT 1").finally(() => {
        hasAnswered = true;
      });
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(hasAnswered).toBe(false);
      await postgres.resume();
      expect((await answer).rowCount).toBe(1);
    } finally {
      await client.end();
    }
  });
});

await describeWith(["postgres", "faketime"], "a postgres of the testbed with its clock set back", () => {
  it("is an hour behind", async () => {
    await using postgres = await startPostgres({ clockOffsetSeconds: -3_600 });
    const [row] = await postgres.query<{ readonly now: string }>(
      "SELECT extract(epoch FROM now())::text AS now",
    );
    expect(Math.abs(Number(row?.now) + 3_600 - Date.now() / 1_000)).toBeLessThan(5);
  });
});
