import { convertStruct } from "./convert-typed.ts";
import { asLease } from "./decode-lease.ts";
import { goPrint } from "./go-print.ts";
import { cloneJson, type Json, JsonObject, jsonKind, toJson, withoutRepeats } from "./json.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";
import { parseJson } from "./parse-json.ts";
import type { LeasePatch } from "./patch-lease.ts";
import { badRequest, invalidPatch, judged, messageOf, type Patched } from "./patched.ts";
import { strategicMerge } from "./strategic-merge.ts";

/** The Lease after a strategic merge patch. */
export function mergeStrategically({ body, fieldValidation }: LeasePatch, live: Lease): Patched {
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
