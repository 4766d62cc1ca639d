import { InvalidArgumentError } from "commander";

const UNITS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 } as const;
const FORM = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/;
const LONGEST_MS = 2 ** 31 - 1;

/**
 * Reads `"15s"`, `"500ms"`, `"1m"`, `"1.5s"` or `"1h"`, for an option of commander: what it throws names the option too.
 * A bare number is refused: whoever writes one means seconds or milliseconds, and nobody else can know which.
 *
 * @returns whole milliseconds
 * @throws `InvalidArgumentError` when it is none
 */
export function parseDuration(text: string): number {
  const [, digits, unit] = FORM.exec(text) ?? [];
  if (digits === undefined || unit === undefined) {
    const hint = /^\d+(?:\.\d+)?$/.test(text) ? ` Did you mean "${text}s" or "${text}ms"?` : "";
    throw new InvalidArgumentError(`Expected a duration such as "15s", "500ms" or "1m".${hint}`);
  }
  // The form admits these units only.
  const ms = Number(digits) * UNITS[unit as keyof typeof UNITS];
  if (ms > LONGEST_MS || !Number.isInteger(ms)) {
    throw new InvalidArgumentError(`Expected whole milliseconds of at most ${LONGEST_MS}.`);
  }
  return ms;
}

/** Says a duration to people, in the unit that fits: `"850ms"`, `"13.2s"`, `"4m05s"`, `"3h12m"`, `"2d4h"`. */
export function formatDuration(durationMs: number): string {
  const ms = Math.abs(durationMs);
  const sign = durationMs < 0 ? "-" : "";
  if (ms < 1_000) return `${sign}${Math.round(ms)}ms`;
  if (ms < 59_950) return `${sign}${(ms / 1_000).toFixed(1).replace(/\.0$/, "")}s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${sign}${Math.floor(seconds / 60)}m${pad(seconds % 60)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 1_440) return `${sign}${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
  return `${sign}${Math.floor(minutes / 1_440)}d${Math.floor((minutes % 1_440) / 60)}h`;
}

function pad(number: number): string {
  return String(number).padStart(2, "0");
}
