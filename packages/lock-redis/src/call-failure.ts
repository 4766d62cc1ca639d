import { LeaderElectionError } from "@tenure/core";
import { Interrupted } from "@tenure/core/backend";
import { describeOperation, isWrite, type Operation } from "./operation.ts";
import { refusal } from "./refusal.ts";
import { NetworkError, ServerError } from "./server-error.ts";

/**
 * What a caller gets for a call that failed. The rule: as long as nothing was sent, nothing was written; afterwards a
 * write's outcome is unknown unless the server itself says that it did nothing, and a read has written nothing.
 *
 * Gives back the signal's own reason for a call that was aborted before anything was sent.
 */
export function callFailure(
  error: unknown,
  operation: Operation,
  server: string,
  { sent }: { readonly sent: boolean },
): unknown {
  if (error instanceof ServerError) return refusal(error, operation, server, { sent });
  const what = describeOperation(operation);
  if (error instanceof Interrupted && error.interrupt.kind === "aborted") {
    const { reason } = error.interrupt;
    return sent ? unknown(`${what} was aborted while waiting for ${server}`, reason) : reason;
  }
  if (!(error instanceof Interrupted) && !(error instanceof NetworkError)) return error;
  const message = `${what} failed: ${server} ${describe(error, sent)}`;
  const cause = error instanceof NetworkError ? error : undefined;
  if (sent && isWrite(operation)) return unknown(message, cause);
  if (error instanceof Interrupted && error.interrupt.kind === "closed") return closedError(operation);
  return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message, cause && { cause });
}

/** What every call on a closed lock rejects with. */
export function closedError(operation: Operation): LeaderElectionError {
  return new LeaderElectionError(
    "ERR_LOCK_CLOSED",
    `${describeOperation(operation)} failed: the lock is closed`,
  );
}

function unknown(message: string, cause: unknown): LeaderElectionError {
  return new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, {
    outcome: "unknown",
    ...(cause !== undefined && { cause }),
  });
}

function describe(error: Interrupted | NetworkError, sent: boolean): string {
  if (error instanceof NetworkError) {
    return `${sent ? "gave no whole answer" : "could not be reached"}: ${error.message}`;
  }
  if (error.interrupt.kind === "closed") return "had not answered when the lock was closed";
  const timeoutMs = error.interrupt.kind === "deadline" ? error.interrupt.timeoutMs : 0;
  return `${sent ? "did not answer" : "could not be connected to"} within ${timeoutMs} ms`;
}
