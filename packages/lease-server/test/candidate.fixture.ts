import { KubeConfig } from "@kubernetes/client-node";
import type { Address, CreateLock } from "@tenure/conformance";
import { LeaseClient } from "@tenure/lock-k8s-lease";

/** Who a lock of the conformance suite is, and where its server; plain JSON, for another process. */
export interface CandidateOptions {
  readonly namespace: string;
  readonly token: string;
  readonly server: Address;
  /** PEM. */
  readonly ca: string;
}

/** Makes locks with a client of their own, as a replica has; read with client-node, as users do. */
export function createLock({ namespace, token, server, ca }: CandidateOptions): CreateLock {
  return ({ name, route }) => {
    const { host, port } = route?.(server) ?? server;
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromOptions({
      clusters: [
        { name: "served", server: `https://${host}:${port}`, caData: Buffer.from(ca).toString("base64") },
      ],
      users: [{ name: "replica", token }],
      contexts: [{ name: "test", cluster: "served", user: "replica", namespace }],
      currentContext: "test",
    });
    const client = new LeaseClient({ kubeConfig });
    const lock = client.lock({ name });
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
  };
}
