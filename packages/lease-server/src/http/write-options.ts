import type { FieldValidation } from "../object/decode-lease.ts";
import {
  type FieldError,
  forbidden,
  invalid,
  invalidError,
  notSupported,
  required,
} from "../object/field-error.ts";
import { isPrintable } from "../object/manager.ts";
import { type ApiRequest, header } from "./api-request.ts";
import { isTrue } from "./request-target.ts";

/** The query of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

const VALIDATIONS: readonly string[] = ["", "Ignore", "Strict", "Warn"];
const MAX_MANAGER_CHARACTERS = 128;

/** @throws `ApiError` 422. */
export function writeOptions(
  request: ApiRequest,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
): WriteOptions {
  const { query } = request;
  const errors: FieldError[] = [];
  const manager = query.get("fieldManager") ?? "";
  if ([...manager].length > MAX_MANAGER_CHARACTERS) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "fieldManager",
      message: `Too long: may not be more than ${MAX_MANAGER_CHARACTERS} bytes`,
    });
  }
  const unprintable = [...manager].findIndex((character) => !isPrintable(character));
  if (unprintable >= 0) {
    const code = manager.codePointAt(unprintable)?.toString(16).toUpperCase().padStart(4, "0");
    errors.push(invalid("fieldManager", manager, `invalid character U+${code} (at position ${unprintable})`));
  }
  if (kind === "PatchOptions") errors.push(...patchErrors(request, manager));
  const dryRun = dryRunOf(query.getAll("dryRun"), errors);
  const validation = query.get("fieldValidation") ?? "";
  if (!VALIDATIONS.includes(validation)) {
    errors.push(notSupported("fieldValidation", validation, VALIDATIONS));
  }
  if (errors.length > 0) throw invalidError({ group: "meta.k8s.io", kind, name: "" }, errors);
  return {
    dryRun,
    fieldValidation: validation === "" ? "Warn" : (validation as FieldValidation), // just checked
    force: isTrue(query.get("force")),
  };
}

function patchErrors(request: ApiRequest, manager: string): readonly FieldError[] {
  const type = header(request, "content-type")?.split(";", 1)[0];
  if (type === "application/apply-patch+yaml") {
    return manager === "" ? [required("fieldManager", "is required for apply patch")] : [];
  }
  return request.query.has("force") ? [forbidden("force", "may not be specified for non-apply patch")] : [];
}

/** Reads `dryRun`: `All`, or none. */
export function dryRunOf(values: readonly string[], errors: FieldError[]): boolean {
  if (values.some((value) => value !== "All")) {
    const message = `Unsupported value: ${JSON.stringify(values)}: supported values: "All"`;
    errors.push({ reason: "FieldValueNotSupported", field: "dryRun", message });
  }
  return values.length > 0;
}
