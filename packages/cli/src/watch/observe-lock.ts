import { type ResourceLock, systemClock, type Timer, type VersionedRecord } from "@tenure/core";
import { sleep } from "@tenure/core/backend";
import { describeFailure } from "../failure.ts";
import { type ChangeKind, changeBetween } from "./lock-change.ts";

/** Who is told. */
export interface LockObserver {
  onChange(kind: ChangeKind, found: VersionedRecord | undefined): void;
  /** The store is not reached, or refuses; said once until it answers again. */
  onTrouble(line: string): void;
}

/** A hint may get lost (Redis tells nobody of a DEL), and a watch may not be allowed: then reads are all there is. */
const READ_EVERY_MS = 5_000;
const READ_WITHOUT_WATCH_MS = 1_000;

/**
 * Follows a lock until the signal aborts, like a standby but without ever wanting it: by its watch, and by a read now and then.
 * Never writes.
 * @throws what the first read throws
 */
export async function observeLock(
  lock: ResourceLock,
  observer: LockObserver,
  { signal, timeoutMs }: { readonly signal: AbortSignal; readonly timeoutMs: number },
): Promise<void> {
  let current = await lock.get({ timeoutMs, signal });
  let expiry: Timer | undefined;
  let watches = lock.watch !== undefined;
  let troubled = false;
  const keepExpiry = (): void => {
    expiry?.cancel();
    const { holderIdentity, leaseDurationMs } = current?.record ?? { holderIdentity: "", leaseDurationMs: 0 };
    if (holderIdentity === "" || leaseDurationMs === 0) return;
    expiry = systemClock.setTimer(() => observer.onChange("expired", current), leaseDurationMs);
  };
  const accept = (found: VersionedRecord | undefined): void => {
    const kind = changeBetween(current, found);
    current = found;
    if (kind === undefined) return;
    // A label that somebody edits renews nothing.
    if (kind !== "edited") keepExpiry();
    observer.onChange(kind, found);
  };
  const read = async (): Promise<void> => {
    const before = current;
    try {
      const found = await lock.get({ timeoutMs, signal });
      troubled = false;
      // What came meanwhile may have seen more; what is older than before it is no news.
      if (current === before || found === undefined || isNewer(found, current)) accept(found);
    } catch (error) {
      if (signal.aborted) return;
      if (!troubled) observer.onTrouble(describeFailure(error).line);
      troubled = true;
    }
  };
  const follow = async (): Promise<void> => {
    try {
      for await (const event of lock.watch?.({ signal, from: current }) ?? []) {
        if (event.kind !== "changed" || event.current === undefined) await read();
        else if (isNewer(event.current, current)) accept(event.current);
      }
    } catch (error) {
      if (!signal.aborted) observer.onTrouble(`no watch, reading instead: ${describeFailure(error).line}`);
    } finally {
      watches = false;
    }
  };
  observer.onChange("seen", current);
  keepExpiry();
  const following = follow();
  try {
    while (!signal.aborted) {
      await sleep(systemClock, watches ? READ_EVERY_MS : READ_WITHOUT_WATCH_MS, [signal]);
      if (!signal.aborted) await read();
    }
  } finally {
    expiry?.cancel();
    await following;
  }
}

/** An event may come after a read that has seen more; the store's order tells. */
function isNewer(event: VersionedRecord, current: VersionedRecord | undefined): boolean {
  const [theirs, ours] = [event.fencingToken, current?.fencingToken];
  return theirs === undefined || ours === undefined || theirs > ours;
}
