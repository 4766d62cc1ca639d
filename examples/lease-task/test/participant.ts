/**
 * A candidate that tells what happens to it as JSON lines, with the wall clock's milliseconds: the counterpart of the
 * testbed's client-go participant. Its task watches `isLeading()` all the time, and says so when the process was frozen.
 */
import { LeaderElector, type Term } from "@tenure/core";
import { LeaseLock } from "@tenure/lock-k8s-lease";

const { env } = process;
const identity = env["IDENTITY"] ?? "";
const shutdown = new AbortController();
process.once("SIGTERM", () => shutdown.abort());

function tell(event: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, identity, atMs: Date.now(), ...more })}\n`);
}

const TICK_MS = 10;
/** A tick that comes this late means that the process did not run. */
const FROZEN_MS = 2_000;

async function task(term: Term): Promise<void> {
  tell("started", { token: String(term.fencingToken) });
  let lastTickMs = performance.now();
  const ticker = setInterval(() => {
    const gapMs = performance.now() - lastTickMs;
    lastTickMs += gapMs;
    // The first thing that runs after a freeze: what does it see?
    if (gapMs > FROZEN_MS) tell("resumed", { gapMs, isLeading: term.isLeading() });
  }, TICK_MS);
  await new Promise<void>((resolve) => {
    term.signal.addEventListener("abort", () => {
      tell("cancelled", { reason: term.signal.reason.stopReason, isLeading: term.isLeading() });
      resolve();
    });
  });
  clearInterval(ticker);
}

const lock = await LeaseLock.fromDefault({
  name: env["LEASE_NAME"] ?? "",
  namespace: env["LEASE_NAMESPACE"] ?? "",
});
const elector = new LeaderElector({
  lock,
  identity,
  leaseDurationMs: Number(env["LEASE_DURATION_MS"]),
  renewDeadlineMs: Number(env["RENEW_DEADLINE_MS"]),
  retryPeriodMs: Number(env["RETRY_PERIOD_MS"]),
});
elector
  .on("newLeader", (leader) => tell("newLeader", { leader: leader.identity }))
  .on("stoppedLeading", ({ reason }) => tell("stopped", { reason }))
  .on("anomaly", ({ kind, message }) => tell("anomaly", { kind, message }))
  .on("error", (error) =>
    tell("error", { code: "code" in error ? error.code : undefined, message: error.message }),
  );
tell("campaigning");
await elector.run(task, { signal: shutdown.signal });
await lock.close();
tell("exit");
