import type { Style } from "../io.ts";
import { type DemoState, type Mode, modeOf, type ReplicaState } from "./demo-state.ts";
import type { Glyphs } from "./glyphs.ts";
import { mergeSegments, type Segment } from "./styled-line.ts";
import { timelineColumns } from "./timeline.ts";

/** What one character of a bar stands for. */
const COLUMN_MS = 1_000;
const SHORTEST_BAR = 8;

const STATES: Readonly<Record<Mode, { readonly text: string; readonly style: Style }>> = {
  down: { text: "stopped", style: "dim" },
  starting: { text: "starting", style: "dim" },
  following: { text: "following", style: "reset" },
  leading: { text: "leading", style: ["green", "bold"] },
  frozen: { text: "frozen", style: "cyan" },
  cut: { text: "cut off", style: "yellow" },
  "leading-cut": { text: "leading, cut off", style: ["yellow", "bold"] },
};
const STATE_WIDTH = "leading, cut off".length;

/** A line for each replica, under a heading: its state, its bar over the last seconds, its terms and its work. */
export function replicaTable(
  state: DemoState,
  given: {
    readonly nowMs: number;
    readonly columns: number;
    readonly glyphs: Glyphs;
    readonly chosen: string | undefined;
  },
): readonly (readonly Segment[])[] {
  const { nowMs, columns, glyphs, chosen } = given;
  const nameWidth = Math.max(...state.replicas.map(({ name }) => name.length));
  const fixedWidth = 5 + nameWidth + 2 + STATE_WIDTH + 2 + "  terms    work ".length;
  const barColumns = Math.max(SHORTEST_BAR, columns - fixedWidth);
  const spanMs = barColumns * COLUMN_MS;
  const title = `last ${spanMs / 1_000} s`;
  const heading = `     ${"replica".padEnd(nameWidth)}  ${"state".padEnd(STATE_WIDTH)}  ${title.padEnd(barColumns)}  terms    work`;
  const rows = state.replicas.map((replica, index): readonly Segment[] => {
    const terms = state.terms.filter((term) => term.replica === replica.name);
    const work = terms.reduce((sum, term) => sum + term.work, 0);
    const isChosen = replica.name === chosen;
    const { text, style } = stateOf(replica, state);
    const bar = timelineColumns(replica, { columns: barColumns, spanMs, nowMs });
    return [
      ` ${isChosen ? glyphs.chosen : " "} `,
      { text: `${index + 1} ${replica.name.padEnd(nameWidth)}`, style: isChosen ? "bold" : "reset" },
      "  ",
      { text: text.padEnd(STATE_WIDTH), style },
      "  ",
      ...mergeSegments(bar.map((mode) => glyphs.modes[mode])),
      `  ${String(terms.length).padStart(5)}  ${String(work).padStart(6)}`,
    ];
  });
  return [[{ text: heading, style: "dim" }], ...rows];
}

/** What the characters of the bars mean. */
export function legend({ modes }: Glyphs): readonly Segment[] {
  const shown: readonly (readonly [Mode, string])[] = [
    ["leading", "leads"],
    ["following", "follows"],
    ["leading-cut", "leads, cut off"],
    ["cut", "cut off"],
    ["frozen", "frozen"],
  ];
  const entries = shown.flatMap(([mode, text]): readonly Segment[] => [
    modes[mode],
    { text: ` ${text}   `, style: "dim" },
  ]);
  return ["     ", ...entries];
}

function stateOf(
  replica: ReplicaState,
  { terms }: DemoState,
): { readonly text: string; readonly style: Style } {
  const mode = modeOf(replica, terms);
  if (mode === "down" && replica.ended !== "" && replica.ended !== "exit 0") {
    return { text: `dead (${replica.ended})`, style: "red" };
  }
  if (replica.process === "stopping" && mode === "following") return { text: "stopping", style: "dim" };
  return STATES[mode];
}
