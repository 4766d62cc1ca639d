import { ApiError } from "../api-error.ts";
import { applyLease } from "./apply.ts";
import { convertStruct } from "./convert-typed.ts";
import { asLease, type FieldValidation, recognize } from "./decode-lease.ts";
import { type Decoded, decodeStruct } from "./decode-typed.ts";
import { invalid, invalidError } from "./field-error.ts";
import { goPrint } from "./go-print.ts";
import { cloneJson, type Json, JsonObject, jsonKind, jsonText, toJson, withoutRepeats } from "./json.ts";
import { applyJsonPatch, JsonPatchError } from "./json-patch.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA, OPERATION_SCHEMA } from "./lease-schema.ts";
import { trackUpdate } from "./managed-fields.ts";
import { mergePatch } from "./merge-patch.ts";
import { dropRepeatedOwners } from "./owner-references.ts";
import { parseJson } from "./parse-json.ts";
import { parseYaml } from "./parse-yaml.ts";
import { checkName, conflict, initialize, inNamespace, replace, sentVersion } from "./prepare.ts";
import { strategicMerge } from "./strategic-merge.ts";

/** A PATCH request. */
export interface LeasePatch {
  readonly contentType: string | undefined;
  readonly body: Buffer;
  /** `undefined` where there is none: only server-side apply creates. */
  readonly live: Lease | undefined;
  readonly name: string;
  readonly namespace: string;
  readonly manager: string;
  readonly force: boolean;
  readonly fieldValidation: FieldValidation;
  readonly nowMs: number;
  readonly uid: string;
}

/** A Lease, and what a strict reading would have refused. */
interface Patched {
  readonly lease: Lease;
  readonly warnings: readonly string[];
}

const MAX_OPERATIONS = 10_000;

/**
 * The Lease after a patch of any of the four kinds, as it would be stored: with the `resourceVersion` of `live`, and equal to it
 * when nothing changes.
 * @throws {@link ApiError} 400, 404, 409, 413, 415, 422; 500 where the real server says so.
 */
export function patchLease(patch: LeasePatch): Patched {
  const { live, name, namespace, nowMs, uid } = patch;
  const kind = patchKind(patch.contentType);
  const patched = kind === "apply" ? apply(patch) : change(kind, patch);
  if (live === undefined && (patched.lease.metadata.uid ?? "") !== "") {
    const sent = patched.lease.metadata.uid;
    throw conflict(
      name,
      `uid mismatch: the provided object specified uid ${sent}, and no existing object was found`,
    );
  }
  const placed = inNamespace(patched.lease, namespace);
  checkName(placed, name);
  const { lease, warnings } = dropRepeatedOwners(placed, "after admission");
  sentVersion(lease);
  const stored = live === undefined ? initialize(lease, { nowMs, uid }) : replace(lease, live);
  return { lease: stored, warnings: [...patched.warnings, ...warnings] };
}

type PatchKind = "json" | "merge" | "strategic" | "apply";

function patchKind(contentType = ""): PatchKind {
  switch (contentType.split(";", 1)[0]) {
    case "application/json-patch+json":
      return "json";
    case "application/merge-patch+json":
      return "merge";
    case "application/strategic-merge-patch+json":
      return "strategic";
    case "application/apply-patch+yaml":
      return "apply";
    default:
      throw new ApiError(415, "UnsupportedMediaType", "415: Unsupported Media Type", {});
  }
}

function change(kind: Exclude<PatchKind, "apply">, patch: LeasePatch): Patched {
  const { live, name, manager, nowMs } = patch;
  if (live === undefined) throw notFound(name);
  const { lease, warnings } =
    kind === "strategic" ? mergeStrategically(patch, live) : changeJson(kind, patch, live);
  return { lease: trackUpdate({ live, lease, manager, nowMs }), warnings };
}

function changeJson(kind: "json" | "merge", { body, fieldValidation }: LeasePatch, live: Lease): Patched {
  const text = body.toString("utf8");
  const { document, problems } =
    kind === "json" ? operated(text, live, fieldValidation) : merged(text, live, fieldValidation);
  const refuse = (detail: string): never => {
    throw invalidPatch(jsonText(document), detail);
  };
  let read: { readonly value: Decoded; readonly strictErrors: readonly string[] };
  try {
    read = readPatched(document);
  } catch (error) {
    return refuse(messageOf(error));
  }
  return judged(asLease(read.value), [...problems, ...read.strictErrors], fieldValidation, refuse);
}

/** As it is written with the patch in it, so may it be read: without an `apiVersion` it is no Lease any more. */
function readPatched(document: Json): { readonly value: Decoded; readonly strictErrors: readonly string[] } {
  recognize(document);
  const hasVersion = document instanceof JsonObject && (document.get("apiVersion") ?? "") !== "";
  if (hasVersion) return decodeStruct(document, LEASE_SCHEMA);
  const members = document instanceof JsonObject ? document.members.map(([name]) => name) : [];
  const unknown = members.filter((name) => name !== "kind" && name !== "apiVersion");
  return { value: {}, strictErrors: unknown.map((name) => `unknown field ${JSON.stringify(name)}`) };
}

interface Changed {
  readonly document: Json;
  readonly problems: readonly string[];
}

