import type { Style } from "../io.ts";
import { type DemoState, type ReplicaState, runningTerm } from "./demo-state.ts";
import { measureText, secondsText, timingText } from "./event-text.ts";
import { type FailOverKind, findFailOvers } from "./fail-overs.ts";
import type { Glyphs } from "./glyphs.ts";
import { findOverlaps } from "./overlaps.ts";
import { eventParts, newsLines } from "./plain-lines.ts";
import type { Timing } from "./replica-messages.ts";
import { legend, replicaTable } from "./replica-table.ts";
import { type Paint, type Segment, styledLine } from "./styled-line.ts";
import { startedAtMs } from "./term-history.ts";

/** What a frame shows. */
export interface ViewInput {
  readonly state: DemoState;
  readonly nowMs: number;
  readonly columns: number;
  readonly rows: number;
  readonly store: string;
  readonly timing: Timing;
  /** Whom the keys are for. */
  readonly chosen: string | undefined;
  /** Why the last key did nothing; empty when it did. */
  readonly message: string;
  readonly glyphs: Glyphs;
}

/** Reports of different processes cross: what is newer than this is not judged yet. */
const UNSETTLED_MS = 300;

const FAIL_OVERS: readonly (readonly [FailOverKind, string])[] = [
  ["crash", "kill -9"],
  ["freeze", "freeze"],
  ["cut", "cut off"],
  ["stop", "stop"],
];

/** One frame, as lines of at most `columns` characters; at most `rows` of them. */
export function renderView(input: ViewInput, paint: Paint): readonly string[] {
  const { state, rows, glyphs } = input;
  const top = [
    header(input),
    [],
    leaderLine(input),
    totalsLine(input),
    [],
    ...replicaTable(state, input),
    legend(glyphs),
    [],
    failOverLine(state),
    [],
  ];
  const bottom = [[{ text: ` ${input.message}`, style: "yellow" as const }], keysLine(state.replicas)];
  const room = rows - top.length - bottom.length;
  const news = room > 0 ? newsLines(state.news).slice(-room).map(eventSegments) : [];
  const filler = Array.from({ length: Math.max(0, room - news.length) }, (): readonly Segment[] => []);
  // Where there is no room for all, the keys stay.
  const lines = [...top, ...news, ...filler, ...bottom];
  const fitting = lines.length <= rows ? lines : [...lines.slice(0, rows - 1), lines.at(-1) ?? []];
  return fitting.map((segments) => styledLine(segments, input.columns, paint));
}

function header({ store, timing, glyphs: { dot } }: ViewInput): readonly Segment[] {
  return [
    { text: " tenure demo", style: "bold" },
    { text: ` ${dot} ${store} ${dot} ${timingText(timing)}`, style: "dim" },
  ];
}

function leaderLine({ state, nowMs, timing }: ViewInput): readonly Segment[] {
  const term = runningTerm(state);
  if (term !== undefined) {
    return [
      " Leader  ",
      { text: term.replica, style: ["green", "bold"] },
      `  for ${secondsText(nowMs - startedAtMs(term))}, fencing token ${term.token}`,
    ];
  }
  const last = state.terms.at(-1);
  if (last === undefined) return [" Leader  ", { text: "nobody yet", style: "yellow" }];
  const leftMs = last.renewedAtMs + timing.leaseDurationMs - nowMs;
  const lapse = leftMs > 0 ? `its lease lapses in ${secondsText(leftMs)}` : "its lease has lapsed";
  return [" Leader  ", { text: "nobody", style: "yellow" }, `: ${last.replica} led last, ${lapse}`];
}

function totalsLine({ state, nowMs }: ViewInput): readonly Segment[] {
  const overlaps = findOverlaps(state.terms, nowMs - UNSETTLED_MS).length;
  const never: Segment = { text: "never", style: "green" };
  const times: Segment = { text: `${overlaps} times`, style: ["red", "bold"] };
  const work = state.terms.reduce((sum, term) => sum + term.work, 0);
  return [
    " Two tasks at once: ",
    overlaps === 0 ? never : times,
    `    terms ${state.terms.length}    renewals ${state.renewals}    pieces of work ${work}`,
  ];
}

function failOverLine(state: DemoState): readonly Segment[] {
  const failOvers = findFailOvers(state);
  const figures = FAIL_OVERS.map(([kind, name]) => {
    const newest = failOvers.findLast((failOver) => failOver.kind === kind)?.afterDeedMs;
    return `${name} ${newest === undefined ? "-" : measureText(newest)}`;
  });
  return [" Next task after  ", { text: figures.join("   "), style: "reset" }];
}

function eventSegments(event: Parameters<typeof eventParts>[0]): readonly Segment[] {
  const { time, text, isDeed } = eventParts(event);
  const style: Style = isDeed ? "bold" : event.kind === "trouble" ? "yellow" : "reset";
  return [
    { text: time, style: "dim" },
    { text, style },
  ];
}

function keysLine(replicas: readonly ReplicaState[]): readonly Segment[] {
  const keys: readonly (readonly [string, string])[] = [
    [`1-${replicas.length}`, "choose"],
    ["l", "leader"],
    ["k", "kill -9"],
    ["f", "freeze"],
    ["c", "cut off"],
    ["s", "stop"],
    ["r", "start"],
    ["q", "quit"],
  ];
  return keys.flatMap(([key, meaning]): readonly Segment[] => [
    { text: ` ${key}`, style: "bold" },
    { text: ` ${meaning} `, style: "dim" },
  ]);
}
