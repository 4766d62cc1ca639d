import { ApiError } from "../api-error.ts";
import type { FaultDecision } from "../faults/faults.ts";

const REASONS: Readonly<Record<number, string>> = {
  401: "Unauthorized",
  403: "Forbidden",
  404: "NotFound",
  409: "Conflict",
  429: "TooManyRequests",
  500: "InternalError",
  503: "ServiceUnavailable",
  504: "Timeout",
};

/** The answer that a fault has instead of the real one. */
export function faultError({
  status,
  retryAfterSeconds,
}: Extract<FaultDecision, { kind: "error" }>): ApiError {
  const details = retryAfterSeconds === undefined ? undefined : { retryAfterSeconds };
  const reason = REASONS[status] ?? "InternalError";
  return new ApiError(status, reason, "a fault was set for this request", details);
}
