/** What a stored write must keep of what was written: its duration, and the order of tokens. */
import type { VersionedRecord } from "../resource-lock.ts";
import { effectiveDurationMs } from "../view.ts";
import type { Draft } from "./draft.ts";

export function isShortened(d: Draft, { record }: VersionedRecord): boolean {
  const { leaseDurationMs } = d.config;
  const storedMs = effectiveDurationMs(record, leaseDurationMs);
  if (storedMs >= leaseDurationMs) return false;
  d.anomaly(
    "shorter-duration",
    `The store holds a lease of ${storedMs} ms where ${leaseDurationMs} ms were written; others would not wait long enough`,
  );
  return true;
}

export function isTokenGood(d: Draft, found: VersionedRecord, floor: bigint | undefined): boolean {
  const token = found.fencingToken;
  if (token === undefined) {
    d.error("ERR_LOCK_RECORD_INVALID", "The store gave no fencing token with the write; not leading");
    return false;
  }
  if (floor === undefined || token > floor || d.config.acceptTokenRegression) return true;
  reportRegression(d, token, floor);
  return false;
}

export function noticeRegression(d: Draft, found: VersionedRecord | undefined): void {
  const { highestToken } = d.state;
  const token = found?.fencingToken;
  if (token === undefined || highestToken === undefined || token >= highestToken) return;
  if (d.config.acceptTokenRegression) d.state.highestToken = token;
  else reportRegression(d, token, highestToken);
}

export function reportRegression(d: Draft, token: bigint, floor: bigint): void {
  if (d.state.regressionReported) return;
  d.state.regressionReported = true;
  d.error(
    "ERR_TOKEN_REGRESSION",
    `The store's fencing token went back from ${floor} to ${token}: restored, failed over, or its clock set back; not leading until it is overtaken`,
  );
}
