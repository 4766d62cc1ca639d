import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../api-error.ts";
import { formatGoTime, SECOND_TIME } from "../object/go-time.ts";
import type { Lease, ObjectMeta } from "../object/lease.ts";
import { inOrder } from "../object/prepare.ts";
import type { Decision } from "../store/object-store.ts";
import { keyOf, type StoredObject } from "../store/stored-object.ts";
import type { DeleteOptions } from "./delete-options.ts";

/** What a deletion leads to. */
export interface Deleted {
  readonly object: StoredObject;
  /** `false`: it is only marked, and goes with its last finalizer. */
  readonly gone: boolean;
}

/** Deletes, or marks what has finalizers. @throws `ApiError` 409. */
export function deletion(live: Lease, options: DeleteOptions, nowMs: number): Decision<Deleted> {
  checkPreconditions(live, options);
  const finalizers = finalizersFor(live.metadata, options);
  if (finalizers.length === 0) {
    const answer = (stored: readonly StoredObject[]): Deleted => ({ object: stored[0] ?? live, gone: true });
    return { changes: options.dryRun ? [] : [{ kind: "delete", key: keyOf(live) }], answer };
  }
  const { generation, deletionTimestamp } = live.metadata;
  const marked: Lease = {
    ...live,
    metadata: inOrder({
      ...live.metadata,
      finalizers,
      generation: deletionTimestamp === undefined && generation !== undefined ? generation + 1 : generation,
      deletionTimestamp: deletionTimestamp ?? formatGoTime(SECOND_TIME, BigInt(nowMs) * 1000n),
      deletionGracePeriodSeconds: 0,
    }),
  };
  return {
    changes: options.dryRun ? [] : [{ kind: "put", object: marked }],
    answer: (stored) => ({ object: stored[0] ?? marked, gone: false }),
  };
}

/** Whether an update takes the last finalizer off an object that is marked for deletion. */
export function isFinallyDeleted(updated: Lease, live: Lease): boolean {
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = live.metadata;
  return (
    deletionTimestamp !== undefined &&
    deletionGracePeriodSeconds === 0 &&
    (updated.metadata.finalizers ?? []).length === 0
  );
}

const ORPHAN = "orphan";
const FOREGROUND = "foregroundDeletion";

/** The finalizers with which the object waits for a garbage collector, which this server does not have. */
function finalizersFor({ finalizers = [] }: ObjectMeta, options: DeleteOptions): readonly string[] {
  const { orphanDependents, propagationPolicy: policy } = options;
  const asked = orphanDependents !== undefined || policy !== undefined;
  const orphan = asked ? (orphanDependents ?? policy === "Orphan") : finalizers.includes(ORPHAN);
  const foreground = asked
    ? orphanDependents === undefined && policy === "Foreground"
    : finalizers.includes(FOREGROUND) && !orphan;
  const others = finalizers.filter((finalizer) => finalizer !== ORPHAN && finalizer !== FOREGROUND);
  const wanted = [...others, ...(orphan ? [ORPHAN] : []), ...(foreground ? [FOREGROUND] : [])];
  return isDeepStrictEqual(new Set(wanted), new Set(finalizers)) ? finalizers : wanted;
}

function checkPreconditions({ metadata }: Lease, { uid, resourceVersion }: DeleteOptions): void {
  if (uid !== undefined && uid !== metadata.uid) {
    throw unmet(
      metadata.name,
      "UID",
      uid,
      metadata.uid,
      "The object might have been deleted and then recreated",
    );
  }
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw unmet(
      metadata.name,
      "ResourceVersion",
      resourceVersion,
      metadata.resourceVersion,
      "The object might have been modified",
    );
  }
}

function unmet(name: string, what: string, wanted: string, found: string | undefined, why: string): ApiError {
  return new ApiError(
    409,
    "Conflict",
    `Operation cannot be fulfilled on Lease.coordination.k8s.io "${name}": the ${what} in the precondition (${wanted}) does not match the ${what} in record (${found ?? ""}). ${why}`,
    { name, group: "coordination.k8s.io", kind: "Lease" },
  );
}
