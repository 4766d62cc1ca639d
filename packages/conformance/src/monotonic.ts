/** Milliseconds of the machine's monotonic clock: the same in every process on it, so that their traces can be merged. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
