import { type Io, printJson } from "../io.ts";
import type { DemoEvent } from "./demo-event.ts";
import { isWorthALine } from "./plain-lines.ts";
import type { Summary } from "./summary.ts";

/** Prints what happens as JSON lines; `schemas/demo-event.schema.json` describes them. */
export function jsonLines(io: Io): (event: DemoEvent) => void {
  return (event) => {
    if (!isWorthALine(event)) return;
    const { kind, atMs, ...more } = event;
    printJson(io, { time: new Date().toISOString(), event: kind, atMs: round(atMs), ...more });
  };
}

/** The last line. */
export function printSummaryJson(io: Io, summary: Summary): void {
  const { failure, failOvers, overlaps, firstLeaderMs, ...more } = summary;
  printJson(io, {
    time: new Date().toISOString(),
    event: "summary",
    ok: failure === undefined && overlaps.length === 0,
    failure: failure ?? null,
    firstLeaderMs: firstLeaderMs === undefined ? null : round(firstLeaderMs),
    failOvers: failOvers.map(({ afterDeedMs, afterLastRenewalMs, afterTaskEndMs, ...who }) => ({
      ...who,
      afterDeedMs: afterDeedMs === undefined ? null : round(afterDeedMs),
      afterLastRenewalMs: round(afterLastRenewalMs),
      afterTaskEndMs: round(afterTaskEndMs),
    })),
    overlapCount: overlaps.length,
    overlaps: overlaps.map(({ replicas, fromMs, durationMs }) => ({
      replicas,
      fromMs: round(fromMs),
      durationMs: round(durationMs),
    })),
    ...more,
  });
}

/** To a microsecond: what is below comes from arithmetic. */
function round(ms: number): number {
  return Math.round(ms * 1_000) / 1_000;
}
