import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setInterval } from "node:timers/promises";
import { LeaderElector, type Term } from "@tenure/core";
import { LeaseLock } from "@tenure/lock-k8s-lease";

const { env } = process;
const shutdown = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => shutdown.abort());

async function task(term: Term): Promise<void> {
  console.log("I am the leader, performing the task...");
  try {
    for await (const _ of setInterval(2_000, undefined, { signal: term.signal })) {
      if (term.isLeading()) console.log("Leader executing task...");
    }
  } catch (error) {
    if (!term.signal.aborted) throw error;
    console.log("Context canceled, stopping task...");
  }
}

function milliseconds(name: string, fallback: number): number {
  const value = env[name] ?? String(fallback);
  if (!/^\d+$/.test(value)) throw new RangeError(`Expected ${name} in whole milliseconds, got "${value}"`);
  return Number(value);
}

try {
  if (!env["POD_NAME"]) console.warn("POD_NAME is not set, using the host name");
  await using lock = await LeaseLock.fromDefault({
    name: env["LEASE_NAME"] ?? "example-lease",
    namespace: env["LEASE_NAMESPACE"] ?? "default",
  });
  const elector = new LeaderElector({
    lock,
    // A restarted container keeps its pod's name: without the suffix it would wait for its own former lease to expire.
    identity: `${env["POD_NAME"] || hostname()}_${randomBytes(4).toString("hex")}`,
    leaseDurationMs: milliseconds("LEASE_DURATION_MS", 15_000),
    renewDeadlineMs: milliseconds("RENEW_DEADLINE_MS", 10_000),
    retryPeriodMs: milliseconds("RETRY_PERIOD_MS", 2_000),
  });
  elector
    .on("newLeader", ({ identity }) => console.error(`The leader is ${identity}`))
    .on("stoppedLeading", () => console.log("I am not the leader anymore, stopping tasks..."))
    .on("anomaly", ({ kind, message }) => console.error(`${kind}: ${message}`))
    .on("error", (error) => console.error(error.message));
  await elector.run(task, { signal: shutdown.signal });
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
