import { isDeepStrictEqual } from "node:util";
import type { Lease } from "./lease.ts";

const NOTICES = {
  "in the request":
    ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed:",
  "after admission":
    ".metadata.ownerReferences contains duplicate entries after mutating admission happens; API server dedups owner references in 1.20+, and may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed:",
} as const;

/** Keeps the first of several equal owner references, and warns of the others. */
export function dropRepeatedOwners(
  lease: Lease,
  when: keyof typeof NOTICES,
): { readonly lease: Lease; readonly warnings: readonly string[] } {
  const owners = lease.metadata.ownerReferences ?? [];
  const kept: Readonly<Record<string, unknown>>[] = [];
  const repeated: string[] = [];
  for (const owner of owners) {
    if (kept.some((other) => isDeepStrictEqual(other, owner))) repeated.push(String(owner["uid"] ?? ""));
    else kept.push(owner);
  }
  if (repeated.length === 0) return { lease, warnings: [] };
  return {
    lease: { ...lease, metadata: { ...lease.metadata, ownerReferences: kept } },
    warnings: [`${NOTICES[when]} ${repeated.join(", ")}`],
  };
}
