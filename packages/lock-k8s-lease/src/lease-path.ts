import type { LeaseKey } from "./lease-key.ts";

/** The collection: where a Lease is created and watched. Names are checked ones, so nothing needs escaping. */
export function leasesPath(key: LeaseKey): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${key.namespace}/leases`;
}

/** The Lease itself. */
export function leasePath(key: LeaseKey): string {
  return `${leasesPath(key)}/${key.name}`;
}
