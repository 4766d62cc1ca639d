/**
 * One replica of the demo, a process of its own: the real elector on the real lock, and a task that counts. Told what to do,
 * and tells what happens, over the IPC channel to the demo; when that closes the demo is gone, and so is this.
 */
import { randomBytes } from "node:crypto";
import { setInterval } from "node:timers/promises";
import { LeaderElector, type ResourceLock, type Term } from "@tenure/core";
import { machineNowMs } from "../run/machine-time.ts";
import { observeWrites } from "./observe-writes.ts";
import { openRoutedLock } from "./open-routed-lock.ts";
import type { ReplicaOrder, ReplicaReport } from "./replica-messages.ts";

/** One piece of work takes so long. */
const WORK_MS = 100;

const shutdown = new AbortController();
process.on("disconnect", () => process.exit());
// Ctrl-C in a terminal reaches every process: the demo decides what it means.
process.on("SIGINT", () => {});
process.on("SIGTERM", () => shutdown.abort());
process.on("message", (order: ReplicaOrder) => {
  if (order.kind === "stop") shutdown.abort();
  else void campaign(order);
});

function tell(happening: ReplicaReport["happening"]): void {
  const report: ReplicaReport = { atMs: machineNowMs(), happening };
  // A report that cannot be sent has nobody to read it: the channel is closing.
  process.send?.(report, undefined, undefined, () => {});
}

async function work(term: Term): Promise<void> {
  tell({ kind: "task-started", token: String(term.fencingToken) });
  try {
    for await (const _ of setInterval(WORK_MS, undefined, { signal: term.signal })) {
      if (term.isLeading()) tell({ kind: "worked" });
    }
  } catch (error) {
    if (!term.signal.aborted) throw error;
  } finally {
    const { reason } = term.signal;
    tell({ kind: "task-stopped", reason: reason?.stopReason ?? "task-failed" });
  }
}

async function campaign({ name, lock, timing }: Extract<ReplicaOrder, { kind: "campaign" }>): Promise<void> {
  try {
    const opened = await openRoutedLock(lock, process.env);
    const identity = `${name}_${randomBytes(4).toString("hex")}`;
    const elector = new LeaderElector({
      ...timing,
      identity,
      lock: observeWrites(opened.lock, (record) => {
        if (record.holderIdentity === identity) tell({ kind: "renewed" });
      }),
    });
    elector
      .on("newLeader", (leader) =>
        tell({ kind: "sees-leader", leader: leader.identity.replace(/_[^_]*$/, "") }),
      )
      .on("anomaly", ({ kind, message }) => tell({ kind: "trouble", message: `${kind}: ${message}` }))
      .on("error", ({ message }) => tell({ kind: "trouble", message: shorten(message, opened.lock) }));
    tell({ kind: "up", pid: process.pid });
    await elector.run(work, { signal: shutdown.signal });
    await opened.close();
  } catch (error) {
    tell({ kind: "trouble", message: error instanceof Error ? error.message : String(error) });
    process.exitCode = 1;
  }
  process.disconnect?.();
}

/** The lock has one name here, and its server is behind a proxy whose address says nothing to anybody. */
function shorten(message: string, { description }: ResourceLock): string {
  return message
    .replaceAll(description, "the lock")
    .replaceAll(/(?:https?:\/\/)?127\.0\.0\.1:\d+/g, "the store");
}
