import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import { DatabaseError } from "pg";
import { Interrupted } from "./interruptible.ts";

/** What is known about a statement that failed. */
export interface FailedStatement {
  /** For the message. */
  readonly what: string;
  /** Whether any of it may have left this process. */
  readonly isSent: boolean;
  readonly isWrite: boolean;
}

// SQLSTATEs that end a statement, and with it its transaction: nothing was written. Others may end the session after the
// commit and instead of its answer. Not told by the severity: that one is in the server's language.
const REFUSED = /^(22|23|25006|40001|40P01|42|55P03|57014)/; // data, constraints, standby, rollbacks, access, locks, cancelled

/** What a caller gets for a statement that failed: a {@link LeaderElectionError}, or the reason of its own signal. */
export function lockFailure(error: unknown, { what, isSent, isWrite }: FailedStatement): unknown {
  if (error instanceof Interrupted && error.by === "caller" && !isSent) return error.reason;
  const message = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
  const cause = error instanceof Interrupted && error.by === "caller" ? error.reason : error;
  const isRefused = error instanceof DatabaseError && REFUSED.test(error.code ?? "");
  if (isSent && isWrite && !isRefused) {
    return new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, { outcome: "unknown", cause });
  }
  return new LeaderElectionError(codeOf(error), message, { cause });
}

function codeOf(error: unknown): LeaderElectionErrorCode {
  if (error instanceof Interrupted && error.by === "close") return "ERR_LOCK_CLOSED";
  if (!(error instanceof DatabaseError)) return "ERR_LOCK_UNAVAILABLE";
  const sqlState = error.code ?? "";
  if (sqlState.startsWith("28")) return "ERR_LOCK_UNAUTHENTICATED";
  if (sqlState === "42501") return "ERR_LOCK_FORBIDDEN";
  // Connections, rollbacks, resources, locks, shutdowns, the system; and a standby, which only reads.
  const isForNow = /^(08|40|53|55|57|58|XX)/.test(sqlState) || sqlState === "25006";
  return isForNow ? "ERR_LOCK_UNAVAILABLE" : "ERR_LOCK_REJECTED";
}
