import { homedir } from "node:os";
import type { KubeConfigLike } from "@tenure/lock-k8s-lease";
import { usageError } from "./failure.ts";
import type { Io } from "./io.ts";
import type { LeaseStore } from "./lock-url.ts";
import { readAuthority, type StoreOptions, tokenOf } from "./store-options.ts";

/** Which server speaks the Kubernetes API, and as whom; `reload` forgets remembered credentials. */
export interface KubeAccess {
  readonly kubeConfig: KubeConfigLike;
  readonly reload: () => Promise<KubeConfigLike>;
}

/**
 * Access to where Leases are. `k8s://`: in a pod by its service account, else as the kubeconfig says, and the files only
 * where `--kubeconfig` or a context is given. `lease-server://`: the URL itself, with a token.
 */
export async function kubeAccess(
  store: LeaseStore,
  options: StoreOptions,
  env: Io["env"],
): Promise<KubeAccess> {
  if (store.kind === "lease-server") {
    const load = (): Promise<KubeConfigLike> => leaseServerConfig(store.server, options, env);
    return { kubeConfig: await load(), reload: load };
  }
  const context = store.context ?? options.context;
  if (options.context !== undefined && options.context !== context) {
    throw usageError("Expected one context, got one in the URL and another with --context");
  }
  // Half a second of imports, for those who ask for Kubernetes.
  const { loadDefaultKubeConfig } = await import("@tenure/lock-k8s-lease");
  return await loadDefaultKubeConfig({
    env: options.kubeconfig === undefined ? env : { KUBECONFIG: options.kubeconfig },
    home: env["HOME"] || homedir(),
    root: "",
    context,
  });
}

async function leaseServerConfig(
  server: string,
  options: StoreOptions,
  env: Io["env"],
): Promise<KubeConfigLike> {
  const token = await tokenOf(options, env);
  const ca = await readAuthority(options);
  return {
    getCurrentCluster: () => ({ server }),
    async applyToHTTPSOptions(request) {
      if (ca !== undefined) request.ca = ca;
      if (token !== undefined) request.headers = { ...request.headers, Authorization: `Bearer ${token}` };
    },
  };
}
