import { randomBytes } from "node:crypto";
import { startLeaseServer } from "@tenure/lease-server";
import { EXIT } from "../exit-codes.ts";
import { CliError, usageError } from "../failure.ts";
import type { Io } from "../io.ts";
import { kubeAccess } from "../kube-access.ts";
import { type LockUrl, parseStoreUrl, type StoreUrl } from "../lock-url.ts";
import type { StoreOptions } from "../store-options.ts";
import { removeRecord } from "./remove-record.ts";
import { hostOf, portOf, type Route } from "./routes.ts";

/** Which store to use. */
export const BACKENDS = ["lease-server", "redis", "etcd", "k8s"] as const;
/** One of {@link BACKENDS}. */
export type Backend = (typeof BACKENDS)[number];

const DEFAULT_URLS = { redis: "redis://127.0.0.1", etcd: "etcd://127.0.0.1", k8s: "k8s://default" } as const;

/** Where the demo's election keeps its record. */
export interface DemoStore {
  /** `"embedded lease-server"`, `"redis 127.0.0.1:6379"` */
  readonly description: string;
  /** A lock of this demo's own. */
  readonly url: LockUrl;
  readonly options: StoreOptions;
  /** What replicas connect to, each to be had a proxy before it. */
  readonly addresses: readonly Pick<Route, "host" | "port">[];
  /** Takes the record away, once no replica is left; what cannot be taken away is said. */
  close(): Promise<string | undefined>;
}

/**
 * Opens the store. Nothing of the user's is connected to.
 * @throws `CliError` when the options do not fit together
 */
export async function openDemoStore(
  given: {
    readonly backend: Backend | undefined;
    readonly url: string | undefined;
    readonly options: StoreOptions;
  },
  env: Io["env"],
): Promise<DemoStore> {
  const { options } = given;
  const store = storeOf(given);
  const name = `tenure-demo-${randomBytes(4).toString("hex")}`;
  if (store === undefined) return await embedded(name, options);
  const url = lockUrl(store, name);
  const { description, addresses } = await addressesOf(url, options, env);
  return { description, url, options, addresses, close: () => removeRecord(url, options, env) };
}

/** The user's own store; `undefined` for a server of the demo's own. */
function storeOf({
  backend,
  url,
}: {
  readonly backend: Backend | undefined;
  readonly url: string | undefined;
}): StoreUrl | undefined {
  if (url === undefined) {
    return backend === undefined || backend === "lease-server"
      ? undefined
      : parseStoreUrl(DEFAULT_URLS[backend]);
  }
  const store = parseStoreUrl(url);
  if (backend !== undefined && store.kind !== backend) {
    throw usageError(`Expected --url of a store of --backend ${backend}, got a URL of ${store.kind}`);
  }
  return store;
}

async function embedded(name: string, options: StoreOptions): Promise<DemoStore> {
  const server = await startLeaseServer();
  return {
    description: "embedded lease-server",
    url: { kind: "lease-server", server: server.url, namespace: "default", name },
    options,
    addresses: [addressOf(server.url)],
    close: async () => {
      await server.close();
      return undefined;
    },
  };
}

function lockUrl(store: StoreUrl, name: string): LockUrl {
  return store.kind === "k8s" || store.kind === "lease-server"
    ? { ...store, namespace: store.namespace ?? "default", name }
    : { ...store, name };
}

async function addressesOf(
  url: LockUrl,
  options: StoreOptions,
  env: Io["env"],
): Promise<Pick<DemoStore, "description" | "addresses">> {
  switch (url.kind) {
    case "redis": {
      const [address] = url.addresses;
      if (address === undefined || url.cluster || url.sentinel !== undefined) {
        throw usageError(
          "Expected one Redis server: the demo cannot cut a replica off from a Cluster or Sentinels",
        );
      }
      return { description: `redis ${address.host}:${address.port}`, addresses: [address] };
    }
    case "etcd": {
      if (url.tls && url.hosts.length > 1) {
        throw usageError("Expected one host of etcds://: through the demo's proxies all would need one name");
      }
      const addresses = url.hosts.map(addressOf);
      return {
        description: `etcd ${addresses.map(({ host, port }) => `${host}:${port}`).join(", ")}`,
        addresses,
      };
    }
    case "lease-server":
      return { description: `lease-server ${url.server}`, addresses: [addressOf(url.server)] };
    case "k8s": {
      const cluster = (await kubeAccess(url, options, env)).kubeConfig.getCurrentCluster();
      if (cluster === null)
        throw new CliError(EXIT.failed, "The kubeconfig's current context has no cluster");
      if (cluster.proxyUrl !== undefined) {
        throw usageError("The kubeconfig's cluster has a proxy-url: the demo cannot cut such connections");
      }
      const address = addressOf(cluster.server);
      return { description: `Kubernetes ${address.host}:${address.port}`, addresses: [address] };
    }
  }
}

function addressOf(text: string): Pick<Route, "host" | "port"> {
  const url = new URL(text);
  return { host: hostOf(url.hostname), port: portOf(url) };
}
