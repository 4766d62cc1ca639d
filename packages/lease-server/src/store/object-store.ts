import { isDeepStrictEqual } from "node:util";
import { ApiError } from "../api-error.ts";
import type { Journal, JournalContents, JournalEntry } from "../journal/journal.ts";
import { EventHistory } from "./event-history.ts";
import {
  atRevision,
  keyOf,
  type ObjectKey,
  pathOf,
  type StoredObject,
  type StoreEvent,
} from "./stored-object.ts";

/** How many changes watches can go back by default. */
const DEFAULT_HISTORY = 10_000;

/** Options of {@link ObjectStore}. */
export interface ObjectStoreOptions {
  /** Makes changes durable before anybody sees them. Without one nothing outlives the process. */
  readonly journal?: Journal | undefined;
  /** What the journal held. */
  readonly contents?: JournalContents | undefined;
  /** Where revisions begin: every one given is larger. A journal's own revision goes before if that is larger. */
  readonly firstRevision: bigint;
  /** How many changes a watch can go back. @defaultValue 10000 */
  readonly historyLimit?: number | undefined;
}

/** A change that a write wants. An object that is put gets its `resourceVersion` from the store. */
export type Change =
  | { readonly kind: "put"; readonly object: StoredObject }
  | { readonly kind: "delete"; readonly key: ObjectKey };

/** What a write decided: `answer` makes its result of what was stored, one object per change. */
export interface Decision<T> {
  readonly changes: readonly Change[];
  readonly answer: (stored: readonly StoredObject[]) => T;
}

/** The objects as a write sees them: with every write that goes before it. */
export interface StoreView {
  get(key: ObjectKey): StoredObject | undefined;
  readonly revision: bigint;
}

interface Waiting {
  readonly decide: (view: StoreView) => Decision<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (reason: unknown) => void;
}

interface Settled {
  readonly waiting: Waiting;
  readonly value: unknown;
}

/**
 * Objects with one order of changes. Writes are decided one after another; those that wait while the journal is busy are made
 * durable together. What is not durable is seen by nobody but the writes after it.
 */
export class ObjectStore {
  readonly #journal: Journal | undefined;
  readonly #objects = { Lease: new Map<string, StoredObject>(), Namespace: new Map<string, StoredObject>() };
  readonly #history: EventHistory;
  readonly #listeners = new Set<(event: StoreEvent) => void>();
  #revision: bigint;
  #queue: Waiting[] = [];
  #busy = false;
  #failure: ApiError | undefined;

  constructor({ journal, contents, firstRevision, historyLimit = DEFAULT_HISTORY }: ObjectStoreOptions) {
    this.#journal = journal;
    const before = contents?.revision ?? 0n;
    this.#revision = before > firstRevision ? before : firstRevision;
    for (const object of [...(contents?.namespaces ?? []), ...(contents?.leases ?? [])]) this.#set(object);
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
    return this.#objects[key.kind].get(pathOf(key));
  }

