import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type Environment, type LockFixture, type ServerFaults, testResourceLock } from "@tenure/conformance";
import { afterAll, beforeAll, describe, it } from "vitest";
import type { CandidateOptions } from "./candidate.fixture.ts";
import { type LockSpec, lockMaker } from "./lock-spec.fixture.ts";

/** One server, as far as the suite deals with it. */
interface Node {
  readonly port: number;
  readonly version: string;
  command(...args: readonly (string | number)[]): Promise<unknown>;
}

/** Servers that were started for the suite. */
export interface Servers {
  readonly spec: LockSpec;
  /** Where records may be; a stranger's commands go to whichever takes them. */
  readonly nodes: readonly Node[];
  readonly restart?: ServerFaults["restart"];
  stop(): Promise<void>;
}

/** Runs the suite on servers that `start` starts, as a variant with a report of its own. */
export function testOn(options: {
  readonly variant: string;
  /** The server's name in the report. */
  readonly server: string;
  readonly ioredis?: CandidateOptions["ioredis"];
  /** Why it is not restarted, where it is not. */
  readonly noRestart?: string;
  readonly start: () => Promise<Servers>;
}): void {
  const { variant, server, ioredis = "ioredis", noRestart, start } = options;
  testResourceLock(
    { describe, it, beforeAll, afterAll },
    {
      backend: "@tenure/lock-redis",
      variant,
      capabilities: {
        fencing: "monotonic-unless-data-loss",
        watch: "hint",
        granularityMs: 1,
        durability: "best-effort",
      },
      hooks: {
        servers: true,
        corrupt: true,
        annotate: true,
        restart: noRestart ?? true,
        compact: "Redis keeps one version of a record, and no history to forget",
        "unknown-credentials": true,
        "forbidden-credentials": true,
        candidate: true,
      },
      setup: async () => environmentOf(await start(), server, ioredis),
    } satisfies LockFixture,
    { reportFolder: fileURLToPath(new URL("../../../.conformance/", import.meta.url)) },
  );
}

function environmentOf(servers: Servers, server: string, ioredis: CandidateOptions["ioredis"]): Environment {
  const { spec, nodes, restart } = servers;
  const command = (...args: readonly (string | number)[]) => onPrimary(nodes, args);
  const all = [...new Set([...spec.ports, ...nodes.map(({ port }) => port)])];
  const candidate: CandidateOptions = { spec, ioredis };
  return {
    createLock: lockMaker(spec),
    servers: all.map((port) => ({ host: "127.0.0.1", port })),
    versions: { [server]: nodes[0]?.version ?? "", ioredis: versionOf(ioredis) },
    stranger: {
      // As the README asks of whoever deletes a record: Redis tells nobody of a DEL.
      remove: async (name) => {
        await command("DEL", keyOf(name));
        await command("PUBLISH", `${keyOf(name)}@0`, "");
      },
      corrupt: async (name) => void (await command("HSET", keyOf(name), "something", "else")),
      annotate: async (name) => {
        const version = BigInt(String(await command("HGET", keyOf(name), "version")));
        await command("HSET", keyOf(name), "version", String(version + 1n), "note", "keep me");
      },
      isAnnotated: async (name) => (await command("HGET", keyOf(name), "note")) === "keep me",
    },
    ...(restart !== undefined && { faults: { restart } }),
    candidate: { module: new URL("./candidate.fixture.ts", import.meta.url).href, options: candidate },
    teardown: () => servers.stop(),
  };
}

/** The names of the suite hold nothing that would be encoded. */
function keyOf(name: string): string {
  return `lease:{${name}}`;
}

/** Sends a command to the node that takes it: the only one, the primary, the one that has the slot. */
async function onPrimary(nodes: readonly Node[], args: readonly (string | number)[]): Promise<unknown> {
  let refusal: unknown;
  for (const node of nodes) {
    try {
      return await node.command(...args);
    } catch (error) {
      if (!(error instanceof Error && /^(?:MOVED|READONLY)/.test(error.message))) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

function versionOf(copy: string): string {
  const manifest = new URL(`../node_modules/${copy}/package.json`, import.meta.url);
  // A package's manifest has a version.
  return (JSON.parse(readFileSync(manifest, "utf8")) as { readonly version: string }).version;
}
