/**
 * - `ok`
 * - `missing`: an election will not work, or not be safe, until this is mended
 * - `warning`: it works, and somebody should know
 * - `unknown`: it could not be found out
 */
export type CheckResult = "ok" | "missing" | "warning" | "unknown";

/** One thing that was looked at; the shape of its JSON. */
export interface CheckItem {
  readonly check: string;
  readonly result: CheckResult;
  readonly detail: string;
}

/** What a backend's checks found. */
export interface CheckReport {
  readonly items: readonly CheckItem[];
  /** What would give all that is missing, to paste: a Role, an ACL, commands. */
  readonly fix: string | undefined;
}

/** What to say of a permission that was asked for. */
export function permission(name: string, granted: boolean | undefined, why: string): CheckItem {
  return {
    check: `permission ${name}`,
    result: granted === undefined ? "unknown" : granted ? "ok" : "missing",
    detail: why,
  };
}
