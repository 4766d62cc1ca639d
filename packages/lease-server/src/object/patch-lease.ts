import { ApiError } from "../api-error.ts";
import { asLease, type FieldValidation } from "./decode-lease.ts";
import { decodeStruct } from "./decode-typed.ts";
import { invalid, invalidError } from "./field-error.ts";
import { JsonObject, jsonText, toJson } from "./json.ts";
import type { Lease } from "./lease.ts";
import { LEASE_SCHEMA } from "./lease-schema.ts";
import { mergePatch } from "./merge-patch.ts";
import { parseJson } from "./parse-json.ts";
import { checkName, inNamespace, prepareUpdate } from "./prepare.ts";

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
 * The Lease after a patch of any of the four kinds, as it would be stored.
 * @throws {@link ApiError} 400, 404, 409, 415, 422.
 */
export function patchLease(patch: LeasePatch): {
  readonly lease: Lease;
  readonly warnings: readonly string[];
} {
  const { live, body, name, namespace, manager, nowMs } = patch;
  if (live === undefined) {
    throw new ApiError(404, "NotFound", `leases.coordination.k8s.io "${name}" not found`, {
      name,
      group: "coordination.k8s.io",
      kind: "leases",
    });
  }
  const document = parseJson(body.toString("utf8"));
  if (!(document instanceof JsonObject)) throw new ApiError(400, "BadRequest", "Invalid JSON Patch");
  const patched = mergePatch(toJson(live), document);
  let lease: Lease;
  try {
    lease = asLease(decodeStruct(patched, LEASE_SCHEMA).value);
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw invalidError({ group: "", kind: "", name: "" }, [invalid("patch", jsonText(patched), detail)]);
  }
  checkName(lease, name);
  return {
    lease: prepareUpdate({ lease: inNamespace(lease, namespace), live, manager, nowMs }),
    warnings: [],
  };
}
