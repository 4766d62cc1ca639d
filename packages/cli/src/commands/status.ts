import { Command } from "commander";
import { formatDuration } from "../duration.ts";
import { EXIT } from "../exit-codes.ts";
import { type Io, print, printJson, style } from "../io.ts";
import { parseLockUrl } from "../lock-url.ts";
import { openLock } from "../open-lock.ts";
import { type RecordState, type RecordView, viewRecord } from "../record-view.ts";
import { storeClock } from "../store-clock.ts";
import { addStoreOptions, type StoreOptions } from "../store-options.ts";
import type { ClockOffset } from "../store-time.ts";
import { visible } from "../visible-text.ts";

interface StatusOptions extends StoreOptions {
  readonly json?: true;
}

/** `tenure status`: who leads, as the record says. */
export function statusCommand(io: Io): Command {
  const command = new Command("status")
    .description("Show who leads: holder, token, age of the last renewal, expiry, transitions.")
    .argument("<url>", "the lock, e.g. k8s://default/scheduler")
    .option("--json", "one JSON document")
    .addHelpText(
      "after",
      `
Ages are the holder's clock against the server's (Kubernetes, lease-server, Redis), else against this machine's (etcd).
Electors do not judge by clocks: they wait until they saw the record unchanged for its whole lease (\`tenure watch\`).

Examples:
  tenure status k8s://default/scheduler --context staging
  tenure status redis://127.0.0.1:6379/scheduler --json

Exit codes: 0 somebody leads, 1 nobody does (no record, given back, or expired by these clocks), 2 to 5 see \`tenure --help\`.`,
    );
  return addStoreOptions(command).action(async (text: string, options: StatusOptions) => {
    const url = parseLockUrl(text);
    await using opened = await openLock(url, options, io.env);
    const found = await opened.lock.get({ timeoutMs: options.timeout });
    const clock = await storeClock(url, options, io.env);
    const nowMs = Date.now() + (clock?.offsetMs ?? 0);
    const view = viewRecord(found, nowMs);
    if (options.json) printJson(io, { lock: opened.description, ...view, clock: describeClock(clock) });
    else show(io, opened.description, view, nowMs, clock);
    io.exitCode = view.state === "held" ? EXIT.ok : EXIT.no;
  });
}

function describeClock(clock: ClockOffset | undefined): object {
  return clock === undefined
    ? { source: "this machine", offsetMs: 0, uncertaintyMs: null }
    : {
        source: "store",
        offsetMs: Math.round(clock.offsetMs),
        uncertaintyMs: Math.ceil(clock.uncertaintyMs),
      };
}

const STATES: Readonly<Record<RecordState, readonly ["green" | "yellow" | "red", string]>> = {
  held: ["green", "held"],
  expired: ["red", "expired: whoever saw it unchanged for its whole lease may take it"],
  free: ["yellow", "free: given back, nobody leads"],
  absent: ["yellow", "no record: nobody has led yet, or it was deleted"],
};

function show(io: Io, lock: string, view: RecordView, nowMs: number, clock: ClockOffset | undefined): void {
  const [color, state] = STATES[view.state];
  print(io, lock);
  const rows: [string, string | undefined][] = [
    ["State", style(io.stdout, color, state)],
    ["Holder", view.holder === null ? undefined : style(io.stdout, "bold", visible(view.holder))],
    ["Renewed", renewed(view, clock)],
    ["Expires", expires(view)],
    ["Acquired", acquired(view, nowMs)],
    ["Transitions", view.transitions === null ? undefined : String(view.transitions)],
    [
      "Token",
      view.token === null ? undefined : `${view.token} (of the last write; the term's is this or smaller)`,
    ],
  ];
  for (const [name, value] of rows) {
    if (value !== undefined) print(io, `  ${name.padEnd(12)}${value}`);
  }
}

function renewed({ renewedAgoMs, holder }: RecordView, clock: ClockOffset | undefined): string | undefined {
  if (renewedAgoMs === null || holder === null) return undefined;
  const against = clock === undefined ? "this machine's clock" : "the store's clock";
  if (renewedAgoMs < -1_000) {
    return `${formatDuration(-renewedAgoMs)} in the future: the holder's clock and ${against} differ`;
  }
  return `${formatDuration(Math.max(0, renewedAgoMs))} ago, by ${against} and the holder's own`;
}

function expires({ expiresInMs, leaseDurationMs }: RecordView): string | undefined {
  if (expiresInMs === null || leaseDurationMs === null) return undefined;
  const lease = `lease of ${formatDuration(leaseDurationMs)}`;
  return expiresInMs > 0
    ? `in ${formatDuration(expiresInMs)} unless renewed, ${lease}`
    : `${formatDuration(-expiresInMs)} ago, ${lease}`;
}

function acquired({ acquireTime, holder }: RecordView, nowMs: number): string | undefined {
  if (acquireTime === null || holder === null) return undefined;
  const atMs = Date.parse(acquireTime);
  return Number.isNaN(atMs)
    ? visible(acquireTime)
    : `${acquireTime} (${formatDuration(Math.max(0, nowMs - atMs))} ago)`;
}
