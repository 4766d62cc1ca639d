import type { Story } from "./story-selection.ts";
import { subjectOf } from "./story-words.ts";

/** One lane of the drawing. */
export interface Lane {
  readonly name: string;
  readonly color: string;
  /** From and to which height it reaches, with its labels. */
  readonly top: number;
  readonly bottom: number;
  /** Its bar, on the side of the store. */
  readonly barTop: number;
  readonly barBottom: number;
  /** Where requests leave it, and where they reach the store. */
  readonly doorY: number;
  readonly storeY: number;
  /** Baselines of its labels, nearest to the bar first. */
  readonly labelYs: readonly number[];
}

/** Where everything is. */
export interface Layout {
  readonly width: number;
  readonly height: number;
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  readonly fromMs: number;
  readonly toMs: number;
  readonly lanes: ReadonlyMap<string, Lane>;
  readonly storeTop: number;
  readonly storeBottom: number;
  x(atMs: number): number;
}

const COLORS = ["#3178c6", "#c2641a", "#2f8f57", "#8a5bc0", "#a8456b", "#177f8c"] as const;
const LEFT = 84;
const RIGHT = 28;
const PX_PER_SECOND = 44;
const PLOT_PX = { least: 820, most: 1600 } as const;
const ROW_PX = 15;
const ROWS = 4;
const BAR_PX = 20;
const GAP_PX = 62;
const STORE_PX = 24;
const LANES_MOST = 7;

/** Lays out the lanes of a story below `top`: half of the replicas above the store, the others below it. */
export function layOut(story: Story, top: number): Layout {
  const { cast } = story;
  const spanMs = Math.max(cast.toMs - story.zeroMs, 1);
  const fromMs = story.zeroMs - spanMs * 0.03;
  const toMs = cast.toMs + spanMs * 0.06;
  const plotPx = Math.min(Math.max((spanMs / 1000) * PX_PER_SECOND, PLOT_PX.least), PLOT_PX.most);

  const names = shownReplicas(story);
  const above = Math.ceil(names.length / 2);
  const laneHeight = ROWS * ROW_PX + BAR_PX + 8;
  const storeTop = top + above * (laneHeight + 8) + GAP_PX;
  const storeBottom = storeTop + STORE_PX;
  const lanes = new Map<string, Lane>();
  for (const [place, name] of names.entries()) {
    const color = COLORS[place % COLORS.length] ?? COLORS[0];
    if (place < above) {
      const laneTop = top + place * (laneHeight + 8);
      const barTop = laneTop + laneHeight - BAR_PX;
      lanes.set(name, {
        name,
        color,
        top: laneTop,
        bottom: laneTop + laneHeight,
        barTop,
        barBottom: barTop + BAR_PX,
        doorY: barTop + BAR_PX,
        storeY: storeTop,
        labelYs: rows((row) => barTop - 7 - row * ROW_PX),
      });
    } else {
      const barTop = storeBottom + GAP_PX + (place - above) * (laneHeight + 8);
      lanes.set(name, {
        name,
        color,
        top: barTop,
        bottom: barTop + laneHeight,
        barTop,
        barBottom: barTop + BAR_PX,
        doorY: barTop,
        storeY: storeBottom,
        labelYs: rows((row) => barTop + BAR_PX + 16 + row * ROW_PX),
      });
    }
  }
  const bottom = Math.max(storeBottom + 40, ...[...lanes.values()].map((lane) => lane.bottom)) + 6;
  return {
    width: LEFT + plotPx + RIGHT,
    height: bottom + 62,
    left: LEFT,
    right: LEFT + plotPx,
    top,
    bottom,
    fromMs,
    toMs,
    lanes,
    storeTop,
    storeBottom,
    x: (atMs) => LEFT + ((atMs - fromMs) / (toMs - fromMs)) * plotPx,
  };
}

/** The replicas that the story speaks of, in the order in which the world knows them. */
function shownReplicas({ trace, cast, events }: Story): readonly string[] {
  const spokenOf = new Set([...cast.involved, ...events.map(subjectOf)]);
  const byWeight = [...spokenOf].toSorted(
    (one, other) => Number(cast.involved.has(other)) - Number(cast.involved.has(one)),
  );
  const shown = byWeight.filter((name) => trace.replicas.includes(name)).slice(0, LANES_MOST);
  return trace.replicas.filter((name) => shown.includes(name));
}

function rows(y: (row: number) => number): readonly number[] {
  return Array.from({ length: ROWS }, (_, row) => y(row));
}

/** Times for the axis, relative to `zeroMs`, at 1, 2 or 5 times a power of ten. */
export function ticks({ fromMs, toMs, left, right }: Layout, zeroMs: number): readonly number[] {
  const leastMs = ((toMs - fromMs) / (right - left)) * 70;
  const power = 10 ** Math.floor(Math.log10(leastMs));
  const stepMs = ([1, 2, 5, 10].find((factor) => factor * power >= leastMs) ?? 10) * power;
  const first = Math.ceil((fromMs - zeroMs) / stepMs);
  const count = Math.floor((toMs - zeroMs) / stepMs) - first + 1;
  return Array.from({ length: count }, (_, place) => (first + place) * stepMs);
}
