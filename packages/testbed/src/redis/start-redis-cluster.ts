import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import { pollUntil } from "../poll.ts";
import { startOwned } from "../start-owned.ts";
import { parseInfo } from "./redis-info.ts";
import { RedisNode } from "./redis-node.ts";
import type { RedisProgramOptions } from "./start-redis.ts";

const SLOTS = 16_384;
const MASTERS = 3;
const READY_TIMEOUT_MS = 30_000;

/** Three masters that share the slots, without replicas. */
export interface RedisCluster {
  readonly nodes: readonly RedisNode[];
  /** The master that serves a key. */
  nodeOf(key: string): Promise<RedisNode>;
  /** Resolves once all masters say that the cluster is whole. */
  ready(): Promise<void>;
}

/** Starts a cluster of three masters; resolves once each of them says that it is whole. */
export async function startRedisCluster(
  options: RedisProgramOptions = {},
): Promise<RedisCluster & AsyncDisposable> {
  const { server = "redis", config = [], persistence, password } = options;
  const program = await needProgram(server);
  return await startOwned(async (supervisor) => {
    const nodes: RedisNode[] = [];
    const busPorts: number[] = [];
    for (let index = 0; index < MASTERS; index++) {
      // Its default, the port plus 10000, may be taken. 6.2 knows no other.
      const bus = server === "redis-6.2" ? [] : ["--cluster-port", String(await freePort())];
      const node = await RedisNode.launch(supervisor, freePort, {
        name: `redis-${index + 1}`,
        program,
        persistence,
        password,
        config: ["--cluster-enabled", "yes", "--cluster-node-timeout", "2000", ...bus, ...config],
      });
      busPorts.push(Number(bus[1] ?? node.port + 10_000));
      nodes.push(node);
    }
    await joinNodes(nodes, busPorts);
    const cluster = clusterOf(nodes);
    await cluster.ready();
    return cluster;
  });
}

async function joinNodes(nodes: readonly RedisNode[], busPorts: readonly number[]): Promise<void> {
  const [first] = nodes;
  for (const [index, node] of nodes.entries()) {
    // Of its own, so that no two have to argue about who has precedence.
    await node.command("CLUSTER", "SET-CONFIG-EPOCH", index + 1);
    await node.command("CLUSTER", "ADDSLOTS", ...slotsOf(index));
    if (node !== first) {
      await first?.command("CLUSTER", "MEET", node.host, node.port, busPorts[index] ?? 0);
    }
  }
}

function slotsOf(index: number): number[] {
  const share = Math.ceil(SLOTS / MASTERS);
  const from = index * share;
  return Array.from({ length: Math.min(share, SLOTS - from) }, (_, slot) => from + slot);
}

function clusterOf(nodes: readonly RedisNode[]): RedisCluster {
  return {
    nodes,
    nodeOf: async (key) => {
      const slot = Number(await nodes[0]?.command("CLUSTER", "KEYSLOT", key));
      const node = nodes[Math.floor(slot / Math.ceil(SLOTS / MASTERS))];
      if (node === undefined) throw new Error(`Expected a slot below ${SLOTS}, got ${slot}`);
      return node;
    },
    ready: async () => {
      await pollUntil(async () => (await Promise.all(nodes.map(isWhole))).every(Boolean), {
        what: "the cluster to be whole",
        timeoutMs: READY_TIMEOUT_MS,
      });
    },
  };
}

async function isWhole(node: RedisNode): Promise<boolean> {
  const info = parseInfo(String(await node.command("CLUSTER", "INFO")));
  return (
    info.get("cluster_state") === "ok" &&
    info.get("cluster_known_nodes") === String(MASTERS) &&
    info.get("cluster_slots_ok") === String(SLOTS)
  );
}
