import type { Cluster, RedisOptions } from "ioredis";

/** A node of a cluster. */
export interface NodeAddress {
  readonly host: string;
  readonly port: number;
}

/** What is taken over from the user's client: where the servers are and how to get in. */
export interface Deployment {
  readonly kind: "standalone" | "sentinel" | "cluster";
  readonly options: RedisOptions;
  /** Not one of `options`: ioredis ignores it where a server refuses SELECT, and goes on in database 0. */
  readonly database: number;
  /** Where to begin in a cluster; empty otherwise. */
  readonly nodes: readonly NodeAddress[];
  /** What a server's own address is from here, in a cluster. */
  readonly natMap: NatMap | undefined;
}

/** As ioredis takes it. */
type NatMap = Readonly<Record<string, NodeAddress>> | ((key: string) => NodeAddress | null);

/**
 * What may be taken over. Everything else (retries, queues, timeouts, key prefix, reply mapping, scripts, auto-pipelining)
 * could send a command twice, late, or as something else, so it is left behind whatever it is set to.
 */
const TAKEN = [
  "host",
  "port",
  "path",
  "family",
  "username",
  "password",
  "tls",
  "Connector",
  "sentinels",
  "name",
  "sentinelUsername",
  "sentinelPassword",
  "sentinelTLS",
  "enableTLSForSentinelMode",
  "updateSentinels",
  "natMap",
] as const satisfies readonly (keyof RedisOptions)[];

/** The parts of ioredis' `Cluster` that say where the cluster is; `startupNodes` is private in its types only. */
interface ClusterLike {
  readonly isCluster: true;
  readonly startupNodes: ConstructorParameters<typeof Cluster>[0];
  readonly options: {
    readonly redisOptions?: RedisOptions | undefined;
    readonly natMap?: NatMap | null | undefined;
    readonly useSRVRecords?: boolean | undefined;
  };
}

/**
 * Reads where an ioredis client connects to. The client itself is not used, and may be of another copy of ioredis.
 *
 * @throws `TypeError` when it is no client and no options, `RangeError` for what a lock cannot work with.
 */
export function deploymentOf(redis: unknown): Deployment {
  if (typeof redis !== "object" || redis === null || Array.isArray(redis)) {
    throw new TypeError(
      `Expected \`redis\` as a client of ioredis or the options of one, got ${Array.isArray(redis) ? "an array" : redis === null ? "null" : typeof redis}`,
    );
  }
  if (isCluster(redis)) return clusterDeployment(redis);
  const given = "options" in redis ? redis.options : redis;
  if (typeof given !== "object" || given === null) {
    throw new TypeError("Expected `redis` as a client of ioredis or the options of one, got neither");
  }
  // Every option is optional, and only known ones are read.
  const options = given as RedisOptions;
  if (options.role === "slave") {
    throw new RangeError('Expected `redis` to connect to the primary, got `role: "slave"`');
  }
  return {
    kind: options.sentinels ? "sentinel" : "standalone",
    options: take(options),
    database: Number(options.db ?? 0),
    nodes: [],
    natMap: undefined,
  };
}

function isCluster(redis: object): redis is ClusterLike {
  return "isCluster" in redis && redis.isCluster === true;
}

function clusterDeployment(cluster: ClusterLike): Deployment {
  const { redisOptions = {}, natMap, useSRVRecords } = cluster.options;
  if (useSRVRecords) {
    throw new RangeError(
      "Expected `redis` to name the cluster's nodes, got `useSRVRecords`, which is not supported",
    );
  }
  const startupNodes = cluster.startupNodes.map(startupNode);
  return {
    kind: "cluster",
    // What a node says of itself comes before what is said of all.
    options: take({ ...redisOptions, ...startupNodes[0] }),
    database: 0,
    nodes: startupNodes.map(({ host = "127.0.0.1", port = 6379 }) => ({ host, port: Number(port) })),
    natMap: natMap ?? undefined,
  };
}

function startupNode(node: ConstructorParameters<typeof Cluster>[0][number]): RedisOptions {
  if (typeof node === "number") return { port: node };
  // Its types differ in what may be `undefined` only.
  if (typeof node === "object") return node as RedisOptions;
  const url = new URL(node.includes("://") ? node : `redis://${node}`);
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, "$1"),
    ...(url.port !== "" && { port: Number(url.port) }),
    ...(url.username !== "" && { username: decodeURIComponent(url.username) }),
    ...(url.password !== "" && { password: decodeURIComponent(url.password) }),
    ...(url.protocol === "rediss:" && { tls: {} }),
  };
}

function take(options: RedisOptions): RedisOptions {
  const taken: RedisOptions = {};
  for (const name of TAKEN) {
    // Copied under its own name, so the types agree.
    if (options[name] !== undefined && options[name] !== null)
      Object.assign(taken, { [name]: options[name] });
  }
  return Object.freeze(taken);
}
