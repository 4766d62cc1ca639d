import type { ServerResponse } from "node:http";
import { stringify } from "yaml";
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
export function failureAnswer(error: unknown): Extract<Answer, { kind: "object" }> {
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
export function encodeAnswer(
  answer: Exclude<Answer, { kind: "stream" }>,
  { yaml = false }: { readonly yaml?: boolean } = {},
): {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Buffer;
} {
  if (answer.kind === "text") {
    return encoded(answer.status, { "Content-Type": "text/plain; charset=utf-8" }, answer.text);
  }
  const { status, object, warnings = [] } = answer;
  const headers: Record<string, string | readonly string[]> = {
    "Content-Type": yaml ? "application/yaml" : "application/json",
    ...answer.headers,
  };
  if (warnings.length > 0) headers["Warning"] = [...new Set(warnings)].map(warningHeader);
  return encoded(status, headers, yaml ? yamlText(object) : `${JSON.stringify(object)}\n`);
}

function encoded(
  status: number,
  headers: Readonly<Record<string, string | readonly string[]>>,
  text: string,
): ReturnType<typeof encodeAnswer> {
  const body = Buffer.from(text);
  const common = { "Cache-Control": "no-cache, private", "Content-Length": String(body.length) };
  return { status, headers: { ...common, ...headers }, body };
}

/** As the real server writes it: members in the order of their names, quotes where YAML 1.1 needs them. */
function yamlText(object: object): string {
  // Without the members that are undefined, as in JSON.
  const plain: unknown = JSON.parse(JSON.stringify(object));
  return stringify(plain, {
    schema: "yaml-1.1",
    sortMapEntries: true,
    indentSeq: false,
    lineWidth: 0,
    aliasDuplicateObjects: false,
  });
}

/** RFC 7234: code 299, no agent. */
function warningHeader(text: string): string {
  return `299 - "${text.replaceAll(/[\\"]/g, "\\$&")}"`;
}
