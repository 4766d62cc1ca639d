import { ApiError } from "../api-error.ts";
import { unknownFormat } from "../object/decode-lease.ts";
import { type FieldError, invalidError, notSupported } from "../object/field-error.ts";
import { parseJson } from "../object/parse-json.ts";
import { type ApiRequest, header } from "./api-request.ts";
import { integer } from "./list-options.ts";
import { isTrue } from "./request-target.ts";
import { dryRunOf } from "./write-options.ts";

/** How a delete is asked for. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  readonly propagationPolicy: string | undefined;
  readonly orphanDependents: boolean | undefined;
  readonly uid: string | undefined;
  readonly resourceVersion: string | undefined;
}

/** From the body, or without one from the query. @throws `ApiError` 400, 422. */
export function deleteOptions(request: ApiRequest): DeleteOptions {
  const { body, query } = request;
  const options = body.length > 0 ? fromBody(body, header(request, "content-type")) : fromQuery(query);
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

function fromBody(body: Buffer, contentType = "application/json"): Unchecked {
  if (contentType.split(";", 1)[0]?.trim().toLowerCase() !== "application/json") throw unknownFormat();
  const json = body.toString("utf8");
  try {
    parseJson(json);
  } catch (error) {
    throw badOptions(`couldn't get version/kind; json parse error: ${(error as Error).message}`); // a JsonSyntaxError
  }
  const value: unknown = JSON.parse(json);
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw badOptions("expected an object");
  const { apiVersion, kind, dryRun, propagationPolicy, orphanDependents, preconditions } = value as Record<
    string,
    unknown
  >;
  if (kind !== undefined && kind !== "" && kind !== "DeleteOptions") {
    throw badOptions(
      `no kind "${String(kind)}" is registered for version "${String(apiVersion ?? "v1")}" in scheme "pkg/runtime/scheme.go:111"`,
    );
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
