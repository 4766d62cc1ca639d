import { clockOffset } from "../clock-offset.ts";
import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import { pollUntil } from "../poll.ts";
import { startOwned } from "../start-owned.ts";
import type { Supervisor } from "../start-supervisor.ts";
import { RedisNode } from "./redis-node.ts";
import type { RedisProgramOptions } from "./start-redis.ts";

const SYNC_TIMEOUT_MS = 20_000;

/** How {@link startRedisReplicaPair} starts them; `clockOffsetSeconds` is the primary's. */
export interface RedisPairOptions extends RedisProgramOptions {
  /** The replica's wall clock is that far off: it may become the primary. @defaultValue 0 */
  readonly replicaClockOffsetSeconds?: number | undefined;
}

/** A primary and its replica, which do not change their roles by themselves. */
export interface RedisPair {
  readonly primary: RedisNode;
  readonly replica: RedisNode;
  /** Resolves once the replica has all that the primary has acknowledged so far. */
  caughtUp(): Promise<void>;
  /** Makes a primary of the replica. The other one stays what it was, if it runs. */
  promote(): Promise<void>;
}

/** Starts a Redis and a replica of it; resolves once they are in sync. */
export async function startRedisReplicaPair(
  options: RedisPairOptions = {},
): Promise<RedisPair & AsyncDisposable> {
  return await startOwned(async (supervisor) => await launchPair(supervisor, options));
}

/** A pair below a supervisor that exists. */
export async function launchPair(supervisor: Supervisor, options: RedisPairOptions): Promise<RedisPair> {
  const { server = "redis", config = [], persistence, password } = options;
  const program = await needProgram(server);
  const shared = { program, persistence, password };
  const fast = ["--repl-diskless-sync-delay", "0", "--repl-ping-replica-period", "1"];
  const primary = await RedisNode.launch(supervisor, freePort, {
    ...shared,
    name: "redis-1",
    config: [...fast, ...config],
    env: await clockOffset(options.clockOffsetSeconds, supervisor.dataDir),
  });
  const replica = await RedisNode.launch(supervisor, freePort, {
    ...shared,
    name: "redis-2",
    config: [...fast, "--replicaof", primary.host, String(primary.port), ...config],
    env: await clockOffset(options.replicaClockOffsetSeconds, supervisor.dataDir),
  });
  const pair: RedisPair = {
    primary,
    replica,
    caughtUp: async () => {
      const offset = Number((await primary.info("replication")).get("master_repl_offset"));
      await pollUntil(
        async () => {
          const info = await replica.info("replication");
          return info.get("master_link_status") === "up" && Number(info.get("slave_repl_offset")) >= offset;
        },
        { what: "the replica to catch up", timeoutMs: SYNC_TIMEOUT_MS },
      );
    },
    promote: async () => {
      await replica.command("REPLICAOF", "NO", "ONE");
    },
  };
  await pair.caughtUp();
  return pair;
}
