import type { JournalEntry } from "../src/journal/journal.ts";
import type { Lease } from "../src/object/lease.ts";

/**
 * A history that anybody can compute from a revision alone: what a killed process had written, and what must be there after it.
 * Seven Leases; every fifth revision deletes one; one to four revisions are appended at once.
 */
export function batchAfter(revision: bigint, objectBytes: number): readonly JournalEntry[] {
  const first = revision + 1n;
  const size = Number(first % 4n) + 1;
  return Array.from({ length: size }, (_, index) => entryAt(first + BigInt(index), objectBytes));
}

/** Whether an append of this history ends with that revision. */
export function isEndOfBatch(revision: bigint): boolean {
  let end = 0n;
  while (end < revision) end += BigInt(batchAfter(end, 0).length);
  return end === revision;
}

/** The Leases there are after a revision, by name. */
export function leasesAfter(revision: bigint, objectBytes: number): readonly Lease[] {
  const leases = new Map<string, Lease>();
  // Older revisions of a name do not matter: each name comes every seventh, and is put again soon.
  for (let at = revision > 100n ? revision - 100n : 1n; at <= revision; at++) {
    const entry = entryAt(at, objectBytes);
    if (entry.kind === "delete") leases.delete(entry.name);
    else if (entry.object.kind === "Lease") leases.set(entry.object.metadata.name, entry.object);
  }
  return byName([...leases.values()]);
}

/** Sorted, to be compared. */
export function byName(leases: readonly Lease[]): readonly Lease[] {
  return leases.toSorted((a, b) => a.metadata.name.localeCompare(b.metadata.name));
}

function entryAt(revision: bigint, objectBytes: number): JournalEntry {
  const name = `lease-${revision % 7n}`;
  if (revision % 5n === 0n) return { kind: "delete", revision, object: "Lease", namespace: "default", name };
  const note = String(revision).repeat(Math.ceil(objectBytes / String(revision).length));
  return {
    kind: "put",
    revision,
    object: {
      kind: "Lease",
      apiVersion: "coordination.k8s.io/v1",
      metadata: { name, namespace: "default", resourceVersion: String(revision), annotations: { note } },
      spec: { holderIdentity: "writer", leaseTransitions: Number(revision) },
    },
  };
}
