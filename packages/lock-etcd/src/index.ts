// For applications.
export type { EtcdClientOptions } from "./etcd-client.ts";
export { EtcdClient } from "./etcd-client.ts";
// For authors of another client.
export type { EtcdFailureCause } from "./etcd-failure.ts";
export { EtcdFailure } from "./etcd-failure.ts";
export type {
  EtcdCallLimits,
  EtcdCompare,
  EtcdKeyValue,
  EtcdKv,
  EtcdTxnAnswer,
  EtcdTxnRequest,
  EtcdWatchMessage,
  EtcdWatchRequest,
  EtcdWatchStream,
} from "./etcd-kv.ts";
export type { EtcdLockOptions } from "./etcd-lock.ts";
export { EtcdLock } from "./etcd-lock.ts";
export type { EtcdOptions } from "./etcd-options.ts";
