export type { KubeCluster, KubeConfigLike } from "./kube-config.ts";
export type { LeaseClientOptions } from "./lease-client.ts";
export { LeaseClient } from "./lease-client.ts";
export type { LeaseLockOptions } from "./lease-lock.ts";
export { LeaseLock } from "./lease-lock.ts";
// For tools that ask the API server more than a lock does.
export type { LoadedDefault as LoadedKubeConfig, Places as KubeConfigPlaces } from "./load-default.ts";
export { loadDefault as loadDefaultKubeConfig } from "./load-default.ts";
