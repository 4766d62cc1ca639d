import { elapsedMs, type TimeReading } from "./clock.ts";
import type { LeaderElectionRecord, VersionedRecord } from "./resource-lock.ts";

/** What an elector knows of the stored record, and since when: one, and the current one only. */
export interface View {
  /** `undefined` when there is no record. */
  readonly current: VersionedRecord | undefined;
  /** The store's order of what is known: an event that is not later tells nothing new. */
  readonly order: bigint | undefined;
  /** When these *fields* (or the absence) were first seen, in monotonic milliseconds read after the answer arrived. */
  readonly firstSeenMs: number;
  /**
   * When this was last confirmed; `undefined` once that is known to be worth nothing. Counts for an absence: what came and
   * went between two looks left no trace. All clocks, since a machine that slept did not look either.
   */
  readonly lastSeenAt: TimeReading | undefined;
  /** How long they must stand before the lock may be taken; 0 when it is free. */
  readonly waitMs: number;
}

/** The last held record seen, own terms included. Never forgotten: what vanished may still be believed in. */
export interface HeldMemory {
  readonly incarnation: string;
  readonly durationMs: number;
}

/** What was found, and when the clocks were read after it had arrived. */
export interface Found {
  readonly current: VersionedRecord | undefined;
  readonly order: bigint | undefined;
  readonly at: TimeReading;
}

/**
 * The next view. A change of fields restarts the wait; a change of the version alone (somebody edits a label) only moves the
 * handle. `ownDurationMs` stands in for a record without a sensible duration. An absence is the same absence only if nothing is
 * known to have come between, and no two looks at it lie further apart than `gapMs`: unlike an update, a create is not
 * protected by the version that was seen.
 */
export function observe(
  view: View | undefined,
  held: HeldMemory | undefined,
  found: Found,
  ownDurationMs: number,
  gapMs: number = Number.POSITIVE_INFINITY,
): View {
  const { current, order, at } = found;
  const same =
    view !== undefined &&
    sameFields(view.current, current) &&
    (current !== undefined || (order === view.order && !isUnseenFor(view, at, gapMs)));
  return {
    current,
    order,
    firstSeenMs: same ? view.firstSeenMs : at.monotonicMs,
    lastSeenAt: at,
    waitMs: waitFor(current, held, ownDurationMs),
  };
}

/** Whether nobody looked for longer than `gapMs`, by any clock: the monotonic one stands still in a suspend, the world does not. */
export function isUnseenFor({ lastSeenAt }: View, at: TimeReading, gapMs: number): boolean {
  return lastSeenAt === undefined || elapsedMs(lastSeenAt, at) > gapMs;
}

function waitFor(
  current: VersionedRecord | undefined,
  held: HeldMemory | undefined,
  ownDurationMs: number,
): number {
  if (current !== undefined && current.record.holderIdentity !== "") {
    return effectiveDurationMs(current.record, ownDurationMs);
  }
  // R2: a record that is gone, or came back empty as another object, frees nothing: its leader may still believe. What was
  // renewed unseen before it vanished may also have had a longer duration than the last one seen.
  if (held === undefined || current?.incarnation === held.incarnation) return 0;
  return Math.max(held.durationMs, ownDurationMs);
}

/** What to remember of a found record, if it is held. */
export function remember(
  held: HeldMemory | undefined,
  current: VersionedRecord | undefined,
  ownDurationMs: number,
): HeldMemory | undefined {
  if (current === undefined || current.record.holderIdentity === "") return held;
  return {
    incarnation: current.incarnation,
    durationMs: effectiveDurationMs(current.record, ownDurationMs),
  };
}

/** The record's own duration, or one's own where it has none or a senseless one. */
export function effectiveDurationMs(record: LeaderElectionRecord, ownDurationMs: number): number {
  return record.leaseDurationMs > 0 ? record.leaseDurationMs : ownDurationMs;
}

/** When the lock may be taken, in monotonic milliseconds: the past when it is free already. */
export function freeAtMs(view: View, marginMs: number): number {
  return view.waitMs === 0 ? Number.NEGATIVE_INFINITY : view.firstSeenMs + view.waitMs + marginMs;
}

function sameFields(a: VersionedRecord | undefined, b: VersionedRecord | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return a.incarnation === b.incarnation && sameRecord(a.record, b.record);
}

function sameRecord(a: LeaderElectionRecord, b: LeaderElectionRecord): boolean {
  return (
    a.holderIdentity === b.holderIdentity &&
    a.leaseDurationMs === b.leaseDurationMs &&
    a.acquireTime === b.acquireTime &&
    a.renewTime === b.renewTime &&
    a.leaderTransitions === b.leaderTransitions &&
    a.strategy === b.strategy &&
    a.preferredHolder === b.preferredHolder
  );
}
