import { ApiError } from "../api-error.ts";
import { type Decoded, decodeStruct } from "./decode-typed.ts";
import { type Json, JsonObject, jsonKind } from "./json.ts";
import { isOtherKind } from "./known-kinds.ts";
import type { Lease, LeaseSpec, ObjectMeta } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";
import { dropRepeatedOwners } from "./owner-references.ts";
import { parseJson } from "./parse-json.ts";
import { parseYaml } from "./parse-yaml.ts";

/** What to do about fields that are unknown or repeated. */
export type FieldValidation = "Strict" | "Warn" | "Ignore";

const GROUP = "coordination.k8s.io";
/** The versions of coordination.k8s.io in which the real server can read a Lease; it serves each at a path of its own. */
const VERSIONS = new Set(["v1", "v1beta1"]);
const SUMMARY_BYTES = 30;

/**
 * Reads the body of a create or an update. Nothing is validated yet; repeated owner references are dropped.
 * @throws {@link ApiError} 400 for what is no Lease, 415 for another content type.
 */
export function decodeLease(
  body: Buffer,
  {
    contentType,
    fieldValidation,
  }: { readonly contentType: string | undefined; readonly fieldValidation: FieldValidation },
): { readonly lease: Lease; readonly warnings: readonly string[] } {
  const { document, strictErrors: yamlErrors } = readDocument(body, contentType);
  const kind = recognizeLease(document, body);
  const { value, strictErrors } = handledAsLease(kind, () => decodeStruct(document, LEASE_SCHEMA));
  const problems = fieldValidation === "Ignore" ? [] : [...yamlErrors, ...strictErrors];
  if (fieldValidation === "Strict" && problems.length > 0) {
    handledAsLease(kind, () => {
      throw new Error(`strict decoding error: ${problems.join(", ")}`);
    });
  }
  if (kind.version !== "v1") {
    const sent = `${GROUP}/${kind.version}`;
    throw badRequest(
      `the API version in the data (${sent}) does not match the expected API version (${GROUP}/v1)`,
    );
  }
  const { lease, warnings } = dropRepeatedOwners(asLease(value), "in the request");
  return { lease, warnings: [...problems.flatMap(yamlWarnings), ...warnings] };
}

/** A Lease of fields that were read by the schema. */
export function asLease(value: Decoded): Lease {
  const metadata = (value["metadata"] ?? {}) as Partial<ObjectMeta>;
  const spec = (value["spec"] ?? {}) as LeaseSpec;
  return {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { ...withoutEmpty(metadata), name: metadata.name ?? "" } as ObjectMeta,
    spec,
  };
}

/** Empty labels, annotations and lists are not stored, but for `managedFields`, where `[]` means "forget them". */
function withoutEmpty(metadata: Partial<ObjectMeta>): Record<string, unknown> {
  const { selfLink: _, ...rest } = metadata as Record<string, unknown>;
  return Object.fromEntries(
    Object.entries(rest).filter(([name, value]) => name === "managedFields" || !isEmpty(value)),
  );
}

function isEmpty(value: unknown): boolean {
  return value === null || (typeof value === "object" && Object.keys(value).length === 0);
}

function readDocument(
  body: Buffer,
  contentType: string | undefined,
): { readonly document: Json; readonly strictErrors: readonly string[] } {
  const mediaType = (contentType ?? "").split(";", 1)[0]?.trim().toLowerCase();
  switch (mediaType) {
    case "":
    case "application/json":
      try {
        return { document: parseJson(body.toString("utf8")), strictErrors: [] };
      } catch (error) {
        throw unrecognized(`couldn't get version/kind; json parse error: ${messageOf(error)}`, body);
      }
    case "application/yaml":
      try {
        return parseYaml(body.toString("utf8"));
      } catch (error) {
        throw unrecognized(messageOf(error), body);
      }
    default:
      throw unknownFormat();
  }
}

