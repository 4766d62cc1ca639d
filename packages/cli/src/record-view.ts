import type { VersionedRecord } from "@tenure/core";

/**
 * - `held`: somebody holds it, and has renewed in time by the clocks that were compared
 * - `expired`: the lease ran out by these clocks
 * - `free`: given back
 * - `absent`: never written, or deleted
 */
export type RecordState = "held" | "expired" | "free" | "absent";

/** A record as `tenure` shows it; the shape of its JSON. */
export interface RecordView {
  readonly state: RecordState;
  readonly holder: string | null;
  /** The store's order of the record's last write: the token of the term is this or smaller. */
  readonly token: string | null;
  readonly leaseDurationMs: number | null;
  readonly acquireTime: string | null;
  readonly renewTime: string | null;
  readonly renewedAgoMs: number | null;
  readonly expiresInMs: number | null;
  readonly transitions: number | null;
}

/**
 * What a record says at a time. `renewTime` is the holder's clock and `nowMs` another one: how far they agree is for the
 * caller to say. No elector judges like this: it waits until it has seen the record unchanged for its whole lease.
 */
export function viewRecord(found: VersionedRecord | undefined, nowMs: number): RecordView {
  if (found === undefined) return NONE;
  const { holderIdentity, leaseDurationMs, acquireTime, renewTime, leaderTransitions } = found.record;
  const renewedAtMs = Date.parse(renewTime ?? "");
  const renewedAgoMs = Number.isNaN(renewedAtMs) ? null : Math.round(nowMs - renewedAtMs);
  const isFree = holderIdentity === "";
  const lapses = !isFree && leaseDurationMs > 0 && renewedAgoMs !== null;
  const expiresInMs = lapses ? leaseDurationMs - renewedAgoMs : null;
  return {
    state: isFree ? "free" : expiresInMs !== null && expiresInMs <= 0 ? "expired" : "held",
    holder: isFree ? null : holderIdentity,
    token: found.fencingToken === undefined ? null : String(found.fencingToken),
    leaseDurationMs: leaseDurationMs > 0 ? leaseDurationMs : null,
    acquireTime: acquireTime ?? null,
    renewTime: renewTime ?? null,
    renewedAgoMs,
    expiresInMs,
    transitions: leaderTransitions,
  };
}

const NONE: RecordView = Object.freeze({
  state: "absent",
  holder: null,
  token: null,
  leaseDurationMs: null,
  acquireTime: null,
  renewTime: null,
  renewedAgoMs: null,
  expiresInMs: null,
  transitions: null,
});
