import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import type { StoredNamespace } from "../journal/journal.ts";
import { type FieldError, invalid, invalidError, required } from "../object/field-error.ts";
import { formatGoTime, SECOND_TIME } from "../object/go-time.ts";
import { labelValueProblems, namespaceProblems } from "../object/names.ts";
import type { Change, StoreView } from "../store/batch.ts";
import type { ObjectStore } from "../store/object-store.ts";
import { keyOf } from "../store/stored-object.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { deleteOptions } from "./delete-options.ts";
import { readObject } from "./read-object.ts";
import { type ShapeRequest, shapedObject } from "./shapes.ts";
import { writeOptions } from "./write-options.ts";

/** Namespaces that are always there, as on the real server. */
export const BUILT_IN_NAMESPACES: readonly string[] = [
  "default",
  "kube-node-lease",
  "kube-public",
  "kube-system",
];

/** What becomes of a write into a namespace that is not there. */
export class NamespacePolicy {
  readonly #strict: boolean;

  /** @param options - `strict`: refused with 404, as the real server does. Else the namespace is made. */
  constructor({ strict }: { readonly strict: boolean }) {
    this.#strict = strict;
  }

  /** What must be written first. @throws `ApiError` 404, 422. */
  ready(
    view: StoreView,
    name: string,
    { nowMs, dryRun }: { readonly nowMs: number; readonly dryRun: boolean },
  ): { readonly changes: readonly Change[] } {
    if (view.get({ kind: "Namespace", name }) !== undefined) return { changes: [] };
    if (this.#strict) throw namespaceNotFound(name);
    const object = newNamespace({ name }, nowMs);
    return { changes: dryRun ? [] : [{ kind: "put", object }] };
  }
}

/** A namespace. @throws `ApiError` 422 for a name that cannot be one. */
export function newNamespace(
  {
    name,
    labels = {},
  }: { readonly name: string; readonly labels?: Readonly<Record<string, string>> | undefined },
  nowMs: number,
): StoredNamespace {
  const errors = nameErrors(name);
  if (errors.length > 0) throw invalidError({ group: "", kind: "Namespace", name }, errors);
  return {
    kind: "Namespace",
    apiVersion: "v1",
    metadata: {
      name,
      uid: randomUUID(),
      creationTimestamp: formatGoTime(SECOND_TIME, BigInt(nowMs) * 1000n),
      labels: { ...labels, "kubernetes.io/metadata.name": name },
    },
  };
}

/** The name is the value of a label, too. */
function nameErrors(name: string): readonly FieldError[] {
  if (name === "") return [required("metadata.name", "name or generateName is required")];
  return [
    ...namespaceProblems(name).map((problem) => invalid("metadata.name", name, problem)),
    ...labelValueProblems(name).map((problem) => invalid("metadata.labels", name, problem)),
  ];
}

/** A namespace as it goes out. */
export function presented(object: StoredNamespace): StoredNamespace {
  const phase = object.metadata.deletionTimestamp === undefined ? "Active" : "Terminating";
  return { ...object, spec: { finalizers: ["kubernetes"] }, status: { phase } } as StoredNamespace;
}

/** `POST /api/v1/namespaces` */
export async function createNamespace(
  request: ApiRequest,
  store: ObjectStore,
  shape: ShapeRequest,
): Promise<Answer> {
  const { dryRun } = writeOptions(request, "CreateOptions");
  const sent = readNamespace(request);
  const object = newNamespace(sent, shape.now());
  const stored = await store.write((view) => {
    if (view.get({ kind: "Namespace", name: sent.name }) !== undefined) {
      throw new ApiError(409, "AlreadyExists", `namespaces "${sent.name}" already exists`, {
        name: sent.name,
        kind: "namespaces",
      });
    }
    return { changes: dryRun ? [] : [{ kind: "put", object }], answer: ([put = object]) => put };
  });
  return objectAnswer(201, shapedObject(presented(stored as StoredNamespace), shape));
}

/** `DELETE /api/v1/namespaces/NAME`: with its Leases, at once; a cluster does that later, finalizers first. */
export async function deleteNamespace(
  request: ApiRequest,
  name: string,
  store: ObjectStore,
  shape: ShapeRequest,
): Promise<Answer> {
  const { dryRun } = deleteOptions(request);
  if (BUILT_IN_NAMESPACES.includes(name)) {
    const message = `namespaces "${name}" is forbidden: this namespace may not be deleted`;
    throw new ApiError(403, "Forbidden", message, { name, kind: "namespaces" });
  }
  const deleted = await store.write((view) => {
    const live = view.get({ kind: "Namespace", name });
    if (live?.kind !== "Namespace") throw namespaceNotFound(name);
    const gone = [...view.list("Lease", name), live].map(
      (object): Change => ({ kind: "delete", key: keyOf(object) }),
    );
    return { changes: dryRun ? [] : gone, answer: () => live };
  });
  const deletionTimestamp = formatGoTime(SECOND_TIME, BigInt(shape.now()) * 1000n);
  const ending = { ...deleted, metadata: { ...deleted.metadata, deletionTimestamp } };
  return objectAnswer(200, shapedObject(presented(ending), shape));
}

/** The 404 of a namespace. */
export function namespaceNotFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `namespaces "${name}" not found`, { name, kind: "namespaces" });
}

function readNamespace(request: ApiRequest): {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
} {
  const { metadata } = readObject(request, { kind: "Namespace", goType: "core.Namespace" });
  const { name, labels } = (metadata ?? {}) as Readonly<Record<string, unknown>>;
  const isText = ([, value]: readonly [string, unknown]): boolean => typeof value === "string";
  if (typeof (name ?? "") !== "string" || !Object.entries(labels ?? {}).every(isText)) {
    throw new ApiError(400, "BadRequest", "Expected a Namespace whose name and labels are strings");
  }
  return { name: name ?? "", labels: labels ?? {} } as ReturnType<typeof readNamespace>; // just checked
}
