import { ApiError } from "../api-error.ts";
import type { FieldValidation } from "../object/decode-lease.ts";
import { type FieldError, invalidError, notSupported } from "../object/field-error.ts";
import type { ApiRequest } from "./api-request.ts";
import { isTrue } from "./request-target.ts";

/** The query of a create, update or patch. */
export interface WriteOptions {
  readonly dryRun: boolean;
  readonly fieldValidation: FieldValidation;
  readonly force: boolean;
}

const VALIDATIONS: readonly string[] = ["Ignore", "Warn", "Strict"];
const MAX_MANAGER_CHARACTERS = 128;

/** @throws `ApiError` 422. */
export function writeOptions(
  { query }: ApiRequest,
  kind: "CreateOptions" | "UpdateOptions" | "PatchOptions",
): WriteOptions {
  const errors: FieldError[] = [];
  const manager = query.get("fieldManager") ?? "";
  if ([...manager].length > MAX_MANAGER_CHARACTERS) {
    errors.push({
      reason: "FieldValueTooLong",
      field: "fieldManager",
      message: `Too long: may not be more than ${MAX_MANAGER_CHARACTERS} bytes`,
    });
  }
  const dryRun = dryRunOf(query.getAll("dryRun"), errors);
  const validation = query.get("fieldValidation") ?? "";
  if (validation !== "" && !VALIDATIONS.includes(validation)) {
    errors.push(notSupported("fieldValidation", validation, VALIDATIONS));
  }
  if (errors.length > 0) throw invalidError({ group: "meta.k8s.io", kind, name: "" }, errors);
  return {
    dryRun,
    fieldValidation: validation === "" ? "Warn" : (validation as FieldValidation), // just checked
    force: isTrue(query.get("force")),
  };
}

/** Reads `dryRun`: `All`, or none. */
export function dryRunOf(values: readonly string[], errors: FieldError[]): boolean {
  const given = values.filter((value) => value !== "");
  for (const value of given) {
    if (value !== "All") errors.push(notSupported("dryRun", value, ["All"]));
  }
  return given.length > 0;
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
