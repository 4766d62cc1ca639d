import type { Lease } from "./lease.ts";

/** Says in `managedFields` which fields a write by `manager` changed. */
export function trackUpdate({
  lease,
  live,
}: {
  readonly live: Lease | undefined;
  readonly lease: Lease;
  readonly manager: string;
  readonly nowMs: number;
}): Lease {
  const { managedFields: _, ...metadata } = lease.metadata;
  const managedFields = live?.metadata.managedFields;
  return { ...lease, metadata: managedFields === undefined ? metadata : { ...metadata, managedFields } };
}
