import { type StartRedisOptions, startRedis, startRedisCluster, startRedisSentinel } from "@tenure/testbed";
import type { Servers } from "./conformance.fixture.ts";
import { userArguments } from "./lock-spec.fixture.ts";

/** One server that keeps its data over a restart. */
export async function startStandalone(options: StartRedisOptions = {}): Promise<Servers> {
  const node = await startRedis({ ...options, persistence: "aof", config: userArguments });
  return {
    spec: { kind: "standalone", ports: [node.port], ca: node.ca },
    nodes: [node],
    restart: () => node.restart(),
    stop: async () => node[Symbol.asyncDispose](),
  };
}

/** A primary, a replica and three Sentinels, which do not change anything by themselves for a while. */
export async function startSentinels(): Promise<Servers> {
  // A machine that is busy for a second is no fail-over.
  const all = await startRedisSentinel({ config: userArguments, downAfterMs: 30_000 });
  return {
    spec: { kind: "sentinel", ports: all.sentinels.map(({ port }) => port) },
    nodes: all.nodes,
    stop: async () => all[Symbol.asyncDispose](),
  };
}

/** A cluster of three, of which a lock is told one node only. */
export async function startCluster(): Promise<Servers> {
  const cluster = await startRedisCluster({ config: userArguments, persistence: "aof" });
  const [first] = cluster.nodes;
  return {
    spec: { kind: "cluster", ports: first === undefined ? [] : [first.port] },
    nodes: cluster.nodes,
    restart: async () => {
      await Promise.all(cluster.nodes.map((node) => node.restart()));
      await cluster.ready();
    },
    stop: async () => cluster[Symbol.asyncDispose](),
  };
}
