export type { KubeCluster, KubeConfigLike } from "./kube-config.ts";
export type { LeaseClientOptions } from "./lease-client.ts";
export { LeaseClient } from "./lease-client.ts";
export type { LeaseLockOptions } from "./lease-lock.ts";
export { LeaseLock } from "./lease-lock.ts";
export type { LoadedDefault, Places } from "./load-default.ts";
export { loadDefault } from "./load-default.ts";
