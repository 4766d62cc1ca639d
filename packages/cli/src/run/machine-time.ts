/**
 * Monotonic milliseconds that every process of this machine reads alike, unlike `performance.now()`. A deadline in it can be
 * sent to another process and means the same there, however late it arrives.
 */
export function machineNowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
