import type { Lease } from "../object/lease.ts";
import type { Change } from "./batch.ts";
import type { Decision } from "./object-store.ts";
import type { ObjectKey, StoredObject } from "./stored-object.ts";

/** What a test may care for. */
export interface LeaseOptions {
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
}

/** A Lease as a test puts it. */
export function lease(
  name: string,
  holder = "a",
  { namespace = "default", labels = {} }: LeaseOptions = {},
): Lease {
  return {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: {
      name,
      namespace,
      uid: `uid-of-${name}`,
      creationTimestamp: "2026-11-25T10:00:00Z",
      ...(Object.keys(labels).length === 0 ? {} : { labels }),
    },
    spec: { holderIdentity: holder },
  };
}

/** The key of a Lease. */
export function keyOfLease(name: string, namespace = "default"): ObjectKey {
  return { kind: "Lease", namespace, name };
}

/** A write that puts an object, and answers with it as it was stored. */
export function put(object: StoredObject): Decision<StoredObject> {
  return changing({ kind: "put", object });
}

/** A write that deletes a Lease, and answers with its last state. */
export function remove(name: string): Decision<StoredObject> {
  return changing({ kind: "delete", key: keyOfLease(name) });
}

function changing(change: Change): Decision<StoredObject> {
  return { changes: [change], answer: ([stored]) => stored as StoredObject }; // one per change
}
