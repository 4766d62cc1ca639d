import type { LeaderElectionRecord } from "@tenure/core";

/** A record as an elector writes it, with the given fields changed. */
export function record(change: Partial<LeaderElectionRecord> = {}): LeaderElectionRecord {
  return {
    holderIdentity: "replica-1",
    leaseDurationMs: 15_000,
    acquireTime: "2026-11-23T19:13:00.123456Z",
    renewTime: "2026-11-23T19:13:10.654321Z",
    leaderTransitions: 3,
    ...change,
  };
}

/** A renew time that is another one for each number from 0 to 999999. */
export function renewTime(n: number): string {
  return `2026-11-23T19:13:10.${String(n).padStart(6, "0")}Z`;
}
