import { LeaderElectionError } from "@tenure/core";
import { Interrupted } from "@tenure/core/backend";
import { CredentialsError } from "./credentials-error.ts";
import { NetworkError } from "./network-error.ts";
import { describeOperation, isWrite, type Operation } from "./operation.ts";

/**
 * What a caller gets for a call that failed without an answer. The rule: as long as nothing was sent, nothing was written;
 * afterwards a write's outcome is unknown, and a read has written nothing.
 *
 * Gives back the signal's own reason for a call that was aborted before anything was sent.
 */
export function callFailure(
  error: unknown,
  operation: Operation,
  server: string,
  { sent }: { readonly sent: boolean },
): unknown {
  const what = describeOperation(operation);
  if (error instanceof CredentialsError) {
    return new LeaderElectionError(
      "ERR_LOCK_UNAUTHENTICATED",
      `${what} failed: no credentials for ${server}: ${error.message}`,
      { cause: error },
    );
  }
  if (error instanceof Interrupted && error.interrupt.kind === "aborted") {
    const { reason } = error.interrupt;
    return sent ? unknown(`${what} was aborted while waiting for ${server}`, reason) : reason;
  }
  if (!(error instanceof Interrupted) && !(error instanceof NetworkError)) return error;
  const message = `${what} failed: ${server} ${describe(error, sent)}`;
  if (sent && isWrite(operation)) {
    return unknown(message, error instanceof NetworkError ? error : undefined);
  }
  if (error instanceof NetworkError) {
    return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message, { cause: error });
  }
  return error.interrupt.kind === "closed"
    ? closedError(operation)
    : new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message);
}

/** What every call on a closed lock or client rejects with. */
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
  return `${sent ? "did not answer" : "could not be asked (credentials, connection)"} within ${timeoutMs} ms`;
}
