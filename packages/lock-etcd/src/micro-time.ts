const WRITTEN = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const READ = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/;

/**
 * A time of a stored record with exactly six fraction digits, e.g. `"2026-11-23T19:13:00.123456Z"`; `undefined` when it is
 * null, missing or no RFC 3339 time in UTC. Others may have written other digits.
 */
export function readMicroTime(value: unknown): string | undefined {
  const parts = typeof value === "string" ? READ.exec(value) : null;
  if (parts?.[1] === undefined || Number.isNaN(Date.parse(`${parts[1]}Z`))) return undefined;
  return `${parts[1]}.${(parts[2] ?? "").padEnd(6, "0").slice(0, 6)}Z`;
}

/**
 * A time as it is stored: six fraction digits, or `null` for none.
 *
 * @throws `RangeError` when `value` has another form.
 */
export function writeMicroTime(option: string, value: string | undefined): string | null {
  if (value === undefined) return null;
  if (typeof value === "string" && WRITTEN.test(value)) return value;
  throw new RangeError(
    `Expected \`${option}\` as RFC 3339 in UTC with six fraction digits, got ${JSON.stringify(value)}`,
  );
}
