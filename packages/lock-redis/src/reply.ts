import type { StoredFields } from "./stored-record.ts";

/** What a script says it did. */
type What = "absent" | "found" | "written" | "late" | "exists" | "gone" | "moved";

/** A script's answer. */
export interface Reply {
  readonly what: What;
  /** The server's time when it answered. */
  readonly serverMicros: number;
  /** The record as it is stored now; meaningless where there is none. */
  readonly stored: StoredFields;
}

const WHATS: readonly string[] = [
  "absent",
  "found",
  "written",
  "late",
  "exists",
  "gone",
  "moved",
] satisfies What[];

/** Reads `[what, micros, version, generation, record, op]`; `undefined` when the answer is not one of our scripts'. */
export function readReply(reply: unknown): Reply | undefined {
  if (!Array.isArray(reply)) return undefined;
  const [what, micros, version, generation, record, op] = reply as unknown[];
  const serverMicros = Number(micros);
  if (!isWhat(what) || !Number.isSafeInteger(serverMicros)) return undefined;
  return { what, serverMicros, stored: { version, generation, record, op } };
}

function isWhat(value: unknown): value is What {
  return typeof value === "string" && WHATS.includes(value);
}
