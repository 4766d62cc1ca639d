import { ApiError } from "../api-error.ts";
import { applyLease } from "./apply.ts";
import type { FieldValidation } from "./decode-lease.ts";
import { JsonObject, jsonKind } from "./json.ts";
import type { Lease } from "./lease.ts";
import { trackUpdate } from "./managed-fields.ts";
import { dropRepeatedOwners } from "./owner-references.ts";
import { parseYaml } from "./parse-yaml.ts";
import { changeJson } from "./patch-json.ts";
import { mergeStrategically } from "./patch-strategic.ts";
import { badRequest, messageOf, type Patched } from "./patched.ts";
import { checkName, initialize, inNamespace, replace, sentVersion } from "./prepare.ts";
import { conflict } from "./write-conflicts.ts";

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

function notFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `leases.coordination.k8s.io ${JSON.stringify(name)} not found`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}
