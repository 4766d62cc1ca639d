import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import { decodeLease } from "../object/decode-lease.ts";
import type { Lease } from "../object/lease.ts";
import { patchLease } from "../object/patch-lease.ts";
import {
  checkName,
  inNamespace,
  prepareCreate,
  prepareCreateByUpdate,
  prepareUpdate,
} from "../object/prepare.ts";
import type { Change, Decision, ObjectStore, StoreView } from "../store/object-store.ts";
import type { ObjectKey, StoredObject } from "../store/stored-object.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import { type ApiRequest, header, writerOf } from "./api-request.ts";
import { deletion, isFinallyDeleted } from "./deletion.ts";
import { tooLarge } from "./list-objects.ts";
import { parseRevision } from "./list-options.ts";
import type { NamespacePolicy } from "./namespace-api.ts";
import { outputShape } from "./negotiate.ts";
import { type ShapeRequest, shapedObject } from "./shapes.ts";
import { deleteOptions, writeOptions } from "./write-options.ts";

const GENERATE_ATTEMPTS = 8;

/** What writes of Leases need. */
export interface LeaseApiOptions {
  readonly store: ObjectStore;
  readonly namespaces: NamespacePolicy;
  /** Milliseconds since 1970. */
  readonly now: () => number;
}

/** `POST`: a new Lease. */
export async function createLease(
  request: ApiRequest,
  namespace: string,
  options: LeaseApiOptions,
): Promise<Answer> {
  const { dryRun, fieldValidation } = writeOptions(request, "CreateOptions");
  const shape = shapeRequest(request, options);
  const { lease, warnings } = decodeLease(request.body, {
    contentType: contentTypeOf(request),
    fieldValidation,
  });
  const nowMs = options.now();
  const manager = writerOf(request);
  const stored = await options.store.write((view) => {
    const { changes } = options.namespaces.ready(view, namespace, { nowMs, dryRun });
    for (let attempt = 1; ; attempt++) {
      const created = prepareCreate({ lease, namespace, manager, nowMs, uid: randomUUID() });
      const exists = view.get(leaseKey(namespace, created.metadata.name)) !== undefined;
      if (exists && lease.metadata.name === "" && attempt < GENERATE_ATTEMPTS) continue;
      if (exists) throw alreadyExists(created.metadata.name);
      refuseVersion(created);
      return putting(created, changes, dryRun);
    }
  });
  return objectAnswer(201, shapedObject(stored, shape), warnings);
}

/** `PUT`: another state of a Lease; a new one where there is none. */
export async function updateLease(
  request: ApiRequest,
  namespace: string,
  name: string,
  options: LeaseApiOptions,
): Promise<Answer> {
  const { dryRun, fieldValidation } = writeOptions(request, "UpdateOptions");
  const shape = shapeRequest(request, options);
  const decoded = decodeLease(request.body, { contentType: contentTypeOf(request), fieldValidation });
  const lease = inNamespace(decoded.lease, namespace);
  checkName(lease, name);
  const nowMs = options.now();
  const manager = writerOf(request);
  const { stored, created } = await options.store.write((view) => {
    const live = liveLease(view, namespace, name);
    const { changes } = options.namespaces.ready(view, namespace, { nowMs, dryRun });
    if (live !== undefined) return replacing(prepareUpdate({ lease, live, manager, nowMs }), live, dryRun);
    return creating(prepareCreateByUpdate({ lease, manager, nowMs, uid: randomUUID() }), changes, dryRun);
  });
  return objectAnswer(created ? 201 : 200, shapedObject(stored, shape), decoded.warnings);
}

/** `PATCH`, of all four kinds. */
export async function patchLeaseByName(
  request: ApiRequest,
  namespace: string,
  name: string,
  options: LeaseApiOptions,
): Promise<Answer> {
  const { dryRun, fieldValidation, force } = writeOptions(request, "PatchOptions");
  const shape = shapeRequest(request, options);
  const nowMs = options.now();
  const { stored, created, warnings } = await options.store.write((view) => {
    const live = liveLease(view, namespace, name);
    const patched = patchLease({
      contentType: contentTypeOf(request),
      body: request.body,
      live,
      name,
      namespace,
      manager: writerOf(request),
      force,
      fieldValidation,
      nowMs,
      uid: randomUUID(),
    });
    const { changes } = options.namespaces.ready(view, namespace, { nowMs, dryRun });
    const decision =
      live === undefined ? creating(patched.lease, changes, dryRun) : replacing(patched.lease, live, dryRun);
    return {
      changes: decision.changes,
      answer: (all) => ({ ...decision.answer(all), warnings: patched.warnings }),
    };
  });
  return objectAnswer(created ? 201 : 200, shapedObject(stored, shape), warnings);
}

