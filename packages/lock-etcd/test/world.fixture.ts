import { LeaderElector, type LeaderElectorOptions, type ResourceLock, type StopReason } from "@tenure/core";
import { onTestFinished } from "vitest";

export { CALL, failure, present, record } from "../src/etcd-lock.fixture.ts";

/** What a candidate did, and when by the machine's monotonic clock. */
export interface Told {
  readonly event: "started" | "stopped";
  readonly identity: string;
  readonly atMs: number;
  readonly token: bigint;
  readonly reason?: StopReason | undefined;
}

/** Short leases, with room for two more attempts after one that times out. */
export const SHORT = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 300 } as const;

/** Lets an elector run until the test is over, and writes down what it does. */
export function campaign(
  lock: ResourceLock,
  identity: string,
  trace: Told[],
  timing: Partial<LeaderElectorOptions> = SHORT,
): LeaderElector {
  const elector = new LeaderElector({ lock, identity, ...timing });
  const tell = (event: Told["event"], token: bigint, reason?: StopReason): void => {
    trace.push({ event, identity, atMs: performance.now(), token, reason });
  };
  elector
    .on("startedLeading", (term) => tell("started", term.fencingToken))
    .on("stoppedLeading", ({ term, reason }) => tell("stopped", term.fencingToken, reason));
  const run = elector.run(
    (term) => new Promise((resolve) => term.signal.addEventListener("abort", () => resolve())),
  );
  onTestFinished(async () => {
    await elector.stop();
    await run;
    await lock.close();
  });
  return elector;
}
