import type { VersionedRecord } from "@tenure/core";
import { isJsonObject, parseExactJson } from "@tenure/core/backend";
import type { LeaseKey } from "./lease-key.ts";
import { decodeLease, tokenOf } from "./lease-object.ts";
import { readStatus } from "./status.ts";

/** One line of a watch. `resourceVersion` is where a new stream would go on after it. */
export type WatchEvent =
  | {
      readonly kind: "changed";
      readonly resourceVersion: string;
      readonly current: VersionedRecord | undefined;
    }
  | {
      readonly kind: "deleted";
      readonly resourceVersion: string;
      readonly fencingToken: bigint | undefined;
    }
  /** Nothing of ours happened until then: a bookmark, or an event of another Lease from a server that does not select. */
  | { readonly kind: "passed"; readonly resourceVersion: string }
  /** The version to go on from is compacted away. */
  | { readonly kind: "expired" }
  /** The server ends the stream, or sends what is no event. */
  | { readonly kind: "broken"; readonly reason: string };

/** Reads one line: `{"type":"MODIFIED","object":{"kind":"Lease",…}}`. Never throws. */
export function decodeWatchLine(line: string, key: LeaseKey): WatchEvent {
  let event: unknown;
  try {
    event = parseExactJson(line);
  } catch {
    return { kind: "broken", reason: "a line is not JSON" };
  }
  if (!isJsonObject(event)) return { kind: "broken", reason: "a line is no event" };
  const { type, object } = event;
  if (type === "ERROR") return decodeError(object);
  const metadata = isJsonObject(object) ? object["metadata"] : undefined;
  if (!isJsonObject(metadata)) return { kind: "broken", reason: "an event has no object" };
  const { name, resourceVersion } = metadata;
  if (typeof resourceVersion !== "string" || resourceVersion === "") {
    return { kind: "broken", reason: "an event has no resourceVersion" };
  }
  if (type === "BOOKMARK" || name !== key.name) return { kind: "passed", resourceVersion };
  switch (type) {
    case "ADDED":
    case "MODIFIED":
      return { kind: "changed", resourceVersion, current: decodeIfReadable(object, key) };
    case "DELETED":
      // The object's last state, but with the resourceVersion of its deletion.
      return { kind: "deleted", resourceVersion, fencingToken: tokenOf(resourceVersion) };
    default:
      return { kind: "broken", reason: "an event has an unknown type" };
  }
}

function decodeError(object: unknown): WatchEvent {
  const status = readStatus(object);
  if (status?.code === 410 || status?.reason === "Expired" || status?.reason === "Gone") {
    return { kind: "expired" };
  }
  return { kind: "broken", reason: `the server ends it: ${status?.reason ?? "no reason"}` };
}

function decodeIfReadable(object: unknown, key: LeaseKey): VersionedRecord | undefined {
  try {
    return decodeLease(object, key);
  } catch {
    // It did change. What it is now, a read will tell, or say why not.
    return undefined;
  }
}
