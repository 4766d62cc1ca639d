import { ApiError } from "../api-error.ts";
import { asLease, type FieldValidation, recognize } from "./decode-lease.ts";
import { type Decoded, decodeStruct } from "./decode-typed.ts";
import { type Json, JsonObject, jsonKind, jsonText, toJson, withoutRepeats } from "./json.ts";
import { applyJsonPatch, JsonPatchError } from "./json-patch.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA, OPERATION_SCHEMA } from "./lease-schema.ts";
import { mergePatch } from "./merge-patch.ts";
import { parseJson } from "./parse-json.ts";
import type { LeasePatch } from "./patch-lease.ts";
import { badRequest, invalidPatch, judged, messageOf, type Patched } from "./patched.ts";

const MAX_OPERATIONS = 10_000;

/** The Lease after a JSON merge patch or a JSON patch: both change its JSON, which is then read again. */
export function changeJson(
  kind: "json" | "merge",
  { body, fieldValidation }: LeasePatch,
  live: Lease,
): Patched {
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
