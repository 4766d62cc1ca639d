import { type ServerResponse, STATUS_CODES } from "node:http";
import { ApiError } from "../api-error.ts";

/** What a request is answered with. */
export type Answer =
  | {
      readonly kind: "object";
      readonly status: number;
      readonly object: object;
      readonly warnings?: readonly string[] | undefined;
      readonly headers?: Readonly<Record<string, string>> | undefined;
    }
  | { readonly kind: "text"; readonly status: number; readonly text: string }
  /** Answered bit by bit by whoever takes it; resolves when it has ended. */
  | { readonly kind: "stream"; readonly run: (response: ServerResponse) => Promise<void> };

/** An answer with that object. */
export function objectAnswer(status: number, object: object, warnings?: readonly string[]): Answer {
  return { kind: "object", status, object, warnings };
}

/** What went wrong, as a client of Kubernetes reads it. */
export function failureAnswer(error: unknown): Answer {
  const known =
    error instanceof ApiError
      ? error
      : new ApiError(
          500,
          "InternalError",
          `Internal error occurred: ${error instanceof Error ? error.message : String(error)}`,
        );
  const retryAfter = known.details?.["retryAfterSeconds"];
  const headers: Record<string, string> = {};
  if (retryAfter !== undefined) headers["Retry-After"] = String(retryAfter);
  return { kind: "object", status: known.code, object: known.toStatus(), headers };
}

/** Bytes and headers of an answer that is no stream. */
export function encodeAnswer(answer: Exclude<Answer, { kind: "stream" }>): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
} {
  const text = answer.kind === "text" ? answer.text : `${JSON.stringify(answer.object)}\n`;
  const body = Buffer.from(text);
  const headers: Record<string, string | readonly string[]> = {
    "Cache-Control": "no-cache, private",
    "Content-Type": answer.kind === "text" ? "text/plain; charset=utf-8" : "application/json",
    "Content-Length": String(body.length),
  };
  if (answer.kind === "object") {
    Object.assign(headers, answer.headers);
    const { warnings = [] } = answer;
    if (warnings.length > 0) headers["Warning"] = [...new Set(warnings)].map(warningHeader);
  }
  return { status: answer.status, headers, body };
}

/** RFC 7234: code 299, no agent. */
function warningHeader(text: string): string {
  return `299 - "${text.replaceAll(/[\\"]/g, "\\$&")}"`;
}

/** A short line for a log: `"404 Not Found"`. */
export function statusLine(status: number): string {
  return `${status} ${STATUS_CODES[status] ?? ""}`.trimEnd();
}
