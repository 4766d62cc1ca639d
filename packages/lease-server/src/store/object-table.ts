import { keyOf, type ObjectKey, pathOf, type StoredObject, type StoreEvent } from "./stored-object.ts";

type Kind = ObjectKey["kind"];

/** Objects by kind and path: one state of them all. */
export class ObjectTable {
  readonly #objects: Readonly<Record<Kind, Map<string, StoredObject>>>;

  constructor(objects: Iterable<StoredObject> = []) {
    this.#objects = { Lease: new Map(), Namespace: new Map() };
    for (const object of objects) this.set(object);
  }

  get(key: ObjectKey): StoredObject | undefined {
    return this.#objects[key.kind].get(pathOf(key));
  }

  set(object: StoredObject): void {
    this.#objects[object.kind].set(pathOf(keyOf(object)), object);
  }

  delete(key: ObjectKey): void {
    this.#objects[key.kind].delete(pathOf(key));
  }

  apply({ type, object }: StoreEvent): void {
    if (type === "DELETED") this.delete(keyOf(object));
    else this.set(object);
  }

  undo({ object, previous }: StoreEvent): void {
    if (previous === undefined) this.delete(keyOf(object));
    else this.set(previous);
  }

  /** All of a kind, of one namespace if one is named, in order. */
  list(kind: Kind, namespace?: string): readonly StoredObject[] {
    return [...this.#objects[kind]]
      .filter(([, { metadata }]) => namespace === undefined || metadata.namespace === namespace)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([, object]) => object);
  }

  /** Another table with all objects of that kind. */
  copy(kind: Kind): ObjectTable {
    return new ObjectTable(this.#objects[kind].values());
  }
}
