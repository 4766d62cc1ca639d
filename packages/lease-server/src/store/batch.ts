import { isDeepStrictEqual } from "node:util";
import type { JournalEntry } from "../journal/journal.ts";
import type { ObjectTable } from "./object-table.ts";
import {
  atRevision,
  keyOf,
  type ObjectKey,
  pathOf,
  type StoredObject,
  type StoreEvent,
} from "./stored-object.ts";

/** A change that a write wants. An object that is put gets its `resourceVersion` from the store. */
export type Change =
  | { readonly kind: "put"; readonly object: StoredObject }
  | { readonly kind: "delete"; readonly key: ObjectKey };

/** The objects as a write sees them: with every write that goes before it. */
export interface StoreView {
  get(key: ObjectKey): StoredObject | undefined;
  /** All of a kind, of one namespace if one is named, in order. */
  list(kind: ObjectKey["kind"], namespace?: string): readonly StoredObject[];
  readonly revision: bigint;
}

/** Changes that become durable together, each seen by those after it and by nobody else yet. */
export class Batch implements StoreView {
  readonly events: StoreEvent[] = [];
  readonly entries: JournalEntry[] = [];
  readonly #table: ObjectTable;
  readonly #changed = new Map<string, StoreEvent>();
  #revision: bigint;

  constructor(table: ObjectTable, revision: bigint) {
    this.#table = table;
    this.#revision = revision;
  }

  get revision(): bigint {
    return this.#revision;
  }

  get(key: ObjectKey): StoredObject | undefined {
    const changed = this.#changed.get(idOf(key));
    if (changed === undefined) return this.#table.get(key);
    return changed.type === "DELETED" ? undefined : changed.object;
  }

  list(kind: ObjectKey["kind"], namespace?: string): readonly StoredObject[] {
    const table = this.#table.copy(kind);
    for (const event of this.events) if (event.object.kind === kind) table.apply(event);
    return table.list(kind, namespace);
  }

  /** Gives the object as it is then; one that is deleted at the revision of its end. To put what there is already is no change. */
  change(change: Change): StoredObject {
    return change.kind === "put" ? this.#put(change.object) : this.#delete(change.key);
  }

  #put(wanted: StoredObject): StoredObject {
    const previous = this.get(keyOf(wanted));
    if (previous !== undefined && isDeepStrictEqual(wanted, previous)) return previous;
    const object = atRevision(wanted, this.#nextRevision());
    this.entries.push({ kind: "put", revision: this.#revision, object });
    return this.#record({ type: previous === undefined ? "ADDED" : "MODIFIED", object, previous });
  }

  #delete(key: ObjectKey): StoredObject {
    const previous = this.get(key);
    if (previous === undefined) throw new Error(`There is no ${key.kind} ${pathOf(key)} to delete`);
    const object = atRevision(previous, this.#nextRevision());
    const { kind, namespace, name } = key;
    this.entries.push({ kind: "delete", revision: this.#revision, object: kind, namespace, name });
    return this.#record({ type: "DELETED", object, previous });
  }

  #nextRevision(): bigint {
    this.#revision += 1n;
    return this.#revision;
  }

  #record(event: Omit<StoreEvent, "revision">): StoredObject {
    const complete = { ...event, revision: this.#revision };
    this.events.push(complete);
    this.#changed.set(idOf(keyOf(event.object)), complete);
    return event.object;
  }
}

function idOf(key: ObjectKey): string {
  return `${key.kind}/${pathOf(key)}`;
}