function merged(text: string, live: Lease, fieldValidation: FieldValidation): Changed {
  const problems: string[] = [];
  const isStrict = fieldValidation !== "Ignore";
  const fail = (problem: string): never => {
    throw badRequest(isStrict ? `error decoding patch: ${problem}` : "Invalid JSON Patch");
  };
  let patch: Json;
  try {
    patch = withoutRepeats(parseJson(text), (path) =>
      problems.push(`duplicate field ${JSON.stringify(path)}`),
    );
  } catch (error) {
    return fail(messageOf(error));
  }
  if (patch === null) throw badRequest("Invalid JSON Patch");
  if (patch instanceof JsonObject)
    return { document: mergePatch(toJson(live), patch), problems: isStrict ? problems : [] };
  if (isStrict)
    return fail(`json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`);
  return { document: patch, problems: [] };
}

function operated(text: string, live: Lease, fieldValidation: FieldValidation): Changed {
  const isStrict = fieldValidation !== "Ignore";
  const read = (): { readonly operations: Json[]; readonly problems: readonly string[] } => {
    const document = parseJson(text) ?? [];
    if (!Array.isArray(document)) {
      const type = isStrict ? "[]handlers.jsonPatchOp" : "jsonpatch.Patch";
      throw new Error(`json: cannot unmarshal ${jsonKind(document)} into Go value of type ${type}`);
    }
    const problems = document.flatMap((operation, index) => {
      if (!isStrict) {
        if (operation === null || operation instanceof JsonObject) return [];
        throw new Error(
          `json: cannot unmarshal ${jsonKind(operation)} into Go value of type jsonpatch.Operation`,
        );
      }
      const place = `[${index}]`;
      return decodeStruct(operation, OPERATION_SCHEMA, place).strictErrors.map(
        (problem) => `json patch ${problem}`,
      );
    });
    return { operations: document.map((operation) => withoutRepeats(operation, () => undefined)), problems };
  };
  let patch: ReturnType<typeof read>;
  try {
    patch = read();
  } catch (error) {
    throw badRequest(isStrict ? `error decoding patch: ${messageOf(error)}` : messageOf(error));
  }
  const { operations, problems } = patch;
  if (operations.length > MAX_OPERATIONS) {
    throw new ApiError(
      413,
      "RequestEntityTooLarge",
      `Request entity too large: The allowed maximum operations in a JSON patch is ${MAX_OPERATIONS}, got ${operations.length}`,
    );
  }
  try {
    const objects = operations.map((operation) =>
      operation instanceof JsonObject ? operation : new JsonObject(),
    );
    return { document: applyJsonPatch(toJson(live), objects), problems };
  } catch (error) {
    if (!(error instanceof JsonPatchError)) throw error;
    // The real server does not say which operation it was.
    throw new ApiError(422, "Invalid", "the server rejected our request due to an error in our request", {});
  }
}

function mergeStrategically({ body, fieldValidation }: LeasePatch, live: Lease): Patched {
  const problems: string[] = [];
  let patch: Json;
  try {
    patch = withoutRepeats(parseJson(body.toString("utf8")), (path) =>
      problems.push(`duplicate field ${JSON.stringify(path)}`),
    );
  } catch (error) {
    throw badRequest(messageOf(error));
  }
  patch ??= new JsonObject();
  if (!(patch instanceof JsonObject)) {
    throw badRequest(
      `json: cannot unmarshal ${jsonKind(patch)} into Go value of type map[string]interface {}`,
    );
  }
  const original = cloneJson(toJson(live));
  const result = strategicMerge(
    original instanceof JsonObject ? original : new JsonObject(),
    patch,
    LEASE_SCHEMA,
  );
  const refuse = (detail: string): never => {
    throw invalidPatch(goPrint(patch), detail);
  };
  let read: ReturnType<typeof convertStruct>;
  try {
    read = convertStruct(result, LEASE_SCHEMA);
  } catch (error) {
    return refuse(messageOf(error));
  }
  return judged(asLease(read.value), [...problems, ...read.strictErrors], fieldValidation, refuse);
}

function apply({ body, live, manager, force, fieldValidation, nowMs }: LeasePatch): Patched {
  let read: ReturnType<typeof parseYaml>;
  try {
    read = parseYaml(body.toString("utf8"));
  } catch (error) {
    throw badRequest(`error decoding YAML: error converting YAML to JSON: ${messageOf(error)}`);
  }
  const applied = read.document ?? new JsonObject();
  if (!(applied instanceof JsonObject)) {
    throw badRequest(
      `error decoding YAML: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal ${jsonKind(applied)} into Go value of type map[string]interface {}`,
    );
  }
  const lease = applyLease({ live, applied, manager, force, nowMs });
  const [problem] = read.strictErrors;
  if (problem === undefined || fieldValidation === "Ignore") return { lease, warnings: [] };
  if (fieldValidation === "Strict") {
    throw badRequest(`error strict decoding YAML: error converting YAML to JSON: ${problem}`);
  }
  const [, ...lines] = problem.split("\n");
  return { lease, warnings: lines.map((line) => line.trim()) };
}

function judged(
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

function invalidPatch(shown: string, detail: string): ApiError {
  return invalidError({ group: "", kind: "", name: "" }, [invalid("patch", shown, detail)]);
}

function notFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `leases.coordination.k8s.io ${JSON.stringify(name)} not found`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
