import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import { describeOperation, isWrite, type Operation } from "./operation.ts";
import type { ServerError } from "./server-error.ts";

/** What an error reply means. All of these come before the script has written, or instead of running it. */
const CODES: Readonly<Record<string, LeaderElectionErrorCode>> = {
  // Who is calling.
  NOAUTH: "ERR_LOCK_UNAUTHENTICATED",
  WRONGPASS: "ERR_LOCK_UNAUTHENTICATED",
  NOPERM: "ERR_LOCK_FORBIDDEN",
  DENIED: "ERR_LOCK_FORBIDDEN", //     protected mode: only from the server's own machine
  // The node cannot do it now, or is not the one to do it.
  READONLY: "ERR_LOCK_UNAVAILABLE", //    a replica
  LOADING: "ERR_LOCK_UNAVAILABLE", //     starting
  MASTERDOWN: "ERR_LOCK_UNAVAILABLE", //  a replica without its primary
  CLUSTERDOWN: "ERR_LOCK_UNAVAILABLE",
  MOVED: "ERR_LOCK_UNAVAILABLE",
  ASK: "ERR_LOCK_UNAVAILABLE",
  TRYAGAIN: "ERR_LOCK_UNAVAILABLE",
  BUSY: "ERR_LOCK_UNAVAILABLE", //        somebody's script runs for too long
  OOM: "ERR_LOCK_UNAVAILABLE",
  MISCONF: "ERR_LOCK_UNAVAILABLE", //     cannot save to disk
  NOREPLICAS: "ERR_LOCK_UNAVAILABLE", //  min-replicas-to-write
  NOSCRIPT: "ERR_LOCK_UNAVAILABLE",
  // The request, or what is stored.
  CROSSSLOT: "ERR_LOCK_REJECTED",
  WRONGTYPE: "ERR_LOCK_RECORD_INVALID",
};

/** Plain `ERR`s that come before the command is carried out. */
const ERRS: readonly (readonly [RegExp, LeaderElectionErrorCode])[] = [
  [/^ERR unknown command/i, "ERR_LOCK_REJECTED"],
  [/^ERR Error compiling script/i, "ERR_LOCK_REJECTED"], // 6.2 knows no shebang line
  // HSET is the first command that writes and the last that can be forbidden, so nothing was.
  [/^ERR (?:The user executing the script can't|ACL failure in script)/i, "ERR_LOCK_FORBIDDEN"],
  [/^ERR (?:DB index is out of range|invalid DB index|SELECT is not allowed)/i, "ERR_LOCK_REJECTED"],
  [/^ERR max number of clients/i, "ERR_LOCK_UNAVAILABLE"],
  [/^ERR (?:AUTH|invalid password|wrong number of arguments for 'auth')/i, "ERR_LOCK_UNAUTHENTICATED"],
];

/**
 * The error for an error reply. What is not known here (a module's, a proxy's) says nothing of what was done: after it
 * the outcome of a write that was `sent` is unknown.
 */
export function refusal(
  error: ServerError,
  operation: Operation,
  server: string,
  { sent }: { readonly sent: boolean },
): LeaderElectionError {
  const code = Object.hasOwn(CODES, error.code) ? CODES[error.code] : errCode(error.message);
  const said = `${error.message.replace(/\.$/, "").trim()}${hint(error, code)}`;
  const message = `${describeOperation(operation)} failed: ${server} answered: ${said}`;
  if (code !== undefined) return new LeaderElectionError(code, message, { cause: error });
  return sent && isWrite(operation)
    ? new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, { outcome: "unknown", cause: error })
    : new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message, { cause: error });
}

function errCode(message: string): LeaderElectionErrorCode | undefined {
  return ERRS.find(([form]) => form.test(message))?.[1];
}

function hint({ code, message }: ServerError, meaning: LeaderElectionErrorCode | undefined): string {
  if (meaning === "ERR_LOCK_FORBIDDEN" && code !== "DENIED")
    return ". See the README of @tenure/lock-redis for the least ACL";
  if (code === "WRONGTYPE")
    return ". The key holds something that is no hash: choose another `name` or `prefix`";
  if (code === "MOVED" || code === "ASK") return ". For a Redis Cluster pass ioredis' `Cluster`";
  if (/unknown command|compiling script/.test(message)) return ". Redis 7.0 or newer, or Valkey, is needed";
  return "";
}
