import { randomUUID } from "node:crypto";
import { ApiError } from "../api-error.ts";
import type { StoredNamespace } from "../journal/journal.ts";
import { invalidError } from "../object/field-error.ts";
import { formatGoTime, SECOND_TIME } from "../object/go-time.ts";
import { namespaceProblems } from "../object/names.ts";
import type { Change, ObjectStore, StoreView } from "../store/object-store.ts";
import { type Answer, objectAnswer } from "./answer.ts";
import type { ApiRequest } from "./api-request.ts";
import { type ShapeRequest, shapedObject } from "./shapes.ts";
import { deleteOptions, writeOptions } from "./write-options.ts";

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
  const problems = namespaceProblems(name);
  if (name === "" || problems.length > 0) {
    const causes =
      name === ""
        ? ["Required value: name or generateName is required"]
        : problems.map((problem) => `Invalid value: "${name}": ${problem}`);
    throw invalidError(
      { group: "", kind: "Namespace", name },
      causes.map((message) => ({
        field: "metadata.name",
        reason: name === "" ? "FieldValueRequired" : "FieldValueInvalid",
        message,
      })),
    );
  }
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

/** A namespace as it goes out. */
export function presented(object: StoredNamespace): StoredNamespace {
  return { ...object, spec: { finalizers: ["kubernetes"] }, status: { phase: "Active" } } as StoredNamespace;
}

/** `POST /api/v1/namespaces` */
export async function createNamespace(
  request: ApiRequest,
  store: ObjectStore,
  shape: ShapeRequest,
): Promise<Answer> {
  const { dryRun } = writeOptions(request, "CreateOptions");
  const sent = parseNamespace(request.body);
  const object = newNamespace(sent, shape.nowMs);
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

/** `DELETE /api/v1/namespaces/NAME`: with its Leases, at once. */
export async function deleteNamespace(
  request: ApiRequest,
  name: string,
  store: ObjectStore,
  shape: ShapeRequest,
): Promise<Answer> {
  const { dryRun } = deleteOptions(request);
  if (BUILT_IN_NAMESPACES.includes(name)) {
    throw new ApiError(
      403,
      "Forbidden",
      `namespaces "${name}" is forbidden: this namespace may not be deleted`,
      {
        name,
        kind: "namespaces",
      },
    );
  }
  const deleted = await store.write((view) => {
    const live = view.get({ kind: "Namespace", name });
    if (live === undefined) throw namespaceNotFound(name);
    const leases = store
      .list("Lease", name)
      .filter(
        ({ metadata }) => view.get({ kind: "Lease", namespace: name, name: metadata.name }) !== undefined,
      );
    const changes: Change[] = [
      ...leases.map(
        ({ metadata }): Change => ({
          kind: "delete",
          key: { kind: "Lease", namespace: name, name: metadata.name },
        }),
      ),
      { kind: "delete", key: { kind: "Namespace", name } },
    ];
    return { changes: dryRun ? [] : changes, answer: () => live };
  });
  return objectAnswer(200, shapedObject(presented(deleted as StoredNamespace), shape));
}

/** The 404 of a namespace. */
export function namespaceNotFound(name: string): ApiError {
  return new ApiError(404, "NotFound", `namespaces "${name}" not found`, { name, kind: "namespaces" });
}

function parseNamespace(body: Buffer): {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
} {
  let value: unknown;
  try {
    value = JSON.parse(body.toString("utf8"));
  } catch (error) {
    throw new ApiError(
      400,
      "BadRequest",
      `couldn't get version/kind; json parse error: ${(error as Error).message}`,
    );
  }
  const { metadata = {}, kind = "Namespace" } = (value ?? {}) as {
    metadata?: Record<string, unknown>;
    kind?: unknown;
  };
  if (kind !== "Namespace")
    throw new ApiError(400, "BadRequest", `Expected a Namespace, got ${String(kind)}`);
  const { name = "", labels = {} } = metadata ?? {};
  if (typeof name !== "string" || typeof labels !== "object") {
    throw new ApiError(400, "BadRequest", "Expected a Namespace with a name and labels");
  }
  return { name, labels: labels as Readonly<Record<string, string>> };
}
