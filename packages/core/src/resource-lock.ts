/**
 * What an election keeps in its store, field for field client-go's `LeaderElectionRecord`.
 *
 * Times are RFC 3339 in UTC with exactly six fraction digits (`"2026-11-23T19:13:00.123456Z"`). They are for people and
 * for recognising one's own write: no decision ever compares them with a local clock.
 */
export interface LeaderElectionRecord {
  /** Who holds the lock; `""` when it is free. */
  readonly holderIdentity: string;
  /**
   * How long an observer must see the record unchanged before it may take it, in milliseconds.
   * `0` when the stored record has none, or a senseless one: observers then use their own.
   */
  readonly leaseDurationMs: number;
  /** When the current holder acquired the lock; `undefined` when the record does not say. */
  readonly acquireTime: string | undefined;
  /** When the holder last renewed; `undefined` when the record does not say. */
  readonly renewTime: string | undefined;
  /** How often the holder changed, 0 to 2^31-1, where it stays. The Lease's field is `leaseTransitions`. */
  readonly leaderTransitions: number;
  /** Coordinated leader election's strategy, kept as found. */
  readonly strategy?: string | undefined;
  /** Coordinated leader election's preferred holder, kept as found. */
  readonly preferredHolder?: string | undefined;
}

/** A record as the store holds it, with what is needed to replace exactly this version of it. */
export interface VersionedRecord {
  readonly record: LeaderElectionRecord;
  /** Opaque, for equality only. A write that changes the record yields one that was never returned before. */
  readonly version: string;
  /** Another one after delete and re-create: a uid, a create revision, a random generation. */
  readonly incarnation: string;
  /** The store's own order of this version; `undefined` when the store has none. */
  readonly fencingToken: bigint | undefined;
  /** What the backend needs to write the object back whole (labels, annotations, unknown fields). Opaque to the elector. */
  readonly raw?: unknown;
}

/** Options of every call that asks the store something. */
export interface CallOptions {
  /** Aborts the call. Before anything was sent it rejects with the signal's reason, after that as outcome unknown. */
  readonly signal?: AbortSignal | undefined;
  /** Milliseconds after which the call has settled, whatever the transport does. Above 0; there is no default. */
  readonly timeoutMs: number;
}

/** Options of {@link ResourceLock.watch}. */
export interface WatchOptions {
  /** Ends the iteration; the iterator then returns. */
  readonly signal: AbortSignal;
  /** The version already known: the stream goes on from there. Without it, it begins with `resync` or the current state. */
  readonly from?: VersionedRecord | undefined;
}

/**
 * What a watch tells. A hint, never a proof: events may be coalesced and repeated.
 *
 * - `changed`: the record was written; `current` is the newest one known, if the store sends it.
 * - `deleted`: the record is gone; `fencingToken` is the store's order of the deletion, if it has one.
 * - `resync`: events may have been missed; read again.
 */
export type LockEvent =
  | { readonly kind: "changed"; readonly current?: VersionedRecord | undefined }
  | { readonly kind: "deleted"; readonly fencingToken?: bigint | undefined }
  | { readonly kind: "resync" };

/** Facts about a backend, constant and frozen. */
export interface LockCapabilities {
  /**
   * Whether {@link VersionedRecord.fencingToken} grows with every write: never given, always, or always unless the
   * store loses acknowledged data. An elector needs a token and refuses `"none"`.
   */
  readonly fencing: "none" | "monotonic" | "monotonic-unless-data-loss";
  /**
   * No watch; events that may be lost (each loss followed by `resync`; what is done to the record past the lock, by hand, may not
   * be told at all); or a stream that tells every change and resumes from a version.
   */
  readonly watch: "none" | "hint" | "resumable";
  /** Lease durations are stored as multiples of this many milliseconds; anything finer is refused. */
  readonly granularityMs: number;
  /** What survives: the loss of a minority of servers, a restart, or nothing in particular. */
  readonly durability: "replicated" | "single-node" | "best-effort";
}

/**
 * Where an election keeps its record: one cell with compare-and-swap, and nothing more. Stateless: the version is passed,
 * never remembered, and one lock may serve many electors.
 *
 * Every call makes exactly **one** attempt at the store (no retry, queue or re-send, in the client library neither) and
 * settles within `timeoutMs`. It fails with a {@link LeaderElectionError} whose `outcome` is `"not-applied"` only when
 * certainly nothing was written, and `"unknown"` in every case of doubt.
 */
export interface ResourceLock {
  /** Names the record in logs and errors, e.g. `"lease default/scheduler"`. */
  readonly description: string;
  readonly capabilities: LockCapabilities;
  /**
   * Reads the record, linearizably; `undefined` when there is none.
   * @throws {@link LeaderElectionError} `ERR_LOCK_RECORD_INVALID` when what is stored cannot be read.
   */
  get(options: CallOptions): Promise<VersionedRecord | undefined>;
  /**
   * Writes the first record, atomically if there is none.
   * @throws {@link LeaderElectionError} `ERR_LOCK_CONFLICT` when a record already exists.
   */
  create(record: LeaderElectionRecord, options: CallOptions): Promise<VersionedRecord>;
  /**
   * Replaces the record, atomically if its version and incarnation are still those of `expected`. Never creates.
   * @throws {@link LeaderElectionError} `ERR_LOCK_CONFLICT` when they are not, or the record is gone.
   */
  update(
    record: LeaderElectionRecord,
    expected: VersionedRecord,
    options: CallOptions,
  ): Promise<VersionedRecord>;
  /**
   * Tells changes as they happen. The lock itself reconnects a cut stream and says `resync` where it may have missed
   * something; it throws only what a new stream would meet again (no permission, lock closed).
   */
  watch?(options: WatchOptions): AsyncIterable<LockEvent>;
  /** Ends connections and timers. Idempotent; never releases, never deletes. Calls under way settle `ERR_LOCK_CLOSED` or unknown. */
  close(): Promise<void>;
}
