/**
 * Where the revisions of a process begin: microseconds of its wall clock, so that a fencing token of this life is larger than those
 * of the lives before, also where these have left no journal, or an older copy of it. Not so when more than a million writes a second
 * were made, or the clock was set back; then a journal's own revision is the larger one.
 */
export function revisionNow(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs)) * 1000n;
}
