import type { Lease, ObjectMeta } from "../object/lease.ts";

/** A namespace as it is stored. */
export interface StoredNamespace {
  readonly kind: "Namespace";
  readonly apiVersion: "v1";
  readonly metadata: ObjectMeta;
}

/** One change of the store; `revision` is larger in each than in the one before. */
export type JournalEntry =
  | { readonly kind: "put"; readonly revision: bigint; readonly object: Lease | StoredNamespace }
  | {
      readonly kind: "delete";
      readonly revision: bigint;
      readonly object: "Lease" | "Namespace";
      readonly namespace?: string | undefined;
      readonly name: string;
    };

/** Where changes are made durable before anybody is told of them. */
export interface Journal {
  /**
   * Resolves once all entries are durable, in their order: one call, one fsync. A rejection means that it is not known whether
   * they are; the store must then refuse every further write.
   */
  append(entries: readonly JournalEntry[]): Promise<void>;
  /** Idempotent. */
  close(): Promise<void>;
}

/** What a journal held when it was opened. */
export interface JournalContents {
  /** The largest revision it ever held; `0n` when it is new. */
  readonly revision: bigint;
  readonly leases: readonly Lease[];
  readonly namespaces: readonly StoredNamespace[];
}