/** The 415 for a body that nobody here can read. Protobuf has become JSON before it comes here. */
export function unknownFormat(): ApiError {
  return new ApiError(
    415,
    "UnsupportedMediaType",
    "the body of the request was in an unknown format - accepted media types include: application/json, application/yaml, application/vnd.kubernetes.protobuf",
  );
}

/** What a document says that it is. */
export interface Kind {
  readonly kind: string;
  readonly version: string;
}

/**
 * Kind and version of a document; a missing one is that of the resource. Here the real server is not case-sensitive.
 * @throws `UnknownKindError` for the kinds of other APIs, `Error` for what is no object of an API at all.
 */
export function recognize(document: Json): Kind {
  const fail = (problem: string): never => {
    throw new Error(`couldn't get version/kind; json parse error: json: cannot unmarshal ${problem}`);
  };
  if (document !== null && !(document instanceof JsonObject)) {
    return fail(
      `${jsonKind(document)} into Go value of type struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }`,
    );
  }
  const found = { apiVersion: "", kind: "" };
  for (const [name, value] of document?.members ?? []) {
    const field = (["apiVersion", "kind"] as const).find(
      (known) => known.toLowerCase() === name.toLowerCase(),
    );
    if (field === undefined || value === null) continue;
    if (typeof value !== "string") fail(`${jsonKind(value)} into Go struct field .${field} of type string`);
    else found[field] = value;
  }
  return identify(found.apiVersion, found.kind === "" ? "Lease" : found.kind);
}

/** A kind that is no Lease. */
class UnknownKindError extends Error {
  readonly kind: Kind;

  constructor({ kind, version }: Kind, groupVersion: string) {
    super(
      isOtherKind(groupVersion, kind)
        ? `converting (${version}.${kind}) to (coordination.Lease): unknown conversion`
        : `no kind "${kind}" is registered for version "${groupVersion}" in scheme "pkg/runtime/scheme.go:111"`,
    );
    this.kind = { kind, version };
  }
}

function identify(apiVersion: string, kind: string): Kind {
  const parts = apiVersion === "" || apiVersion === "/" ? [GROUP, "v1"] : apiVersion.split("/");
  if (parts.length > 2) throw new Error(`unexpected GroupVersion string: ${apiVersion}`);
  const version = parts.at(-1) ?? "";
  const group = parts.length === 2 ? parts[0] : "";
  if (group === GROUP && kind === "Lease" && VERSIONS.has(version)) return { kind, version };
  throw new UnknownKindError({ kind, version }, group === "" ? version : `${group}/${version}`);
}

function recognizeLease(document: Json, body: Buffer): Kind {
  try {
    return recognize(document);
  } catch (error) {
    if (!(error instanceof UnknownKindError)) throw unrecognized(messageOf(error), body);
    return handledAsLease(error.kind, () => {
      throw error;
    });
  }
}

function handledAsLease<T>({ kind, version }: Kind, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw badRequest(`${kind} in version "${version}" cannot be handled as a Lease: ${messageOf(error)}`);
  }
}

/** The 400 for a body that is no object of an API. */
export function unrecognized(problem: string, body: Buffer, kind = "Lease"): ApiError {
  return badRequest(
    `the object provided is unrecognized (must be of type ${kind}): ${problem} (${summaryOf(body)})`,
  );
}

function summaryOf(body: Buffer): string {
  if (body.length === 0) return "<empty>";
  const start = body.subarray(0, SUMMARY_BYTES);
  const shown = body[0] === 0x7b /* { */ ? start.toString("utf8") : start.toString("hex");
  return body.length > SUMMARY_BYTES ? `${shown} ...` : shown;
}

/** The problems that a YAML reader reports as one are warned of one by one. */
function yamlWarnings(problem: string): readonly string[] {
  const prefix = "yaml: unmarshal errors:\n";
  if (!problem.startsWith(prefix)) return [problem];
  return problem
    .slice(prefix.length)
    .split("\n")
    .map((line) => line.trim());
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
