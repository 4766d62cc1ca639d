import { measureText, secondsText, timingText } from "./event-text.ts";
import type { FailOver, FailOverKind } from "./fail-overs.ts";
import type { Summary } from "./summary.ts";

const KINDS: Readonly<Record<FailOverKind, string>> = {
  crash: "kill -9",
  freeze: "freeze",
  cut: "cut off",
  stop: "stop",
  other: "other",
};

/** A summary for people, in lines of 80 characters. */
export function summaryText(summary: Summary): readonly string[] {
  const { failure, store, timing, firstLeaderMs, failOvers, terms, renewals, work, overlaps } = summary;
  return [
    "",
    `Summary: ${store}, ${timingText(timing)}`,
    ...(firstLeaderMs === undefined
      ? []
      : [`  first leader ${measureText(firstLeaderMs)} after all processes were up`]),
    ...failOverTable(failOvers),
    `  terms ${terms}, renewals ${renewals}, pieces of work ${work}`,
    `  two tasks at once: ${overlaps.length === 0 ? "never" : `${overlaps.length} times`}`,
    ...overlaps.map(
      ({ replicas: [one, other], fromMs, durationMs }) =>
        `    ${one} and ${other} from ${secondsText(fromMs)} on, for ${measureText(durationMs)}`,
    ),
    ...(failure === undefined ? [] : [`  FAILED: ${failure}`]),
  ];
}

function failOverTable(failOvers: readonly FailOver[]): readonly string[] {
  if (failOvers.length === 0) return [];
  const row = (label: string, ...measures: readonly [string, string, string]): string =>
    `  ${label.padEnd(32)}${measures.map((measure) => measure.padStart(14)).join("")}`;
  return [
    row("the next task started after", "it happened", "last renewal", "task ended"),
    ...failOvers.map(({ kind, from, to, afterDeedMs, afterLastRenewalMs, afterTaskEndMs }) =>
      row(
        `${KINDS[kind].padEnd(7)}  ${from} -> ${to}`,
        afterDeedMs === undefined ? "" : measureText(afterDeedMs),
        measureText(afterLastRenewalMs),
        measureText(afterTaskEndMs),
      ),
    ),
  ];
}
