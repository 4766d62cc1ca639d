import type { RequestOptions } from "node:https";

/**
 * What a {@link LeaseClient} needs of a kubeconfig. `KubeConfig` of `@kubernetes/client-node` fits as it is, and so does
 * anything with these methods.
 */
export interface KubeConfigLike {
  /** The cluster to talk to; `null` when the configuration names none. */
  getCurrentCluster(): KubeCluster | null;
  /** Name of the current context, for its namespace. */
  getCurrentContext?(): string;
  /** The context of that name. Without it, or without a namespace in it, locks are in `"default"`. */
  getContextObject?(name: string): { readonly namespace?: string | undefined } | null;
  /**
   * Puts TLS material (`ca`, `cert`, `key`, `servername`, `rejectUnauthorized`, …) and credentials (`headers`, `auth`) into
   * the options of a request. It may run a plugin or read files: the lock gives it no more time than its own call has, and
   * asks again after 10 seconds, or at once after a 401. An `agent` is used only where the cluster has a `proxyUrl`.
   */
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

/** The cluster of a {@link KubeConfigLike}. */
export interface KubeCluster {
  /** URL of the API server, with a path where one is needed: `"https://10.0.0.1:6443"`. */
  readonly server: string;
  /** Set when requests go through a proxy: then the `agent` of `applyToHTTPSOptions` makes the connections. */
  readonly proxyUrl?: string | undefined;
  /** Whether certificate checks are turned off (`insecure-skip-tls-verify`). */
  readonly skipTLSVerify?: boolean | undefined;
}

/**
 * The API server's URL.
 *
 * @throws `TypeError` when `kubeConfig` is none, `RangeError` when it names no usable server.
 */
export function serverOf(kubeConfig: KubeConfigLike): URL {
  if (
    typeof kubeConfig?.applyToHTTPSOptions !== "function" ||
    typeof kubeConfig.getCurrentCluster !== "function"
  ) {
    throw new TypeError(
      "Expected `kubeConfig` with getCurrentCluster() and applyToHTTPSOptions(), such as client-node's KubeConfig",
    );
  }
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null || cluster === undefined) {
    throw new RangeError("Expected `kubeConfig` with a current context whose cluster it has, got none");
  }
  const url = URL.canParse(cluster.server) ? new URL(cluster.server) : undefined;
  if (url === undefined || (url.protocol !== "https:" && url.protocol !== "http:")) {
    throw new RangeError("Expected `kubeConfig` with a cluster whose `server` is an https or http URL");
  }
  if (!isDecodable(url.username) || !isDecodable(url.password)) {
    // As client-go does. Node would throw a bare "URI malformed" later.
    throw new RangeError(
      "Expected `kubeConfig` with a cluster whose `server` has its user and password percent-encoded",
    );
  }
  return url;
}

function isDecodable(text: string): boolean {
  try {
    decodeURIComponent(text);
    return true;
  } catch {
    return false;
  }
}

/** The namespace of the current context, which in a pod is the pod's own; `"default"` when it has none. */
export function namespaceOf(kubeConfig: KubeConfigLike): string {
  const name = kubeConfig.getCurrentContext?.();
  const context = name === undefined ? null : kubeConfig.getContextObject?.(name);
  // client-node gives the pod's namespace file as it is, line end included.
  return context?.namespace?.trim() || "default";
}
