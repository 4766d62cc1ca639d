import type { Lease } from "../object/lease.ts";
import type { JournalContents, JournalEntry, StoredNamespace } from "./journal.ts";

/** What all entries of a journal add up to. */
export class JournalState {
  readonly #objects: Map<string, Lease | StoredNamespace>;
  #revision: bigint;

  constructor(revision: bigint = 0n, objects: readonly (Lease | StoredNamespace)[] = []) {
    this.#revision = revision;
    this.#objects = new Map(objects.map((object) => [keyOf(object), object]));
  }

  /** The largest revision ever, that of a deletion included. */
  get revision(): bigint {
    return this.#revision;
  }

  /** In no particular order. */
  get objects(): readonly (Lease | StoredNamespace)[] {
    return [...this.#objects.values()];
  }

  /** @throws RangeError when the revisions do not grow; the state is then unchanged. */
  apply(entries: readonly JournalEntry[]): void {
    assertGrowing(this.#revision, entries);
    for (const entry of entries) {
      if (entry.kind === "put") this.#objects.set(keyOf(entry.object), entry.object);
      else this.#objects.delete(`${entry.object}/${entry.namespace ?? ""}/${entry.name}`);
      this.#revision = entry.revision;
    }
  }

  /** As the store wants it. */
  toContents(): JournalContents {
    const objects = this.objects;
    return {
      revision: this.#revision,
      leases: objects.filter((object) => object.kind === "Lease"),
      namespaces: objects.filter((object) => object.kind === "Namespace"),
    };
  }
}

/** @throws RangeError unless each revision is larger than the one before. */
export function assertGrowing(revision: bigint, entries: readonly JournalEntry[]): void {
  let last = revision;
  for (const entry of entries) {
    if (entry.revision <= last)
      throw new RangeError(`Expected a revision above ${last}, got ${entry.revision}`);
    last = entry.revision;
  }
}

function keyOf({ kind, metadata }: Lease | StoredNamespace): string {
  return `${kind}/${metadata.namespace ?? ""}/${metadata.name}`;
}
