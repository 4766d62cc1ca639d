import { isJsonObject, numberIn, parseExactJson } from "@tenure/core/backend";

/** What is used of a `metav1.Status`, the API server's way to say why it refused. */
export interface Status {
  /** Machine-readable: `"Conflict"`, `"AlreadyExists"`, `"NotFound"`, `"Forbidden"`, `"Expired"`, … */
  readonly reason: string | undefined;
  readonly message: string | undefined;
  /** The HTTP status it stands for: inside a watch it is the only one. */
  readonly code: number | undefined;
  readonly kind: string | undefined;
  readonly name: string | undefined;
  readonly retryAfterSeconds: number | undefined;
  /** One sentence per wrong field: `"spec.leaseDurationSeconds: Invalid value: 0: must be greater than 0"`. */
  readonly causes: readonly string[];
}

/** Reads a `Status`; `undefined` when the value is none: an HTML page of a proxy, a Lease, a number. */
export function readStatus(value: unknown): Status | undefined {
  if (!isJsonObject(value) || value["kind"] !== "Status") return undefined;
  const details = isJsonObject(value["details"]) ? value["details"] : {};
  const causes = Array.isArray(details["causes"]) ? details["causes"] : [];
  return {
    reason: text(value["reason"]),
    message: text(value["message"]),
    code: count(value["code"]),
    kind: text(details["kind"]),
    name: text(details["name"]),
    retryAfterSeconds: count(details["retryAfterSeconds"]),
    causes: causes.filter(isJsonObject).map((cause) =>
      [cause["field"], cause["message"]]
        .map(text)
        .filter((part) => part !== undefined)
        .join(": "),
    ),
  };
}

/** As {@link readStatus}, from the text of a body. */
export function parseStatus(body: string): Status | undefined {
  try {
    return readStatus(parseExactJson(body));
  } catch {
    // Not JSON, so no Status: that is the answer.
    return undefined;
  }
}

/** How long an answer asks to wait, in milliseconds: its `Retry-After` in seconds or as a date, else its Status. */
export function retryAfterMs(
  headers: { readonly "retry-after"?: string | undefined; readonly date?: string | undefined },
  status: Status | undefined,
): number | undefined {
  const header = headers["retry-after"]?.trim() ?? "";
  if (/^\d{1,9}$/.test(header)) return Number(header) * 1000;
  // The server's date against the server's own clock: ours plays no part.
  const waitMs = Date.parse(header) - Date.parse(headers.date ?? "");
  if (waitMs >= 0) return waitMs;
  return status?.retryAfterSeconds === undefined ? undefined : status.retryAfterSeconds * 1000;
}

function text(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

function count(value: unknown): number | undefined {
  const number = numberIn(value);
  return Number.isInteger(number) && number >= 0 && number <= 999_999_999 ? number : undefined;
}
