import { ApiError, type StatusCause } from "../api-error.ts";
import { jsonText, toJson } from "./json.ts";
import { goQuote } from "./parse-json.ts";

/** One field that was refused, as Kubernetes words it. */
export interface FieldError extends StatusCause {
  readonly field: string;
}

/** `Invalid value: "x": detail` */
export function invalid(field: string, value: unknown, detail: string): FieldError {
  return { reason: "FieldValueInvalid", message: `Invalid value: ${shown(value)}: ${detail}`, field };
}

/** `Unsupported value: "x": supported values: "a", "b"` */
export function notSupported(field: string, value: unknown, supported: readonly string[]): FieldError {
  const list = supported.map(goQuote).join(", ");
  return {
    reason: "FieldValueNotSupported",
    message: `Unsupported value: ${shown(value)}: supported values: ${list}`,
    field,
  };
}

/** `Required value: detail` */
export function required(field: string, detail = ""): FieldError {
  return { reason: "FieldValueRequired", message: withDetail("Required value", detail), field };
}

/** `Forbidden: detail` */
export function forbidden(field: string, detail: string): FieldError {
  return { reason: "FieldValueForbidden", message: withDetail("Forbidden", detail), field };
}

/** `Too long: may not be more than 5 bytes` */
export function tooLong(field: string, maxBytes: number): FieldError {
  return { reason: "FieldValueTooLong", message: `Too long: may not be more than ${maxBytes} bytes`, field };
}

/** The 422 for an object of that kind (`""` where it has none) with these fields in error. */
export function invalidError(
  { group, kind, name }: { readonly group: string; readonly kind: string; readonly name: string },
  errors: readonly FieldError[],
): ApiError {
  const subject = `${group === "" ? kind : `${kind}.${group}`} ${goQuote(name)} is invalid`;
  // The real server leaves repeated messages out of the sentence, not out of the causes.
  const messages = [...new Set(errors.map(({ field, message }) => `${field}: ${message}`))];
  const list = messages.length === 1 ? messages.join("") : `[${messages.join(", ")}]`;
  return new ApiError(422, "Invalid", messages.length === 0 ? subject : `${subject}: ${list}`, {
    ...(name === "" ? {} : { name }),
    ...(group === "" ? {} : { group }),
    ...(kind === "" ? {} : { kind }),
    causes: errors.map(({ reason, message, field }) => ({ reason, message, field })),
  });
}

/** The 422 for a Lease. */
export function invalidLease(name: string, errors: readonly FieldError[]): ApiError {
  return invalidError({ group: "coordination.k8s.io", kind: "Lease", name }, errors);
}

function shown(value: unknown): string {
  return typeof value === "string" ? goQuote(value) : jsonText(toJson(value));
}

function withDetail(what: string, detail: string): string {
  return detail === "" ? what : `${what}: ${detail}`;
}
