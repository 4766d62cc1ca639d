import type { StoredNamespace } from "../journal/journal.ts";
import type { Lease } from "../object/lease.ts";

/** What the store keeps. */
export type StoredObject = Lease | StoredNamespace;

/** Which object: a Lease has a namespace, a namespace has none. */
export interface ObjectKey {
  readonly kind: "Lease" | "Namespace";
  readonly namespace?: string | undefined;
  readonly name: string;
}

/** What happened to an object. `object` bears the revision of the change, also when it is gone. */
export interface StoreEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED";
  readonly revision: bigint;
  readonly object: StoredObject;
  /** The object before the change. */
  readonly previous: StoredObject | undefined;
}

/** The key of an object. */
export function keyOf({ kind, metadata: { namespace, name } }: StoredObject): ObjectKey {
  return { kind, namespace, name };
}

/** The order in which lists are: by namespace, then by name, in code units (names are ASCII). */
export function pathOf({ namespace, name }: Pick<ObjectKey, "namespace" | "name">): string {
  return namespace === undefined ? name : `${namespace}/${name}`;
}

/** The same object with that `resourceVersion`. */
export function atRevision<T extends StoredObject>(object: T, revision: bigint): T {
  const { name, generateName, namespace, uid, resourceVersion: _, ...rest } = object.metadata;
  const first = { name, generateName, namespace, uid, resourceVersion: String(revision) };
  const known = Object.entries(first).filter(([, value]) => value !== undefined);
  return { ...object, metadata: { ...Object.fromEntries(known), ...rest } };
}
