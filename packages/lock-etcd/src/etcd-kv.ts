/** One key as etcd holds it. Revisions are int64 and therefore strings: a `number` would round them above 2^53. */
export interface EtcdKeyValue {
  readonly value: Uint8Array;
  /** The revision that created the key: another one after it was deleted and put again. */
  readonly createRevision: string;
  /** The revision of the key's last change, in the order of all changes of the cluster. */
  readonly modRevision: string;
}

/** What must hold for a {@link EtcdTxnRequest} to put its value. `createRevision: "0"` is a key that does not exist. */
export interface EtcdCompare {
  readonly createRevision: string;
  readonly modRevision?: string | undefined;
}

/** Put if the comparison holds, else read: one transaction on one key. */
export interface EtcdTxnRequest {
  readonly key: string;
  readonly compare: EtcdCompare;
  readonly value: Uint8Array;
}

/** What a transaction did: the revision of its put, or the key as it stands instead (`undefined`: there is none). */
export type EtcdTxnAnswer =
  | { readonly succeeded: true; readonly revision: string }
  | { readonly succeeded: false; readonly current: EtcdKeyValue | undefined };

/** When a call ends without an answer. */
export interface EtcdCallLimits {
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
  /** Aborts when the lock is closed. */
  readonly closing?: AbortSignal | undefined;
}

/** What to watch, and from which revision on; without one, from now. */
export interface EtcdWatchRequest {
  readonly key: string;
  readonly startRevision?: string | undefined;
}

/** One message of a watch. `revision` is that of the member when it sent the message, `clusterId` whose order it is. */
export type EtcdWatchMessage =
  | { readonly kind: "created"; readonly revision: string; readonly clusterId: string }
  | { readonly kind: "progress"; readonly revision: string }
  | { readonly kind: "put"; readonly current: EtcdKeyValue }
  | { readonly kind: "delete"; readonly modRevision: string }
  | { readonly kind: "canceled"; readonly reason: string };

/** A watch that stands, on one connection. It never goes on by itself on another. */
export interface EtcdWatchStream {
  /**
   * The next message, in the order of the store; `undefined` when the server ended the stream.
   * @throws {@link EtcdFailure} when the stream broke.
   */
  next(): Promise<EtcdWatchMessage | undefined>;
  /** Ends it. A `next` under way settles. */
  destroy(): void;
}

/**
 * What an {@link EtcdLock} needs of an etcd client; {@link EtcdClient} is the one on etcd3. Every call is one attempt, never
 * sent again unless the server said that it did nothing, and settles within its limits.
 */
export interface EtcdKv {
  /**
   * Reads one key, linearizably.
   * @throws {@link EtcdFailure}
   */
  range(key: string, limits: EtcdCallLimits): Promise<EtcdKeyValue | undefined>;
  /** @throws {@link EtcdFailure} */
  txn(request: EtcdTxnRequest, limits: EtcdCallLimits): Promise<EtcdTxnAnswer>;
  /**
   * Opens a watch on one key, on a member that has a leader. `limits.timeoutMs` is for the opening alone, `signal` and
   * `closing` end the stream as well.
   * @throws {@link EtcdFailure}
   */
  watch(request: EtcdWatchRequest, limits: EtcdCallLimits): Promise<EtcdWatchStream>;
}
