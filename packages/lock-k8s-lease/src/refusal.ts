import type { IncomingHttpHeaders } from "node:http";
import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import type { Redactor } from "@tenure/core/backend";
import { describeForbidden } from "./forbidden.ts";
import type { LeaseKey } from "./lease-key.ts";
import { describeOperation, isWrite, type Operation } from "./operation.ts";
import { parseStatus, retryAfterMs, type Status } from "./status.ts";

/** A whole answer of the server, or of whatever stands before it. */
export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
  /** Takes the credentials that were sent out of any text of it. */
  readonly redact: Redactor;
}

/** Whether a 404 speaks of this very Lease. Any other one (a wrong path, a proxy's page) must not read as "absent". */
export function isLeaseNotFound(answer: Answer, key: LeaseKey): boolean {
  const status = answer.status === 404 ? parseStatus(answer.body) : undefined;
  if (status?.reason !== "NotFound") return false;
  if (status.name !== undefined) return status.name === key.name && isAboutLeases(status);
  return status.message?.includes(`leases.coordination.k8s.io "${key.name}" not found`) ?? false;
}

/**
 * The error for an answer that is no success. `not-applied` only where that is certain: the server itself says why it did
 * nothing (a `Status`), or whoever answered refused the request (4xx). After a 5xx, or a redirect, nobody knows what became of a write.
 */
export function refusal(operation: Operation, answer: Answer): LeaderElectionError {
  const status = parseStatus(answer.body);
  const code = codeOf(operation, answer.status, status);
  const unsure = code === "ERR_LOCK_OUTCOME_UNKNOWN" || answer.status >= 500;
  return new LeaderElectionError(code, messageOf(operation, answer, status), {
    outcome: unsure && isWrite(operation) ? "unknown" : "not-applied",
    retryAfterMs: retryAfterMs(answer.headers, status),
  });
}

function codeOf(operation: Operation, code: number, status: Status | undefined): LeaderElectionErrorCode {
  const unsure = isWrite(operation) ? "ERR_LOCK_OUTCOME_UNKNOWN" : "ERR_LOCK_UNAVAILABLE";
  switch (code) {
    case 401:
      return "ERR_LOCK_UNAUTHENTICATED";
    case 403:
      return "ERR_LOCK_FORBIDDEN";
    case 404:
      // A PUT never creates: what it should replace is gone. Any other "not found" is about the way there.
      if (operation.verb === "update" && isAbout(status, operation.key)) return "ERR_LOCK_CONFLICT";
      return status === undefined ? "ERR_LOCK_UNAVAILABLE" : "ERR_LOCK_REJECTED";
    case 409:
      if (status === undefined) return unsure;
      return isLostRace(operation, status) ? "ERR_LOCK_CONFLICT" : "ERR_LOCK_UNAVAILABLE";
    case 429:
      return "ERR_LOCK_THROTTLED";
    case 503:
      // The code says what the server says; the outcome of a write stays unknown, for not every 503 comes before the work.
      return status === undefined ? unsure : "ERR_LOCK_UNAVAILABLE";
    case 408: // A gateway gave up waiting, perhaps for the server.
      return unsure;
    default:
      return code >= 400 && code < 500 ? "ERR_LOCK_REJECTED" : unsure;
  }
}

/** The 409s that mean "somebody else wrote first". Others (a quota's, say) carry the same number. */
function isLostRace({ verb }: Operation, status: Status): boolean {
  if (!isAboutLeases(status)) return false;
  return verb === "create" ? status.reason === "AlreadyExists" : status.reason === "Conflict";
}

function isAbout(status: Status | undefined, key: LeaseKey): boolean {
  return (
    status?.reason === "NotFound" &&
    isAboutLeases(status) &&
    (status.name === undefined || status.name === key.name)
  );
}

function isAboutLeases({ kind }: Status): boolean {
  return kind === undefined || kind === "leases";
}

function messageOf(operation: Operation, answer: Answer, status: Status | undefined): string {
  const said = status?.message === undefined ? undefined : answer.redact(status.message);
  const what = describeOperation(operation);
  if (answer.status === 403) return describeForbidden(operation, said);
  if (answer.status === 404 && status?.kind === "namespaces") {
    return `${what} failed: namespace "${operation.key.namespace}" does not exist; create it first`;
  }
  if (status === undefined) {
    // Whatever the page says is not for a message: it may be long, and may repeat what was sent.
    return `${what} failed: ${answer.status} without a Kubernetes Status: is this a Kubernetes API server, or a proxy before it?`;
  }
  const reason = status.reason === undefined ? "" : ` ${answer.redact(status.reason)}`;
  // Usually the message has them all; a long one is cut.
  const causes = status.causes
    .map(answer.redact)
    .filter((cause) => said?.includes(cause) !== true)
    .map((cause) => `\n- ${cause}`)
    .join("");
  return `${what} failed: ${answer.status}${reason}: ${said ?? "no message"}${causes}`;
}
