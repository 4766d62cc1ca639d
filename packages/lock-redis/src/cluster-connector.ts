import type { Redactor } from "@tenure/core/backend";
import type { Deployment, NodeAddress } from "./deployment.ts";
import { IoredisConnection } from "./ioredis-connection.ts";
import type { ClusterRoutes, OpenOptions, RedisConnection, RedisConnector } from "./redis-connection.ts";
import { NetworkError } from "./server-error.ts";

/** A silent node gets this share of the time; after it there is some left for others. */
const NODE_SHARE = 3;

/**
 * Connects to the node of a cluster that holds the record. One record is one key is one slot is one node, so ioredis'
 * `Cluster` is not needed: its retries cannot be turned off altogether. A node that does not hold the record says who does.
 */
export class ClusterConnector implements RedisConnector, ClusterRoutes {
  readonly server: string;
  readonly routes: ClusterRoutes = this;
  readonly #deployment: Deployment;
  readonly #redact: Redactor;
  /** Those that we were told to begin with and those last heard of; the one to try first at the head. */
  #nodes: readonly NodeAddress[];

  constructor(deployment: Deployment, redact: Redactor) {
    this.#deployment = deployment;
    this.#redact = redact;
    this.#nodes = deployment.nodes;
    this.server = `the cluster at ${deployment.nodes.map(addressOf).join(", ")}`;
  }

  async open({ timeoutMs, signal }: OpenOptions): Promise<RedisConnection> {
    let lastError: unknown = new NetworkError("no node is known");
    for (const node of this.#nodes) {
      try {
        return await this.#openNode(node, timeoutMs, signal);
      } catch (error) {
        lastError = error;
        this.#nodes = [...this.#nodes.filter((other) => other !== node), node];
        if (signal.aborted) break;
      }
    }
    throw lastError;
  }

  moved(address: string, from: RedisConnection): void {
    const owner = this.#resolve(address, from);
    this.#nodes = [owner, ...this.#nodes.filter((node) => addressOf(node) !== addressOf(owner))];
  }

  async openAt(address: string, from: RedisConnection, { signal }: OpenOptions): Promise<RedisConnection> {
    return this.#connect(this.#resolve(address, from), signal);
  }

  async #openNode(node: NodeAddress, timeoutMs: number, signal: AbortSignal): Promise<RedisConnection> {
    const share = AbortSignal.timeout(Math.max(1, Math.floor(timeoutMs / NODE_SHARE)));
    const connection = await this.#connect(node, AbortSignal.any([signal, share]));
    void this.#learnNodes(connection);
    return connection;
  }

  #connect(node: NodeAddress, signal: AbortSignal): Promise<RedisConnection> {
    const { options } = this.#deployment;
    return IoredisConnection.open(
      {
        options: { ...options, host: node.host, port: node.port },
        database: 0,
        address: addressOf(node),
        redact: this.#redact,
        stepTimeoutMs: 0,
      },
      { signal },
    );
  }

  /** Asks for the other nodes, so that the record is found when those that we began with are gone. */
  async #learnNodes(connection: RedisConnection): Promise<void> {
    try {
      const slots = await connection.send("cluster", ["slots"]);
      const found = readNodes(slots, hostOf(connection.address)).map((node) => this.#mapped(node));
      const [first] = this.#nodes;
      const all = [...(first === undefined ? [] : [first]), ...found, ...this.#deployment.nodes];
      // Nodes come and go for as long as a process lives; those that are gone are forgotten here.
      this.#nodes = [...new Map(all.map((node) => [addressOf(node), node])).values()];
    } catch {
      // Not permitted, or the connection has ended: then there are those we know.
    }
  }

  #resolve(address: string, from: RedisConnection): NodeAddress {
    const colon = address.lastIndexOf(":");
    const host = address.slice(0, colon);
    // A node that does not know its own name leaves it out, or says "?": it is the one that we asked.
    return this.#mapped({
      host: host === "" || host === "?" ? hostOf(from.address) : host,
      port: Number(address.slice(colon + 1)),
    });
  }

  #mapped(node: NodeAddress): NodeAddress {
    const { natMap } = this.#deployment;
    const key = addressOf(node);
    return (typeof natMap === "function" ? natMap(key) : natMap?.[key]) ?? node;
  }
}

function addressOf({ host, port }: NodeAddress): string {
  return `${host}:${port}`;
}

function hostOf(address: string): string {
  return address.slice(0, address.lastIndexOf(":"));
}

/** The nodes in an answer to CLUSTER SLOTS: `[[first, last, [host, port, id, …], …], …]`. */
function readNodes(slots: unknown, askedHost: string): NodeAddress[] {
  const nodes: NodeAddress[] = [];
  for (const range of Array.isArray(slots) ? slots : []) {
    for (const node of Array.isArray(range) ? range.slice(2) : []) {
      if (!Array.isArray(node)) continue;
      const [host, port] = node as unknown[];
      if (typeof port !== "number") continue;
      nodes.push({ host: typeof host === "string" && host !== "" ? host : askedHost, port });
    }
  }
  return nodes;
}
