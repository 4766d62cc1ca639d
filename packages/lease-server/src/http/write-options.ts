import { ApiError } from "../api-error.ts";
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
import { integer } from "./list-options.ts";
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

/** How a delete is asked for. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** From the body, or without one from the query. @throws `ApiError` 400, 422. */
export function deleteOptions({ body, query }: ApiRequest): DeleteOptions {
  const options = body.length > 0 ? fromBody(body) : fromQuery(query);
  const errors: FieldError[] = [];
  const { propagationPolicy: policy, orphanDependents } = options;
  if (orphanDependents !== undefined && policy !== undefined) {
    errors.push({
      reason: "FieldValueInvalid",
      field: "propagationPolicy",
      message: `Invalid value: "${policy}": orphanDependents and deletionPropagation cannot be both set`,
    });
  }
  if (policy !== undefined && !["Foreground", "Background", "Orphan"].includes(policy)) {
    errors.push(notSupported("propagationPolicy", policy, ["Foreground", "Background", "Orphan", "nil"]));
  }
  const dryRun = dryRunOf(options.dryRun, errors);
  if (errors.length > 0)
    throw invalidError({ group: "meta.k8s.io", kind: "DeleteOptions", name: "" }, errors);
  return { ...options, dryRun };
}

type Unchecked = Omit<DeleteOptions, "dryRun"> & { readonly dryRun: readonly string[] };

function fromQuery(query: URLSearchParams): Unchecked {
  integer(query, "gracePeriodSeconds");
  const orphan = query.get("orphanDependents");
  return {
    dryRun: query.getAll("dryRun"),
    propagationPolicy: query.get("propagationPolicy") || undefined,
    orphanDependents: orphan === null ? undefined : isTrue(orphan),
    uid: undefined,
    resourceVersion: undefined,
  };
}

function fromBody(body: Buffer): Unchecked {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw badOptions(
      `couldn't get version/kind; json parse error: ${error instanceof Error ? error.message : error}`,
    );
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badOptions("expected an object");
  const { kind, dryRun, propagationPolicy, orphanDependents, preconditions } = value as Record<
    string,
    unknown
  >;
  if (kind !== undefined && kind !== "" && kind !== "DeleteOptions") {
    throw badOptions(`no kind "${String(kind)}" is registered for the options of a delete`);
  }
  const { uid, resourceVersion } = (preconditions ?? {}) as Record<string, unknown>;
  return {
    dryRun: list(dryRun, "dryRun"),
    propagationPolicy: text(propagationPolicy, "propagationPolicy"),
    orphanDependents: typeof orphanDependents === "boolean" ? orphanDependents : undefined,
    uid: text(uid, "preconditions.uid"),
    resourceVersion: text(resourceVersion, "preconditions.resourceVersion"),
  };
}

function text(value: unknown, field: string): string | undefined {
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string") return value;
  throw badOptions(
    `json: cannot unmarshal ${typeof value} into Go struct field DeleteOptions.${field} of type string`,
  );
}

function list(value: unknown, field: string): readonly string[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.every((each) => typeof each === "string")) return value;
  throw badOptions(
    `json: cannot unmarshal ${typeof value} into Go struct field DeleteOptions.${field} of type []string`,
  );
}

function badOptions(problem: string): ApiError {
  return new ApiError(400, "BadRequest", problem);
}
