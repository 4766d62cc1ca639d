import { ApiError } from "../api-error.ts";
import type { Lease } from "./lease.ts";
import { goQuote } from "./parse-json.ts";

/** The 409 for a write with an old `resourceVersion`. */
export function staleVersion(name: string): ApiError {
  return conflict(
    name,
    "the object has been modified; please apply your changes to the latest version and try again",
  );
}

/** The 409 for a write that was meant for another object of that name; `found` is empty where there is none. */
export function wrongUid({ metadata: { namespace = "", name, uid = "" } }: Lease, found: string): ApiError {
  return conflict(
    name,
    `StorageError: invalid object, Code: 4, Key: /registry/leases/${namespace}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${found}`,
  );
}

/** The 409 for a write to that Lease. */
export function conflict(name: string, problem: string): ApiError {
  return new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on leases.coordination.k8s.io ${goQuote(name)}: ${problem}`,
    { name, group: "coordination.k8s.io", kind: "leases" },
  );
}
