/** How Kubernetes writes the times of a Lease's `spec`. */
export const MICRO_TIME = "2006-01-02T15:04:05.000000Z07:00";
/** How Kubernetes writes the times of `metadata`. */
export const SECOND_TIME = "2006-01-02T15:04:05Z07:00";

/** A time that cannot be read; its message is the one of Go's `time.Parse`. */
class GoTimeError extends Error {}

/**
 * Reads a time as Go's `time.Parse` with that layout: microseconds since 1970.
 * @throws `GoTimeError` worded as Go words it.
 */
export function parseGoTime(layout: typeof MICRO_TIME | typeof SECOND_TIME, text: string): bigint {
  let rest = text;
  const bad = (element: string, at = rest): never => {
    throw new GoTimeError(
      `parsing time ${quote(text)} as ${quote(layout)}: cannot parse ${quote(at)} as ${quote(element)}`,
    );
  };
  const outOfRange = (what: string): never => {
    throw new GoTimeError(`parsing time ${quote(text)}: ${what} out of range`);
  };
  const take = (pattern: RegExp, element: string): string => {
    const found = pattern.exec(rest)?.[0];
    if (found === undefined) return bad(element);
    rest = rest.slice(found.length);
    return found;
  };

  const year = Number(take(/^\d{4}/, "2006"));
  take(/^-/, "-");
  const month = Number(take(/^\d\d/, "01"));
  if (month < 1 || month > 12) outOfRange("month");
  take(/^-/, "-");
  const day = Number(take(/^\d\d/, "02"));
  take(/^T/, "T");
  const hour = Number(take(/^\d\d?/, "15"));
  if (hour > 23) outOfRange("hour");
  take(/^:/, ":");
  const minute = Number(take(/^\d\d/, "04"));
  if (minute > 59) outOfRange("minute");
  take(/^:/, ":");
  const second = Number(take(/^\d\d/, "05"));
  if (second > 59) outOfRange("second");
  let fraction = "";
  if (layout === MICRO_TIME) fraction = take(/^[.,]\d{6}/, ".000000").slice(1);
  // Go accepts a fraction where the layout has none.
  else if (/^[.,]\d/.test(rest)) fraction = take(/^[.,]\d+/, "").slice(1);
  const zone = take(/^(?:Z|[+-]\d\d:\d\d)/, "Z07:00");
  const offset = zone === "Z" ? 0 : zoneMinutes(zone, outOfRange);
  if (rest !== "") throw new GoTimeError(`parsing time ${quote(text)}: extra text: ${quote(rest)}`);
  if (day < 1 || day > new Date(Date.UTC(2000 + (year % 400), month, 0)).getUTCDate()) outOfRange("day");

  const date = new Date(0);
  // Date.UTC takes the years 0 to 99 for 1900 to 1999.
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute - offset, second);
  return BigInt(date.getTime()) * 1000n + BigInt(fraction.padEnd(6, "0").slice(0, 6));
}

/** The time in that layout, in UTC. */
export function formatGoTime(layout: typeof MICRO_TIME | typeof SECOND_TIME, micros: bigint): string {
  const fraction = ((micros % 1_000_000n) + 1_000_000n) % 1_000_000n;
  const date = new Date(Number((micros - fraction) / 1000n));
  const pad = (value: number, width = 2): string => String(value).padStart(width, "0");
  const day = `${pad(date.getUTCFullYear(), 4)}-${pad(date.getUTCMonth() + 1)}-${pad(date.getUTCDate())}`;
  const time = `${pad(date.getUTCHours())}:${pad(date.getUTCMinutes())}:${pad(date.getUTCSeconds())}`;
  return layout === MICRO_TIME ? `${day}T${time}.${pad(Number(fraction), 6)}Z` : `${day}T${time}Z`;
}

/** Go's zero time, 0001-01-01: what Kubernetes takes for "no time". */
export const ZERO_TIME: bigint = -62_135_596_800_000_000n;

function zoneMinutes(zone: string, outOfRange: (what: string) => never): number {
  const hours = Number(zone.slice(1, 3));
  const minutes = Number(zone.slice(4, 6));
  // Go lets 24 hours and 60 minutes pass.
  if (hours > 24) outOfRange("time zone offset hour");
  if (minutes > 60) outOfRange("time zone offset minute");
  return (zone.startsWith("-") ? -1 : 1) * (hours * 60 + minutes);
}

/** Package time's own quoting: bytes that are not plain ASCII are shown in hex. */
function quote(text: string): string {
  let result = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    if (character === '"' || character === "\\") result += `\\${character}`;
    else if (byte < 0x20 || byte >= 0x80) result += `\\x${byte.toString(16).padStart(2, "0")}`;
    else result += character;
  }
  return `"${result}"`;
}
