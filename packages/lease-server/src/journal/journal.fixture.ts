import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import type { Lease } from "../object/lease.ts";
import type { JournalEntry } from "./journal.ts";

/** A new folder, removed when the test has finished. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenure-journal-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** A Lease as the store would write it at a revision. */
export function leaseAt(revision: bigint, name = "demo", holderIdentity = "pod-1"): Lease {
  return {
    kind: "Lease",
    apiVersion: "coordination.k8s.io/v1",
    metadata: { name, namespace: "default", uid: `uid-of-${name}`, resourceVersion: String(revision) },
    spec: { holderIdentity, leaseDurationSeconds: 15 },
  };
}

/** The write of {@link leaseAt}. */
export function put(revision: bigint, name?: string, holderIdentity?: string): JournalEntry {
  return { kind: "put", revision, object: leaseAt(revision, name, holderIdentity) };
}

/** The deletion of a Lease of {@link leaseAt}. */
export function remove(revision: bigint, name = "demo"): JournalEntry {
  return { kind: "delete", revision, object: "Lease", namespace: "default", name };
}
