import { ApiError } from "../api-error.ts";
import type { Lease } from "../object/lease.ts";
import type { StoredObject } from "../store/stored-object.ts";

/** A version is for what there is already. @throws `ApiError` 500, as the real server has it. */
export function refuseVersion({ metadata: { resourceVersion = "" } }: Lease): void {
  if (resourceVersion === "" || resourceVersion === "0") return;
  throw new ApiError(500, "InternalError", "resourceVersion should not be set on objects to be created");
}

/** The 409 of a create. */
export function alreadyExists({ metadata: { name, deletionTimestamp } }: StoredObject): ApiError {
  const why = deletionTimestamp === undefined ? "" : "object is being deleted: ";
  return new ApiError(409, "AlreadyExists", `${why}leases.coordination.k8s.io "${name}" already exists`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}

/** The 404. */
export function leaseNotFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `leases.coordination.k8s.io "${name}" not found`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}
