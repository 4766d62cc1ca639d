import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import { pollUntil } from "../poll.ts";
import { startOwned } from "../start-owned.ts";
import { RedisNode } from "./redis-node.ts";
import { launchPair, type RedisPairOptions } from "./start-redis-pair.ts";

const MASTER_NAME = "tenure";
const QUORUM = 2;
const FAILOVER_TIMEOUT_MS = 30_000;

/** How {@link startRedisSentinel} starts them. */
export interface RedisSentinelsOptions extends RedisPairOptions {
  /** After that long without an answer a sentinel thinks that the primary is down. @defaultValue 1000 */
  readonly downAfterMs?: number | undefined;
}

/** A primary, its replica, and three sentinels that watch over them. */
export interface RedisSentinels {
  /** What clients ask the sentinels for. */
  readonly masterName: string;
  readonly sentinels: readonly RedisNode[];
  /** The two servers: the first was the primary at the start. */
  readonly nodes: readonly [RedisNode, RedisNode];
  /** Which of the two most sentinels name as the primary now. */
  primary(): Promise<RedisNode>;
  /**
   * Makes the other server the primary and returns it: by asking a sentinel, or by killing the primary, which then stays
   * down until it is started. The sentinels make a replica of the old primary, seconds after it runs and others know of
   * the new one: until then it takes writes, and loses them.
   */
  failover(how?: "ask" | "kill"): Promise<RedisNode>;
  /** Resolves once every sentinel that runs names that server, and it is a primary. */
  waitForPrimary(node: RedisNode): Promise<void>;
}

/** Starts a Redis, a replica of it and three sentinels; resolves once the sentinels know all of them. */
export async function startRedisSentinel(
  options: RedisSentinelsOptions = {},
): Promise<RedisSentinels & AsyncDisposable> {
  const program = await needProgram(options.server ?? "redis");
  return await startOwned(async (supervisor) => {
    const { primary, replica } = await launchPair(supervisor, options);
    const sentinels: RedisNode[] = [];
    for (const number of [1, 2, 3]) {
      const args = (port: number, folder: string) => {
        // Sentinels keep what they find out in their configuration file.
        const path = join(folder, "sentinel.conf");
        writeFileSync(path, sentinelConfig(port, folder, primary.port, options), { mode: 0o600 });
        return [path, "--sentinel"];
      };
      sentinels.push(
        await RedisNode.launch(supervisor, freePort, { name: `sentinel-${number}`, program, args }),
      );
    }
    await pollUntil(async () => (await Promise.all(sentinels.map(knowsAll))).every(Boolean), {
      what: "the sentinels to know each other and the replica",
      timeoutMs: FAILOVER_TIMEOUT_MS,
    });
    return sentinelsOf(sentinels, [primary, replica]);
  });
}

function sentinelConfig(
  port: number,
  folder: string,
  primaryPort: number,
  { downAfterMs = 1_000, password }: RedisSentinelsOptions,
): string {
  return [
    "bind 127.0.0.1",
    `port ${port}`,
    `dir ${folder}`,
    `sentinel monitor ${MASTER_NAME} 127.0.0.1 ${primaryPort} ${QUORUM}`,
    `sentinel down-after-milliseconds ${MASTER_NAME} ${downAfterMs}`,
    `sentinel failover-timeout ${MASTER_NAME} 3000`,
    ...(password === undefined ? [] : [`sentinel auth-pass ${MASTER_NAME} ${JSON.stringify(password)}`]),
    "",
  ].join("\n");
}

async function knowsAll(sentinel: RedisNode): Promise<boolean> {
  const reply = (await sentinel.command("SENTINEL", "MASTER", MASTER_NAME)) as readonly string[];
  const field = (name: string) => reply[reply.indexOf(name) + 1];
  return (
    field("flags") === "master" && field("num-slaves") === "1" && field("num-other-sentinels") === String(2)
  );
}

async function namedPort(sentinel: RedisNode): Promise<number | undefined> {
  if (sentinel.pid === undefined) return undefined;
  const reply = await sentinel.command("SENTINEL", "GET-MASTER-ADDR-BY-NAME", MASTER_NAME);
  return Array.isArray(reply) ? Number(reply[1]) : undefined;
}

function sentinelsOf(
  sentinels: readonly RedisNode[],
  nodes: readonly [RedisNode, RedisNode],
): RedisSentinels {
  const primary = async (): Promise<RedisNode> => {
    const ports = await Promise.all(sentinels.map(namedPort));
    const node = nodes.find(({ port }) => ports.filter((named) => named === port).length >= QUORUM);
    if (node === undefined)
      throw new Error(`Expected two sentinels to agree, got the ports ${ports.join(", ")}`);
    return node;
  };
  const waitForPrimary = async (node: RedisNode): Promise<void> => {
    await pollUntil(
      async () => {
        const ports = (await Promise.all(sentinels.map(namedPort))).filter((port) => port !== undefined);
        if (ports.length === 0 || ports.some((port) => port !== node.port)) return false;
        return (await node.info("replication")).get("role") === "master";
      },
      { what: `the sentinels to name port ${node.port} as the primary's`, timeoutMs: FAILOVER_TIMEOUT_MS },
    );
  };
  const failover = async (how: "ask" | "kill" = "ask"): Promise<RedisNode> => {
    const before = await primary();
    const after = before === nodes[0] ? nodes[1] : nodes[0];
    if (how === "kill") {
      await before.kill();
    } else {
      await pollUntil(
        // Refused while the replica's state is not known well enough, and while another failover goes on.
        () =>
          sentinels[0]?.command("SENTINEL", "FAILOVER", MASTER_NAME).then(
            () => true,
            () => false,
          ),
        { what: "a sentinel to begin a failover", timeoutMs: FAILOVER_TIMEOUT_MS },
      );
    }
    await waitForPrimary(after);
    return after;
  };
  return { masterName: MASTER_NAME, sentinels, nodes, primary, failover, waitForPrimary };
}
