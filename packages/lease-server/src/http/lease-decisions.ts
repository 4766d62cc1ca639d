import type { Lease } from "../object/lease.ts";
import type { Change, StoreView } from "../store/batch.ts";
import type { Decision } from "../store/object-store.ts";
import type { ObjectKey, StoredObject } from "../store/stored-object.ts";
import { isFinallyDeleted } from "./deletion.ts";

/** What a write made. */
export interface Written {
  readonly stored: StoredObject;
  readonly created: boolean;
}

/** Makes it, after `before`. */
export function creating(lease: Lease, before: readonly Change[], dryRun: boolean): Decision<Written> {
  const { changes, answer } = putting(lease, before, dryRun);
  return { changes, answer: (all) => ({ stored: answer(all), created: true }) };
}

/** Puts it in the place of `live`; an object marked for deletion goes with its last finalizer. */
export function replacing(lease: Lease, live: Lease, dryRun: boolean): Decision<Written> {
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
export function putting(lease: Lease, before: readonly Change[], dryRun: boolean): Decision<StoredObject> {
  if (dryRun) return { changes: [], answer: () => lease };
  return {
    changes: [...before, { kind: "put", object: lease }],
    answer: (stored) => stored.at(-1) as StoredObject, // one per change
  };
}

/** A Lease as the writes before leave it. */
export function liveLease(view: StoreView, namespace: string, name: string): Lease | undefined {
  const live = view.get(leaseKey(namespace, name));
  return live?.kind === "Lease" ? live : undefined;
}

/** Which object a Lease is. */
export function leaseKey(namespace: string, name: string): ObjectKey {
  return { kind: "Lease", namespace, name };
}
