import { LeaderElectionError, type LeaderElectionRecord, type VersionedRecord } from "@tenure/core";

/** A row as `pg` gives it: `bigint` as text, `jsonb` as what it holds. All `null` when there is none. */
export interface StoredRow {
  readonly version: string;
  readonly incarnation: string;
  readonly record: unknown;
  /** Of a read: whether the server is one that may lag. */
  readonly standby?: boolean;
}

/** JSON that is merged into what is stored, so that fields that we do not know stay: `null` takes one of ours away. */
export function toStored(record: LeaderElectionRecord): string {
  const { acquireTime = null, renewTime = null, strategy = null, preferredHolder = null } = record;
  return JSON.stringify({ ...record, acquireTime, renewTime, strategy, preferredHolder });
}

/** @throws LeaderElectionError `ERR_LOCK_RECORD_INVALID` when the row holds something else. */
export function toVersionedRecord(
  { version, incarnation, record }: StoredRow,
  where: string,
): VersionedRecord {
  const fields = (typeof record === "object" ? record : null) as Record<string, unknown> | null;
  const text = (name: string) => (typeof fields?.[name] === "string" ? fields[name] : undefined);
  const count = (name: string, max: number) => {
    const value = fields?.[name];
    return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= max ? Number(value) : 0;
  };
  const holderIdentity = text("holderIdentity");
  if (holderIdentity === undefined) {
    throw new LeaderElectionError("ERR_LOCK_RECORD_INVALID", `${where} holds no record but something else`);
  }
  const [strategy, preferredHolder] = [text("strategy"), text("preferredHolder")];
  return {
    record: {
      holderIdentity,
      leaseDurationMs: count("leaseDurationMs", Number.MAX_SAFE_INTEGER),
      acquireTime: text("acquireTime"),
      renewTime: text("renewTime"),
      leaderTransitions: count("leaderTransitions", 2 ** 31 - 1),
      ...(strategy !== undefined && { strategy }),
      ...(preferredHolder !== undefined && { preferredHolder }),
    },
    version,
    incarnation,
    fencingToken: BigInt(version),
  };
}