  /** All objects of a kind, of one namespace if one is named, in order. */
  list(kind: ObjectKey["kind"], namespace?: string): readonly StoredObject[] {
    return sorted(this.#objects[kind], namespace);
  }

  /** The same as it was at a revision; `undefined` when that is forgotten. */
  listAt(
    kind: ObjectKey["kind"],
    namespace: string | undefined,
    revision: bigint,
  ): readonly StoredObject[] | undefined {
    const since = this.#history.after(revision);
    if (since === undefined) return undefined;
    const objects = new Map(this.#objects[kind]);
    for (const { object, previous } of since.toReversed()) {
      if (object.kind !== kind) continue;
      if (previous === undefined) objects.delete(pathOf(keyOf(object)));
      else objects.set(pathOf(keyOf(object)), previous);
    }
    return sorted(objects, namespace);
  }

  /** Forgets the changes up to now: watches from before are told 410. */
  compact(): void {
    this.#history.compact(this.#revision);
  }

  /** The changes after a revision; `undefined` when some of them are forgotten. */
  eventsAfter(revision: bigint): readonly StoreEvent[] | undefined {
    return this.#history.after(revision);
  }

  /** Calls back with every change from now on, in order. Gives a function that ends that. */
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
      const batch = new Batch((key) => this.get(key), this.#revision);
      const settled = this.#decideAll(this.#queue.splice(0), batch);
      if (this.#journal !== undefined && batch.entries.length > 0) {
        try {
          await this.#journal.append(batch.entries);
        } catch (error) {
          this.#failure = journalFailed(error);
          for (const { waiting } of settled) waiting.reject(this.#failure);
          continue;
        }
      }
      for (const event of batch.events) this.#apply(event);
      for (const { waiting, value } of settled) waiting.resolve(value);
    }
    this.#busy = false;
  }

  #decideAll(waiting: readonly Waiting[], batch: Batch): Settled[] {
    const settled: Settled[] = [];
    for (const each of waiting) {
      try {
        const { changes, answer } = each.decide(batch);
        // What changes nothing is answered also when nothing can be written any more.
        if (this.#failure !== undefined && changes.length > 0) throw this.#failure;
        settled.push({ waiting: each, value: answer(changes.map((change) => batch.change(change))) });
      } catch (error) {
        each.reject(error);
      }
    }
    return settled;
  }

  #apply(event: StoreEvent): void {
    this.#revision = event.revision;
    if (event.type === "DELETED") this.#objects[event.object.kind].delete(pathOf(keyOf(event.object)));
    else this.#set(event.object);
    this.#history.add(event);
    for (const listener of this.#listeners) listener(event);
  }

  #set(object: StoredObject): void {
    this.#objects[object.kind].set(pathOf(keyOf(object)), object);
  }
}

/** Changes that become durable together, each seen by those after it. */
class Batch implements StoreView {
  readonly events: StoreEvent[] = [];
  readonly entries: JournalEntry[] = [];
  readonly #stored: (key: ObjectKey) => StoredObject | undefined;
  readonly #overlay = new Map<string, StoredObject | undefined>();
  revision: bigint;

  constructor(stored: (key: ObjectKey) => StoredObject | undefined, revision: bigint) {
    this.#stored = stored;
    this.revision = revision;
  }

  get(key: ObjectKey): StoredObject | undefined {
    const id = idOf(key);
    return this.#overlay.has(id) ? this.#overlay.get(id) : this.#stored(key);
  }

  /** Gives the object as it is stored then; one that is deleted with the revision of its end. A put of the same is no change. */
  change(change: Change): StoredObject {
    const key = change.kind === "put" ? keyOf(change.object) : change.key;
    const previous = this.get(key);
    if (change.kind === "put" && previous !== undefined && isDeepStrictEqual(change.object, previous))
      return previous;
    const last = change.kind === "put" ? change.object : previous;
    if (last === undefined) throw new Error(`There is no ${key.kind} ${pathOf(key)} to delete`);
    this.revision += 1n;
    const { revision } = this;
    const object = atRevision(last, revision);
    if (change.kind === "put") {
      this.#overlay.set(idOf(key), object);
      this.events.push({ type: previous === undefined ? "ADDED" : "MODIFIED", revision, object, previous });
      this.entries.push({ kind: "put", revision, object });
    } else {
      this.#overlay.set(idOf(key), undefined);
      this.events.push({ type: "DELETED", revision, object, previous });
      this.entries.push({
        kind: "delete",
        revision,
        object: key.kind,
        namespace: key.namespace,
        name: key.name,
      });
    }
    return object;
  }
}

function idOf(key: ObjectKey): string {
  return `${key.kind}/${pathOf(key)}`;
}

function sorted(
  objects: ReadonlyMap<string, StoredObject>,
  namespace: string | undefined,
): readonly StoredObject[] {
  return [...objects]
    .filter(([, { metadata }]) => namespace === undefined || metadata.namespace === namespace)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);
}

function journalFailed(cause: unknown): ApiError {
  const detail = cause instanceof Error ? cause.message : String(cause);
  const error = new ApiError(500, "InternalError", `Internal error occurred: the journal failed: ${detail}`);
  error.cause = cause;
  return error;
}
