import type { LockEvent } from "@tenure/core";
import { decodeRecord } from "./stored-record.ts";

/**
 * Reads what a script published, `["1764093600000000","9f3c…","{\"holderIdentity\":…}","5e0d…"]`: the whole record, so that a
 * standby has no need to read. An empty message says that the record is gone. Never throws: channels are open to anybody.
 */
export function readChange(message: string): LockEvent {
  if (message === "") return { kind: "deleted" };
  try {
    const parsed: unknown = JSON.parse(message);
    const [version, generation, record, op] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
    return { kind: "changed", current: decodeRecord({ version, generation, record, op }) };
  } catch {
    // Something did happen. What it is now, a read will tell, or say why not.
    return { kind: "changed" };
  }
}
