import { ApiError } from "../api-error.ts";
import type { Journal, JournalContents } from "../journal/journal.ts";
import { Batch, type Change, type StoreView } from "./batch.ts";
import { EventHistory } from "./event-history.ts";
import { ObjectTable } from "./object-table.ts";
import type { ObjectKey, StoredObject, StoreEvent } from "./stored-object.ts";

/** Options of {@link ObjectStore}. */
export interface ObjectStoreOptions {
  /** Makes changes durable before anybody sees them. Without one nothing outlives the process. */
  readonly journal?: Journal | undefined;
  /** What the journal held. */
  readonly contents?: JournalContents | undefined;
  /** Where revisions begin, if the journal has seen none that is larger. Watches of older ones are told 410. */
  readonly firstRevision: bigint;
  /** How many changes a watch can go back. */
  readonly historyLimit: number;
}

/** What a write decided: `answer` makes its result of what was stored, one object per change. */
export interface Decision<T> {
  readonly changes: readonly Change[];
  readonly answer: (stored: readonly StoredObject[]) => T;
}

interface Waiting {
  readonly decide: (view: StoreView) => Decision<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

/**
 * Objects with one order of changes. Writes are decided one after another; those that wait while the journal is busy are made
 * durable together. What is not durable is known to nobody but the writes after it.
 */
export class ObjectStore {
  readonly #journal: Journal | undefined;
  readonly #table: ObjectTable;
  readonly #history: EventHistory;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #revision: bigint;
  #queue: Waiting[] = [];
  #busy = false;
  /** Why nothing can be written any more. */
  #failure: ApiError | undefined;

  constructor({ journal, contents, firstRevision, historyLimit }: ObjectStoreOptions) {
    const before = contents?.revision ?? 0n;
    this.#journal = journal;
    this.#table = new ObjectTable([...(contents?.namespaces ?? []), ...(contents?.leases ?? [])]);
    this.#revision = before > firstRevision ? before : firstRevision;
    this.#history = new EventHistory(historyLimit, this.#revision);
  }

  /** Of the newest change that anybody may see. */
  get revision(): bigint {
    return this.#revision;
  }

  /** Changes up to this one are forgotten. */
  get compactedRevision(): bigint {
    return this.#history.compactedRevision;
  }

  get(key: ObjectKey): StoredObject | undefined {
    return this.#table.get(key);
  }

  /** All objects of a kind, of one namespace if one is named, in order. */
  list(kind: ObjectKey["kind"], namespace?: string): readonly StoredObject[] {
    return this.#table.list(kind, namespace);
  }

  /** The same as it was at a revision; `undefined` when that is forgotten. */
  listAt(
    kind: ObjectKey["kind"],
    namespace: string | undefined,
    revision: bigint,
  ): readonly StoredObject[] | undefined {
    const since = this.#history.after(revision);
    if (since === undefined) return undefined;
    const table = this.#table.copy(kind);
    for (const event of since.toReversed()) if (event.object.kind === kind) table.undo(event);
    return table.list(kind, namespace);
  }

  /** Forgets the changes up to now: watches from before are told 410. */
  compact(): void {
    this.#history.compact(this.#revision);
  }

  /** The changes after a revision; `undefined` when some of them are forgotten. */
  eventsAfter(revision: bigint): readonly StoreEvent[] | undefined {
    return this.#history.after(revision);
  }

  /** Calls back after every change from now on, in order. Gives a function that ends that. The listener must not throw. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /**
   * Lets `decide` look at the objects and say what is to change; resolves when that is durable. Without a journal everything
   * happens in this very call. What `decide` throws rejects, and nothing is changed.
   */
  write<T>(decide: (view: StoreView) => Decision<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ decide, resolve: resolve as (value: unknown) => void, reject });
      if (!this.#busy) void this.#drain();
    });
  }

  async #drain(): Promise<void> {
    this.#busy = true;
    while (this.#queue.length > 0) {
      const batch = new Batch(this.#table, this.#revision);
      const waiting = this.#queue.splice(0);
      const outcomes = waiting.map((each) => this.#decide(each, batch));
      const persisted = batch.entries.length === 0 ? undefined : this.#persist(batch);
      // Without a journal nobody waits, not even for a microtask.
      const failure = persisted === undefined ? undefined : await persisted;
      if (failure === undefined) for (const event of batch.events) this.#apply(event);
      // A refusal may rest on a write of this batch: it waits for the journal like an answer.
      waiting.forEach((each, index) => {
        if (failure === undefined) outcomes[index]?.();
        else each.reject(failure);
      });
    }
    this.#busy = false;
  }

  /** Gives what tells the caller, for when it may be told. */
  #decide({ decide, resolve, reject }: Waiting, batch: Batch): () => void {
    try {
      const { changes, answer } = decide(batch);
      // What changes nothing is answered also when nothing can be written any more.
      if (this.#failure !== undefined && changes.length > 0) throw this.#failure;
      const value = answer(changes.map((change) => batch.change(change)));
      return () => resolve(value);
    } catch (error) {
      return () => reject(error);
    }
  }

  /** Gives the failure if there is one. Without a journal it is done at once. */
  #persist(batch: Batch): Promise<ApiError | undefined> | undefined {
    return this.#journal?.append(batch.entries).then(
      () => undefined,
      (error: unknown) => {
        this.#failure = journalFailed(error);
        return this.#failure;
      },
    );
  }

  #apply(event: StoreEvent): void {
    this.#revision = event.revision;
    this.#table.apply(event);
    this.#history.add(event);
    for (const listener of this.#listeners) listener(event);
  }
}

function journalFailed(cause: unknown): ApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const error = new ApiError(500, "InternalError", `Internal error occurred: the journal failed: ${detail}`);
  error.cause = cause;
  return error;
}
