import { randomInt } from "node:crypto";
import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../api-error.ts";
import { invalidError, invalidLease } from "./field-error.ts";
import { formatGoTime, SECOND_TIME } from "./go-time.ts";
import type { Lease, ObjectMeta } from "./lease.ts";
import { trackUpdate } from "./managed-fields.ts";
import { goQuote } from "./parse-json.ts";
import { anyName, leaseName, metadataErrors, metadataUpdateErrors } from "./validate-metadata.ts";
import { specErrors } from "./validate-spec.ts";
import { staleVersion, wrongUid } from "./write-conflicts.ts";

const GENERATED_CHARACTERS = "bcdfghjklmnpqrstvwxz2456789";
const GENERATED_LENGTH = 5;
const MAX_GENERATED_BASE = 58;

/**
 * The namespace of the request, set where the object has none.
 * @throws {@link ApiError} 400 where the object names another.
 */
export function inNamespace(lease: Lease, namespace: string): Lease {
  const named = lease.metadata.namespace ?? "";
  if (named === namespace) return lease;
  if (named !== "") {
    throw badRequest("the namespace of the provided object does not match the namespace sent on the request");
  }
  return { ...lease, metadata: inOrder({ ...lease.metadata, namespace }) };
}

/**
 * For a request to a URL that names the object.
 * @throws {@link ApiError} 400 where the object has another name, or none.
 */
