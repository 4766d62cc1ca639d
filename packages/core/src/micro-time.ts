/**
 * Formats microseconds since the Unix epoch as RFC 3339 in UTC with six fraction digits, the only form that Kubernetes'
 * `MicroTime` accepts. A `number` holds such microseconds exactly until the year 2255.
 */
export function formatMicroTime(epochMicros: number): string {
  const ms = Math.floor(epochMicros / 1000);
  const micros = epochMicros - ms * 1000;
  return `${new Date(ms).toISOString().slice(0, -1)}${String(micros).padStart(3, "0")}Z`;
}
