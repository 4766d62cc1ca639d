import { randomBytes } from "node:crypto";
import { hostname } from "node:os";
import { setInterval } from "node:timers/promises";
import { LeaderElector, type ResourceLock, type Term } from "@tenure/core";

const { env } = process;

/** One replica of an election on any lock: works while it leads, tells what happens as JSON lines, ends with SIGTERM. */
export async function runElection(lock: ResourceLock): Promise<void> {
  const identity = `${env["POD_NAME"] ?? hostname()}_${randomBytes(4).toString("hex")}`;
  const say = (event: string, more: object = {}): void =>
    console.log(JSON.stringify({ atMs: Date.now(), event, identity, ...more }));
  const shutdown = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.once(signal, () => shutdown.abort());

  const elector = new LeaderElector({
    lock,
    identity,
    leaseDurationMs: 5_000,
    renewDeadlineMs: 3_000,
    retryPeriodMs: 1_000,
  });
  elector
    .on("newLeader", (leader) => say("following", { leader: leader.identity }))
    .on("anomaly", ({ kind, message }) => say("anomaly", { kind, message }))
    .on("error", (error) => say("error", { message: error.message }));

  const task = async (term: Term): Promise<void> => {
    say("leading", { token: String(term.fencingToken) });
    term.signal.addEventListener("abort", () =>
      say("told to stop", { reason: term.signal.reason.stopReason, isLeading: term.isLeading() }),
    );
    for await (const _ of setInterval(100, undefined, { signal: term.signal })) {
      // The work; it would send its fencing token along.
      if (!term.isLeading()) say("sees that it does not lead");
    }
  };
  await elector.run(task, { signal: shutdown.signal });
  await lock.close();
}
