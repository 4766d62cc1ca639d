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

/** What a caller gets for a statement that failed: a {@link LeaderElectionError}, or the reason of its own signal. */
export function lockFailure(error: unknown, { what, isSent, isWrite }: FailedStatement): unknown {
  if (error instanceof Interrupted && error.by === "caller" && !isSent) return error.reason;
  const message = `${what} failed: ${error instanceof Error ? error.message : String(error)}`;
  const cause = error instanceof Interrupted && error.by === "caller" ? error.reason : error;
  // An ERROR ends the statement, and with it its transaction: nothing was written. FATAL and PANIC end the session, and
  // may come after the commit and instead of its answer.
  const isRefused = error instanceof DatabaseError && error.severity === "ERROR" && error.code !== "40003";
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
