import type { Lease } from "../object/lease.ts";
import type { JournalEntry, StoredNamespace } from "./journal.ts";
import { JournalState } from "./journal-state.ts";

/**
 * The payloads of a journal. Its first line is a snapshot, and says what the file is:
 *
 *     {"format":"tenure-lease-journal","version":1,"revision":"1764000000000123","objects":[…]}
 *
 * and each further line is what one append wrote:
 *
 *     [{"kind":"put","revision":"1764000000000124","object":{…}},
 *      {"kind":"delete","revision":"1764000000000125","object":"Lease","namespace":"default","name":"demo"}]
 */
const FORMAT = "tenure-lease-journal";
const VERSION = 1;

/** The first line. */
export function snapshotText({ revision, objects }: JournalState): string {
  return JSON.stringify({ format: FORMAT, version: VERSION, revision: String(revision), objects });
}

/** @throws TypeError when it is not a snapshot that this version can read. */
export function parseSnapshot(text: string): JournalState {
  const snapshot: unknown = JSON.parse(text);
  if (!isObject(snapshot) || snapshot["format"] !== FORMAT)
    throw new TypeError("it is not a journal of a lease-server");
  if (snapshot["version"] !== VERSION) {
    throw new TypeError(
      `expected version ${VERSION} of the format, got ${JSON.stringify(snapshot["version"])}`,
    );
  }
  // Its checksum was right and so was its version: this is what `snapshotText` wrote.
  const { revision, objects } = snapshot as unknown as Snapshot;
  return new JournalState(BigInt(revision), objects);
}

/** A further line. */
export function entriesText(entries: readonly JournalEntry[]): string {
  return JSON.stringify(entries.map((entry) => ({ ...entry, revision: String(entry.revision) })));
}

/** Reads what {@link entriesText} wrote. */
export function parseEntries(text: string): readonly JournalEntry[] {
  // Its checksum was right, and a line after a snapshot of this version has no other form.
  const entries = JSON.parse(text) as readonly StoredEntry[];
  return entries.map((entry) => ({ ...entry, revision: BigInt(entry.revision) }));
}

interface Snapshot {
  readonly revision: string;
  readonly objects: readonly (Lease | StoredNamespace)[];
}

type StoredEntry = {
  [K in JournalEntry["kind"]]: Stored<Extract<JournalEntry, { kind: K }>>;
}[JournalEntry["kind"]];
type Stored<E> = Omit<E, "revision"> & { readonly revision: string };

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
