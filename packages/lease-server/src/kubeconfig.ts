import type { RequestOptions } from "node:https";

/** What a client needs to reach the server. */
export interface ServerAddress {
  readonly url: string;
  /** PEM; `undefined` without TLS, or where clients trust the server anyway. */
  readonly ca: string | undefined;
  readonly namespace: string;
}

/**
 * A configuration for `LeaseClient` of `@tenure/lock-k8s-lease`, without `@kubernetes/client-node`.
 */
export interface LeaseServerKubeConfig {
  getCurrentCluster(): { readonly server: string };
  getCurrentContext(): string;
  getContextObject(name: string): { readonly namespace: string };
  applyToHTTPSOptions(options: RequestOptions): Promise<void>;
}

const NAME = "lease-server";

/** The configuration as an object. */
export function kubeConfigObject(
  { url, ca, namespace }: ServerAddress,
  token?: string,
): LeaseServerKubeConfig {
  return {
    getCurrentCluster: () => ({ server: url }),
    getCurrentContext: () => NAME,
    getContextObject: () => ({ namespace }),
    applyToHTTPSOptions: async (options) => {
      if (ca !== undefined) options.ca = ca;
      if (token === undefined) return;
      const headers = options.headers ?? {};
      options.headers = { ...(headers as Record<string, string>), Authorization: `Bearer ${token}` };
    },
  };
}

/** The configuration as the text of a kubeconfig file: JSON, which is YAML too. */
export function kubeconfigText({ url, ca, namespace }: ServerAddress, token?: string): string {
  const trust = ca === undefined ? {} : { "certificate-authority-data": Buffer.from(ca).toString("base64") };
  // @kubernetes/client-node refuses http without it; others pass over it there.
  const plain = url.startsWith("http:") ? { "insecure-skip-tls-verify": true } : {};
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": NAME,
    clusters: [{ name: NAME, cluster: { server: url, ...trust, ...plain } }],
    // kubectl asks on the terminal for a name where it has neither a token nor a certificate for an https server.
    users: [{ name: NAME, user: { token: token ?? "none-is-needed" } }],
    contexts: [{ name: NAME, context: { cluster: NAME, user: NAME, namespace } }],
  };
  return `${JSON.stringify(config, null, 2)}\n`;
}
