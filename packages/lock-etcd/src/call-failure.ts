import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import { EtcdFailure } from "./etcd-failure.ts";
import { GrpcCode, type GrpcStatus, isFromEtcd, isMemberUnfit, isTokenRefused } from "./grpc-status.ts";

/** What is asked of etcd about one record. */
export type Verb = "get" | "create" | "update" | "watch";

/** One thing asked of one record. */
export interface Operation {
  readonly verb: Verb;
  readonly key: string;
}

/** Names the record and what was asked, at the head of every message. */
export function describeOperation({ verb, key }: Operation): string {
  return `${verb} of etcd key ${key}`;
}

/**
 * What a caller gets for a call that failed. The rule: as long as nothing was sent, nothing was written; afterwards a write's
 * outcome is unknown unless etcd itself said that it refused, and a read has written nothing.
 *
 * Gives back the signal's own reason for a call that was aborted before anything was sent.
 */
export function callFailure(error: unknown, operation: Operation): unknown {
  if (!(error instanceof EtcdFailure)) return error;
  const { failure, sent } = error;
  const what = describeOperation(operation);
  switch (failure.kind) {
    case "aborted":
      return sent
        ? unknown(`${what} was aborted while waiting for an answer`, failure.reason)
        : failure.reason;
    case "closed":
      return sent && isWrite(operation)
        ? unknown(`${what} had no answer when the lock was closed`, error)
        : closedError(operation);
    case "unreachable":
      return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", `${what} failed: ${failure.message}`, {
        cause: error,
      });
    case "deadline":
      return unanswered(
        `${what} failed: ${sent ? "no answer" : "no connection or no token"} within ${failure.timeoutMs} ms`,
        error,
        operation,
      );
    case "unreadable": {
      const message = `${what}: the answer cannot be read: ${failure.message}`;
      return isWrite(operation)
        ? unknown(message, error)
        : new LeaderElectionError("ERR_LOCK_RECORD_INVALID", message, { cause: error });
    }
    case "status": {
      const message = `${what} failed: ${failure.details} (gRPC ${failure.code})`;
      const code = meaningOf(failure);
      const inDoubt = isWrite(operation) && sent && !wroteNothing(failure);
      if (code === undefined || inDoubt) return unanswered(message, error, operation);
      return new LeaderElectionError(code, hint(message, failure, operation), { cause: error });
    }
  }
}

/** What every call on a closed lock or client rejects with. */
export function closedError(operation: Operation): LeaderElectionError {
  return new LeaderElectionError(
    "ERR_LOCK_CLOSED",
    `${describeOperation(operation)} failed: the lock is closed`,
  );
}

/** The code for a status that says why; `undefined` for one that only says that there is no answer. */
function meaningOf(status: GrpcStatus): LeaderElectionErrorCode | undefined {
  const { code, details } = status;
  if (isTokenRefused(status) || code === GrpcCode.unauthenticated) return "ERR_LOCK_UNAUTHENTICATED";
  if (code === GrpcCode.permissionDenied) return "ERR_LOCK_FORBIDDEN";
  // What a web server answers that is no etcd.
  if (code === GrpcCode.unimplemented) return "ERR_LOCK_REJECTED";
  if (isMemberUnfit(status)) return "ERR_LOCK_UNAVAILABLE";
  if (!isFromEtcd(status)) return undefined;
  switch (code) {
    case GrpcCode.invalidArgument:
      return details.includes("authentication failed") ? "ERR_LOCK_UNAUTHENTICATED" : "ERR_LOCK_REJECTED";
    case GrpcCode.resourceExhausted:
      // The other one is "mvcc: database space exceeded": fewer requests would not help.
      return details.includes("too many requests") ? "ERR_LOCK_THROTTLED" : "ERR_LOCK_UNAVAILABLE";
    case GrpcCode.failedPrecondition:
    case GrpcCode.outOfRange:
    case GrpcCode.notFound:
    case GrpcCode.alreadyExists:
      return "ERR_LOCK_REJECTED";
    default:
      return undefined;
  }
}

/**
 * Whether a status with a meaning is also proof that a write was not applied. Only etcd's own words are: a proxy may refuse
 * an answer as well as a request, and gRPC itself says "unimplemented" where an answer came without its message.
 *
 * "Database space exceeded" is none, though etcd says it: the request that runs over the quota is applied, and then answered
 * so (etcd's `quotaApplierV3`).
 */
function wroteNothing(status: GrpcStatus): boolean {
  return isFromEtcd(status) && !status.details.includes("database space exceeded");
}

function isWrite({ verb }: Operation): boolean {
  return verb === "create" || verb === "update";
}

function unanswered(message: string, error: EtcdFailure, operation: Operation): LeaderElectionError {
  return error.sent && isWrite(operation)
    ? unknown(message, error)
    : new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message, { cause: error });
}

function unknown(message: string, cause: unknown): LeaderElectionError {
  return new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", message, { outcome: "unknown", cause });
}

function hint(message: string, status: GrpcStatus, { key }: Operation): string {
  return status.code === GrpcCode.permissionDenied && isFromEtcd(status)
    ? `${message}. The least that the user's role needs: etcdctl role grant-permission ROLE readwrite ${key}`
    : message;
}
