#!/usr/bin/env node
/**
 * One candidate in a process of its own, which the suite starts, freezes and kills. Tells what happens as JSON lines on stdout,
 * with the time of the machine's monotonic clock; obeys lines on stdin: `stop`, `stepDown`, `block MILLISECONDS`. Ends when
 * its stdin does: it never outlives whoever started it.
 */
import { createInterface } from "node:readline";
import { parseArgs } from "node:util";
import { LeaderElectionError, LeaderElector, type ResourceLock, type Term } from "@tenure/core";
import type { CreateLock } from "./fixture.ts";
import { monotonicMs } from "./monotonic.ts";
import { tracedLock } from "./traced-lock.ts";

const { values } = parseArgs({
  options: {
    /** `file:` URL of a module that exports `createLock`. */
    module: { type: "string" },
    /** What its `createLock` is called with, as JSON. */
    options: { type: "string", default: "null" },
    /** The record. */
    name: { type: "string" },
    identity: { type: "string" },
    /** Durations of the elector, as JSON. */
    timing: { type: "string", default: "{}" },
  },
});
const { module: moduleUrl, name, identity } = values;
if (moduleUrl === undefined || name === undefined || identity === undefined) {
  throw new TypeError("Expected --module, --name and --identity");
}

function tell(event: string, more: object = {}): void {
  process.stdout.write(`${JSON.stringify({ event, identity, atMs: monotonicMs(), ...more })}\n`);
}

const TICK_MS = 5;
/** A tick that comes this late means that the process did not run. */
const LATE_MS = 250;

/** Looks at its own leadership all the time, and says what it sees first when the process did not run for a while. */
async function task(term: Term): Promise<void> {
  let lastTickMs = monotonicMs();
  const ticker = setInterval(() => {
    const nowMs = monotonicMs();
    if (nowMs - lastTickMs > LATE_MS)
      tell("resumed", { gapMs: nowMs - lastTickMs, isLeading: term.isLeading() });
    lastTickMs = nowMs;
  }, TICK_MS);
  await new Promise<void>((resolve) => {
    term.signal.addEventListener("abort", () => {
      const { reason } = term.signal;
      tell("cancelled", {
        reason: LeaderElectionError.is(reason) ? reason.stopReason : undefined,
        isLeading: term.isLeading(),
      });
      resolve();
    });
  });
  clearInterval(ticker);
}

/** What a candidate module has to export. */
interface LockModule {
  createLock(options: unknown): CreateLock | Promise<CreateLock>;
}

const { createLock } = (await import(moduleUrl)) as LockModule; // the fixture says that it is one
const lock: ResourceLock = await (await createLock(JSON.parse(values.options)))({ name });
const elector = new LeaderElector({
  lock: tracedLock(lock, (operation) => tell("sends", { operation })),
  identity,
  ...JSON.parse(values.timing),
});
elector
  .on("startedLeading", (term) => tell("started", { token: String(term.fencingToken) }))
  .on("stoppedLeading", ({ reason }) => tell("stopped", { reason }))
  .on("newLeader", (leader) => tell("leader", { leader: leader.identity }))
  .on("anomaly", ({ kind, message }) => tell("anomaly", { kind, message }))
  .on("error", (error) => tell("error", { message: error.message }));

const shutdown = new AbortController();
const commands = createInterface({ input: process.stdin });
commands.on("line", (line) => {
  const [command, argument] = line.split(" ");
  if (command === "stop") shutdown.abort();
  if (command === "stepDown") void elector.stepDown();
  // Holds the whole process, as a long computation or a garbage collection would.
  if (command === "block") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, Number(argument));
});
commands.on("close", () => {
  if (!shutdown.signal.aborted) process.exit(1);
});

tell("campaigning");
await elector.run(task, { signal: shutdown.signal });
await lock.close();
tell("closed");
// Nothing else may keep this process alive: the suite waits for it to end by itself.
process.stdin.destroy();
