import { type StartRedisOptions, startRedis } from "@tenure/testbed";
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
