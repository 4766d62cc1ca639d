import { formatMicroTime } from "../micro-time.ts";
import type { LeaderElectionRecord, ResourceLock, VersionedRecord } from "../resource-lock.ts";

/** Options of {@link usurp}. */
export interface UsurpOptions {
  /** The usurper's lease. @defaultValue the record's own, else 15000 */
  readonly leaseDurationMs?: number | undefined;
  /** How long each request may take. @defaultValue 5000 */
  readonly timeoutMs?: number | undefined;
}

/**
 * Makes `identity` the holder at once, whoever leads: what no candidate would do, and what a leader must survive. Reads the
 * record and replaces it, so it can meet a conflict like any other writer.
 */
export async function usurp(
  lock: ResourceLock,
  identity: string,
  options: UsurpOptions = {},
): Promise<VersionedRecord> {
  const call = { timeoutMs: options.timeoutMs ?? 5_000 };
  const current = await lock.get(call);
  const now = formatMicroTime(Date.now() * 1000);
  const record: LeaderElectionRecord = {
    ...current?.record,
    holderIdentity: identity,
    leaseDurationMs: options.leaseDurationMs ?? (current?.record.leaseDurationMs || 15_000),
    acquireTime: now,
    renewTime: now,
    leaderTransitions: Math.min((current?.record.leaderTransitions ?? -1) + 1, 2 ** 31 - 1),
  };
  return await (current === undefined ? lock.create(record, call) : lock.update(record, current, call));
}
