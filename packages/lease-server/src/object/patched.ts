import { ApiError } from "../api-error.ts";
import type { FieldValidation } from "./decode-lease.ts";
import { invalid, invalidError } from "./field-error.ts";
import type { Lease } from "./lease.ts";

/** A Lease, and what a strict reading would have refused. */
export interface Patched {
  readonly lease: Lease;
  readonly warnings: readonly string[];
}

/** The Lease with its warnings, or refused for them. */
export function judged(
  lease: Lease,
  problems: readonly string[],
  fieldValidation: FieldValidation,
  refuse: (detail: string) => never,
): Patched {
  if (fieldValidation === "Ignore") return { lease, warnings: [] };
  if (fieldValidation === "Strict" && problems.length > 0)
    refuse(`strict decoding error: ${problems.join(", ")}`);
  return { lease, warnings: problems };
}

/** The 422 for a patch whose result is no Lease. */
export function invalidPatch(shown: string, detail: string): ApiError {
  return invalidError({ group: "", kind: "", name: "" }, [invalid("patch", shown, detail)]);
}

/** A 400. */
export function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

/** What an error says. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
