import type { VersionedRecord } from "@tenure/core";

/**
 * What happened to a lock, as far as its record tells.
 *
 * - `seen`: the state at the beginning
 * - `acquired`: a term began
 * - `renewed`, `released`, `deleted`: by the record's own words
 * - `edited`: its version changed and nothing that an elector reads
 * - `expired`: it was seen unchanged for its whole lease, which is when others may take it
 */
export type ChangeKind = "seen" | "acquired" | "renewed" | "released" | "deleted" | "edited" | "expired";

/** What lies between two states of a record; `undefined` when nothing does. */
export function changeBetween(
  before: VersionedRecord | undefined,
  after: VersionedRecord | undefined,
): ChangeKind | undefined {
  if (after === undefined) return before === undefined ? undefined : "deleted";
  const { record } = after;
  if (before !== undefined && before.version === after.version && before.incarnation === after.incarnation) {
    return undefined;
  }
  if (record.holderIdentity === "") return before?.record.holderIdentity === "" ? "edited" : "released";
  const was = before?.record;
  if (was === undefined || before?.incarnation !== after.incarnation) return "acquired";
  const sameTerm =
    was.holderIdentity === record.holderIdentity &&
    was.acquireTime === record.acquireTime &&
    was.leaderTransitions === record.leaderTransitions;
  if (!sameTerm) return "acquired";
  return was.renewTime === record.renewTime ? "edited" : "renewed";
}
