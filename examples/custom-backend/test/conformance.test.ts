import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type LockFixture, testResourceLock } from "@tenure/conformance";
import { findProgram, startPostgres } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, it } from "vitest";
import { createLock } from "./candidate.fixture.ts";

const SCHEMA = readFileSync(new URL("../src/schema.sql", import.meta.url), "utf8");
const REPORTS = fileURLToPath(new URL("../../../.conformance/", import.meta.url));

function fixture(version: string): LockFixture {
  return {
    backend: "examples/custom-backend",
    variant: `PostgreSQL ${version.split(".")[0]}`, // its minor releases behave alike
    capabilities: {
      fencing: "monotonic-unless-data-loss",
      watch: "hint",
      granularityMs: 1,
      durability: "single-node",
    },
    hooks: {
      servers: true,
      corrupt: true,
      annotate: true,
      restart: true,
      compact: "the store keeps no history",
      "unknown-credentials": true,
      "forbidden-credentials": true,
      candidate: true,
    },
    async setup() {
      const postgres = await startPostgres();
      const { host, port, password, database } = postgres;
      await postgres.query(`${SCHEMA}
        CREATE ROLE replica LOGIN PASSWORD '${password}';
        CREATE ROLE nobody LOGIN PASSWORD '${password}';
        GRANT SELECT, INSERT, UPDATE ON leader_election TO replica;
        GRANT USAGE ON SEQUENCE leader_election_version TO replica`);
      const server = { host, port };
      const options = { server, user: "replica", password, database };
      const annotate = `UPDATE leader_election SET version = nextval('leader_election_version'),
        record = record || '{"note": "kept"}' WHERE name = $1`;
      const corrupt = `INSERT INTO leader_election
        VALUES ($1, nextval('leader_election_version'), gen_random_uuid(), '["no record"]')
        ON CONFLICT (name) DO UPDATE SET version = excluded.version, record = excluded.record`;
      return {
        createLock: createLock(options),
        servers: [server],
        versions: { postgres: postgres.version },
        stranger: {
          remove: async (name) =>
            void (await postgres.query("DELETE FROM leader_election WHERE name = $1", [name])),
          corrupt: async (name) => void (await postgres.query(corrupt, [name])),
          annotate: async (name) => void (await postgres.query(annotate, [name])),
          isAnnotated: async (name) => {
            const sql = "SELECT record ->> 'note' AS note FROM leader_election WHERE name = $1";
            const [row] = await postgres.query<{ readonly note: string | null }>(sql, [name]);
            return row?.note === "kept";
          },
        },
        faults: { restart: () => postgres.restart() },
        candidate: { module: new URL("./candidate.fixture.ts", import.meta.url).href, options },
        teardown: async () => await postgres[Symbol.asyncDispose](),
      };
    },
  };
}

const found = await findProgram("postgres");
const version = found.available ? found.program.version : "missing";

await describeWith("postgres", "conformance", () => {
  testResourceLock({ describe, it, beforeAll, afterAll }, fixture(version), { reportFolder: REPORTS });
});