export function checkName(lease: Lease, name: string): void {
  const named = lease.metadata.name;
  if (named === "") {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (named !== name) {
    throw badRequest(`the name of the object (${named}) does not match the name on the URL (${name})`);
  }
}

/**
 * A Lease as a POST would store it, without a `resourceVersion`.
 * @throws {@link ApiError} 400, 422; 500 where it was sent with a `resourceVersion`.
 */
export function prepareCreate({
  lease,
  namespace,
  manager,
  nowMs,
  uid,
  dryRun = false,
}: {
  readonly lease: Lease;
  readonly namespace: string;
  readonly manager: string;
  readonly nowMs: number;
  readonly uid: string;
  /** Whether nothing is to be stored: then a `resourceVersion` does no harm. */
  readonly dryRun?: boolean;
}): Lease {
  const {
    uid: _uid,
    creationTimestamp: _created,
    deletionTimestamp: _deleted,
    deletionGracePeriodSeconds: _grace,
    ...sent
  } = inNamespace(lease, namespace).metadata;
  const tracked = trackUpdate({ live: undefined, lease: { ...lease, metadata: sent }, manager, nowMs });
  const created = initialize(tracked, { nowMs, uid });
  // A version that is no number is overlooked here, as by the real server.
  if (!dryRun && /^0*[1-9]\d*$/.test(sent.resourceVersion ?? "")) {
    throw new ApiError(500, "", "resourceVersion should not be set on objects to be created");
  }
  return created;
}

/**
 * A Lease as a PUT of a name that is not there would store it, without a `resourceVersion`.
 * @throws {@link ApiError} 409 where it was sent with a `uid`, 422; 500 where its `resourceVersion` is no number.
 */
export function prepareCreateByUpdate({
  lease,
  manager,
  nowMs,
  uid,
}: {
  readonly lease: Lease;
  readonly manager: string;
  readonly nowMs: number;
  readonly uid: string;
}): Lease {
  if ((lease.metadata.uid ?? "") !== "") throw wrongUid(lease, "");
  sentVersion(lease);
  return initialize(trackUpdate({ live: undefined, lease, manager, nowMs }), { nowMs, uid });
}

/** What every create ends with, by whatever verb: system fields, a generated name, validation. */
export function initialize(
  lease: Lease,
  { nowMs, uid }: { readonly nowMs: number; readonly uid: string },
): Lease {
  const { resourceVersion: _, ...sent } = lease.metadata;
  const { name, generateName = "" } = sent;
  const created: Lease = {
    ...lease,
    metadata: inOrder({
      ...sent,
      name: name === "" && generateName !== "" ? generatedName(generateName) : name,
      uid,
      creationTimestamp: formatGoTime(SECOND_TIME, BigInt(nowMs) * 1000n),
    }),
  };
  const errors = [...metadataErrors(created.metadata, leaseName), ...specErrors(created.spec)];
  if (errors.length > 0) throw invalidLease(created.metadata.name, errors);
  return created;
}

/**
 * A Lease as it would be stored in the place of `live`, with the `resourceVersion` of `live`: equal to it when nothing changes.
 * @throws {@link ApiError} 409 where it was read before another write, 422.
 */
export function prepareUpdate({
  lease,
  live,
  manager,
  nowMs,
}: {
  readonly lease: Lease;
  readonly live: Lease;
  readonly manager: string;
  readonly nowMs: number;
}): Lease {
  const { uid = "" } = lease.metadata;
  if (uid !== "" && uid !== live.metadata.uid) throw wrongUid(lease, live.metadata.uid ?? "");
  return replace(trackUpdate({ live, lease, manager, nowMs }), live);
}

/** What every update ends with, by whatever verb: the check of the version, system fields, validation. */
export function replace(lease: Lease, live: Lease): Lease {
  const { name } = lease.metadata;
  const version = sentVersion(lease);
  if (version === 0n) {
    const error = { field: "metadata.resourceVersion", reason: "FieldValueInvalid" };
    throw invalidError({ group: "coordination.k8s.io", kind: "leases", name }, [
      { ...error, message: "Invalid value: 0: must be specified for an update" },
    ]);
  }
  if (version !== sentVersion(live)) throw staleVersion(name);
  const { metadata: before } = live;
  const updated: Lease = {
    ...lease,
    metadata: inOrder({
      ...lease.metadata,
      resourceVersion: before.resourceVersion,
      generation: before.generation,
      uid: lease.metadata.uid ?? before.uid,
      creationTimestamp: before.creationTimestamp,
      deletionTimestamp: before.deletionTimestamp ?? lease.metadata.deletionTimestamp,
      deletionGracePeriodSeconds:
        lease.metadata.deletionGracePeriodSeconds ?? before.deletionGracePeriodSeconds,
    }),
  };
  // The real server looks at an update twice, once for every kind of object and once for Leases, and names each cause twice.
  const errors = [
    ...metadataErrors(updated.metadata, anyName),
    ...metadataUpdateErrors(updated.metadata, before),
    ...metadataUpdateErrors(updated.metadata, before),
    ...specErrors(updated.spec),
  ];
  if (errors.length > 0) throw invalidLease(name, errors);
  return withoutNewTimes(updated, live);
}

/** A write that changes nothing but the times in `managedFields` changes nothing. */
function withoutNewTimes(lease: Lease, live: Lease): Lease {
  const timeless = ({ metadata, ...rest }: Lease): unknown => {
    const managedFields = metadata.managedFields?.map(({ time: _, ...entry }) => entry);
    return { ...rest, metadata: { ...metadata, managedFields } };
  };
  return isDeepStrictEqual(timeless(lease), timeless(live)) ? live : lease;
}

/**
 * The `resourceVersion` of an object as it was sent, `0n` for none.
 * @throws {@link ApiError} 500 where it is no number, as the real server does.
 */
export function sentVersion({ metadata: { resourceVersion = "" } }: Lease): bigint {
  if (resourceVersion === "") return 0n;
  if (/^\d+$/.test(resourceVersion)) return BigInt(resourceVersion);
  throw new ApiError(500, "", `strconv.ParseUint: parsing ${goQuote(resourceVersion)}: invalid syntax`);
}

const METADATA_ORDER = [
  "name",
  "generateName",
  "namespace",
  "uid",
  "resourceVersion",
  "generation",
  "creationTimestamp",
  "deletionTimestamp",
  "deletionGracePeriodSeconds",
  "labels",
  "annotations",
  "ownerReferences",
  "finalizers",
  "managedFields",
] as const satisfies readonly (keyof ObjectMeta)[];

/** The fields in the order in which Kubernetes writes them; those that are not set are left out. */
export function inOrder(metadata: ObjectMeta): ObjectMeta {
  const ordered = METADATA_ORDER.map((field) => [field, metadata[field]] as const);
  // `name` is always set.
  return Object.fromEntries(ordered.filter(([, value]) => value !== undefined)) as unknown as ObjectMeta;
}

function generatedName(base: string): string {
  let suffix = "";
  while (suffix.length < GENERATED_LENGTH)
    suffix += GENERATED_CHARACTERS[randomInt(GENERATED_CHARACTERS.length)];
  return `${base.slice(0, MAX_GENERATED_BASE)}${suffix}`;
}

function badRequest(message: string): ApiError {
  return new ApiError(400, "BadRequest", message);
}
