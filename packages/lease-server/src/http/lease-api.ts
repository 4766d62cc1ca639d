import { randomUUID } from "node:crypto";
import type { Access } from "../access/access.ts";
import { forbidden } from "../access/forbidden.ts";
import { decodeLease } from "../object/decode-lease.ts";
import { patchLease } from "../object/patch-lease.ts";
import {
  checkName,
  inNamespace,
  prepareCreate,
  prepareCreateByUpdate,
  prepareUpdate,
} from "../object/prepare.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import { type ApiRequest, header, writerOf } from "./api-request.ts";
import { deleteOptions } from "./delete-options.ts";
import { deletion } from "./deletion.ts";
import { creating, leaseKey, liveLease, putting, replacing } from "./lease-decisions.ts";
import { alreadyExists, leaseNotFound, refuseVersion } from "./lease-errors.ts";
import { tooLarge } from "./list-objects.ts";
import { parseRevision } from "./list-options.ts";
import type { NamespacePolicy } from "./namespace-api.ts";
import { shapeRequest } from "./shape-request.ts";
import { shapedObject } from "./shapes.ts";
import { writeOptions } from "./write-options.ts";

const GENERATE_ATTEMPTS = 8;

/** What writes of Leases need. */
export interface LeaseApiOptions {
  readonly store: ObjectStore;
  readonly namespaces: NamespacePolicy;
  readonly access: Access;
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
      const existing = view.get(leaseKey(namespace, created.metadata.name));
      if (existing !== undefined && lease.metadata.name === "" && attempt < GENERATE_ATTEMPTS) continue;
      if (existing !== undefined) throw alreadyExists(existing);
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
    const created = prepareCreateByUpdate({ lease, manager, nowMs, uid: randomUUID() });
    checkMayCreate(request, namespace, name, options);
    return creating(created, changes, dryRun);
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
    if (live === undefined) checkMayCreate(request, namespace, name, options);
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
    if (live === undefined) throw leaseNotFound(name);
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
  if (live === undefined) throw leaseNotFound(name);
  return objectAnswer(200, shapedObject(live, shape));
}

/** Whoever makes a Lease by `PUT` or `PATCH` needs `create` besides, and here it has a name. @throws `ApiError` 403 */
function checkMayCreate(
  { caller }: ApiRequest,
  namespace: string,
  name: string,
  { access }: LeaseApiOptions,
): void {
  const attributes = { verb: "create", group: "coordination.k8s.io", resource: "leases", namespace, name };
  if (!access.allows(caller, attributes)) throw forbidden(caller, attributes);
}

function contentTypeOf(request: ApiRequest): string | undefined {
  return header(request, "content-type");
}
