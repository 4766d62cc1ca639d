import { KubeConfig } from "@kubernetes/client-node";
import type { Address, CreateLock } from "@tenure/conformance";
import type { ResourceLock } from "@tenure/core";
import { LeaseClient } from "../src/index.ts";

/** Who a lock of the conformance suite is, and where its API server; plain JSON, for another process. */
export interface LeaseCandidateOptions {
  readonly namespace: string;
  readonly token: string;
  readonly server: Address;
  /** PEM. */
  readonly ca: string;
}

/** Makes locks with a client of their own, as a replica has. */
export function createLock({ namespace, token, server, ca }: LeaseCandidateOptions): CreateLock {
  return ({ name, route }) => {
    const { host, port } = route?.(server) ?? server;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: [
        { name: "testbed", server: `https://${host}:${port}`, caData: Buffer.from(ca).toString("base64") },
      ],
      users: [{ name: "replica", token }],
      contexts: [{ name: "test", cluster: "testbed", user: "replica", namespace }],
      currentContext: "test",
    });
    const client = new LeaseClient({ kubeConfig });
    return owning(client.lock({ name }), client);
  };
}

/** A lock that closes its client with itself. */
function owning(lock: ResourceLock, client: LeaseClient): ResourceLock {
  return {
    description: lock.description,
    capabilities: lock.capabilities,
    get: (options) => lock.get(options),
    create: (record, options) => lock.create(record, options),
    update: (record, expected, options) => lock.update(record, expected, options),
    ...(lock.watch !== undefined && { watch: lock.watch.bind(lock) }),
    close: async () => {
      await lock.close();
      await client.close();
    },
  };
}