/** `DELETE`: gone, or only marked while it has finalizers. */
export async function deleteLease(
  request: ApiRequest,
  namespace: string,
  name: string,
  options: LeaseApiOptions,
): Promise<Answer> {
  const wanted = deleteOptions(request);
  const shape = shapeRequest(request, options);
  const nowMs = options.now();
  const { object, gone } = await options.store.write((view) => {
    const live = liveLease(view, namespace, name);
    if (live === undefined) throw notFound(name);
    return deletion(live, wanted, nowMs);
  });
  if (!gone) {
    const accepted = wanted.orphanDependents === false ? 202 : 200;
    return objectAnswer(accepted, shapedObject(object, shape));
  }
  return objectAnswer(200, {
    kind: "Status",
    apiVersion: "v1",
    metadata: {},
    status: "Success",
    details: { name, group: "coordination.k8s.io", kind: "leases", uid: object.metadata.uid },
  });
}

/** One Lease. @throws `ApiError` 404. */
export function getLease(
  request: ApiRequest,
  namespace: string,
  name: string,
  options: LeaseApiOptions,
): Answer {
  const shape = shapeRequest(request, options);
  const asked = request.query.get("resourceVersion") ?? "";
  const revision = asked === "" ? 0n : parseRevision(asked);
  if (revision > options.store.revision) throw tooLarge(revision, options.store.revision);
  const live = options.store.get(leaseKey(namespace, name));
  if (live === undefined) throw notFound(name);
  return objectAnswer(200, shapedObject(live, shape));
}

/** Which object a Lease is. */
export function leaseKey(namespace: string, name: string): ObjectKey {
  return { kind: "Lease", namespace, name };
}

/** How a request wants its objects. @throws `ApiError` 406. */
export function shapeRequest(
  request: ApiRequest,
  { now }: Pick<LeaseApiOptions, "now">,
  watch = false,
): ShapeRequest {
  const shape = outputShape(header(request, "accept"), { transforms: true });
  const includeObject = request.query.get("includeObject") ?? "";
  if (shape === "table" && !["", "None", "Metadata", "Object"].includes(includeObject)) {
    throw new ApiError(
      400,
      "BadRequest",
      `Unable to convert to Table as requested: includeObject: Invalid value: "${includeObject}": must be 'Metadata', 'Object', 'None', or empty`,
    );
  }
  return { shape, includeObject, nowMs: now() };
}

function liveLease(view: StoreView, namespace: string, name: string): Lease | undefined {
  const live = view.get(leaseKey(namespace, name));
  return live?.kind === "Lease" ? live : undefined;
}

function contentTypeOf(request: ApiRequest): string | undefined {
  return header(request, "content-type");
}

interface Written {
  readonly stored: StoredObject;
  readonly created: boolean;
}

function creating(lease: Lease, before: readonly Change[], dryRun: boolean): Decision<Written> {
  const { changes, answer } = putting(lease, before, dryRun);
  return { changes, answer: (all) => ({ stored: answer(all), created: true }) };
}

/** Puts it in the place of `live`; an object marked for deletion goes with its last finalizer. */
function replacing(lease: Lease, live: Lease, dryRun: boolean): Decision<Written> {
  if (isFinallyDeleted(lease, live)) {
    const key = leaseKey(live.metadata.namespace ?? "", live.metadata.name);
    return {
      changes: dryRun ? [] : [{ kind: "delete", key }],
      answer: () => ({ stored: lease, created: false }),
    };
  }
  const { changes, answer } = putting(lease, [], dryRun);
  return { changes, answer: (all) => ({ stored: answer(all), created: false }) };
}

/** Puts it after `before`, and answers with it as it was stored. */
function putting(lease: Lease, before: readonly Change[], dryRun: boolean): Decision<StoredObject> {
  if (dryRun) return { changes: [], answer: () => lease };
  return {
    changes: [...before, { kind: "put", object: lease }],
    answer: (stored) => stored.at(-1) as StoredObject, // one per change
  };
}

function refuseVersion({ metadata: { resourceVersion = "" } }: Lease): void {
  if (resourceVersion === "" || resourceVersion === "0") return;
  throw new ApiError(500, "InternalError", "resourceVersion should not be set on objects to be created");
}

function alreadyExists(name: string): ApiError {
  return new ApiError(409, "AlreadyExists", `leases.coordination.k8s.io "${name}" already exists`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}

function notFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `leases.coordination.k8s.io "${name}" not found`, {
    name,
    group: "coordination.k8s.io",
    kind: "leases",
  });
}
