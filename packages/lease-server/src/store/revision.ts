/**
 * Where the revisions of a server that remembers nothing begin: microseconds of its wall clock, so that a fencing token of this
 * life is larger than those of the lives before, unless more than a million writes a second were made or the clock was set back.
 */
export function revisionNow(nowMs: number): bigint {
  return BigInt(Math.floor(nowMs)) * 1000n;
}
