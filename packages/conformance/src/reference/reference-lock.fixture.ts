import type { LockCapabilities } from "@tenure/core";
import type { CreateLock, LockFixture } from "../fixture.ts";
import { ReferenceLock } from "./lock.fixture.ts";
import type { Mutation } from "./mutants.fixture.ts";
import { ReferenceServer } from "./server.fixture.ts";

const CAPABILITIES: LockCapabilities = Object.freeze({
  fencing: "monotonic",
  watch: "resumable",
  granularityMs: 1,
  durability: "single-node",
});

/** What a candidate's process needs to know of the store. */
export interface ReferenceOptions {
  readonly port: number;
  readonly mutation?: Mutation | undefined;
  readonly capabilities?: LockCapabilities | undefined;
}

/** Makes locks on the reference store; also what a candidate's process calls. */
export function createLock({ port, mutation, capabilities = CAPABILITIES }: ReferenceOptions): CreateLock {
  const server = { host: "127.0.0.1", port };
  return ({ name, route, credentials }) => {
    if (name === "") throw new RangeError('Expected `name` not to be empty, got ""');
    const user = credentials === undefined ? "member" : credentials === "unknown" ? "stranger" : "guest";
    const address = mutation === "route-is-ignored" ? server : (route?.(server) ?? server);
    return new ReferenceLock({ name, address, user, mutation, capabilities });
  };
}

/** The suite over the reference backend, right or with a bug. Every hook is given. */
export function referenceFixture(mutation?: Mutation, change: Partial<LockFixture> = {}): LockFixture {
  const capabilities = change.capabilities ?? claimsOf(mutation);
  return {
    backend: "reference",
    variant: mutation,
    capabilities,
    hooks: {
      servers: true,
      corrupt: true,
      annotate: true,
      restart: true,
      compact: true,
      "unknown-credentials": true,
      "forbidden-credentials": true,
      candidate: true,
      throttle: true,
    },
    async setup() {
      const server = new ReferenceServer(mutation);
      await server.start();
      const { port, store } = server;
      const options = { port, mutation, capabilities };
      return {
        createLock: createLock(options),
        servers: [{ host: "127.0.0.1", port }],
        versions: {},
        stranger: {
          remove: async (name) => store.remove(name),
          corrupt: async (name) => store.corrupt(name),
          annotate: async (name) => store.annotate(name),
          isAnnotated: async (name) => store.get(name)?.note === "kept",
        },
        faults: {
          restart: () => server.restart(),
          compact: async () => store.compact(),
          throttle: async () => {
            server.throttledMs = 700;
            return {
              retryAfterMs: server.throttledMs,
              heal: async () => {
                server.throttledMs = undefined;
              },
            };
          },
        },
        candidate: { module: import.meta.url, options },
        teardown: () => server.stop(),
      };
    },
    ...change,
  };
}

/** Two bugs show only where something is not claimed. */
function claimsOf(mutation: Mutation | undefined): LockCapabilities {
  if (mutation === "tokens-without-claim") return { ...CAPABILITIES, fencing: "none" };
  if (mutation === "watch-without-claim") return { ...CAPABILITIES, watch: "none" };
  return CAPABILITIES;
}
