import { widthOf } from "./label-rows.ts";
import type { Lane, Layout } from "./story-layout.ts";
import type { Story } from "./story-selection.ts";
import { short } from "./story-words.ts";
import { element, escapeText } from "./svg-element.ts";
import type { Term } from "./trace-index.ts";

/** Belief as bars; the part after the task was told to stop is shaded. */
export function drawTerms(lane: Lane, { trace }: Story, layout: Layout): string {
  const { barTop: y, color, name } = lane;
  const height = lane.barBottom - y;
  return trace.terms
    .filter((term) => term.who === name && isVisible(term, layout))
    .map(({ started, told, ended, token }) => {
      const x = layout.x(Math.max(started.event.atMs, layout.fromMs - 1000));
      const endX = layout.x(Math.min(ended?.event.atMs ?? Number.POSITIVE_INFINITY, layout.toMs + 1000));
      const toldX = told === undefined ? endX : Math.min(Math.max(layout.x(told.event.atMs), x), endX);
      const textX = Math.max(x, layout.left) + 5;
      const text = [`believes, token ${short(token)}`, `token ${short(token)}`, short(token)].find(
        (candidate) => textX + widthOf(candidate) + 4 < toldX,
      );
      const shaded = element("rect", {
        class: "told",
        fill: color,
        stroke: color,
        x: toldX,
        y,
        width: endX - toldX,
        height,
      });
      return (
        element("rect", { fill: color, x, y, width: Math.max(toldX - x, 1), height }) +
        (endX > toldX ? shaded : "") +
        (text === undefined
          ? ""
          : element("text", { class: "on-bar", x: textX, y: y + 14 }, escapeText(text)))
      );
    })
    .join("");
}

function isVisible({ started, ended }: Term, { fromMs, toMs }: Layout): boolean {
  return started.event.atMs < toMs && (ended?.event.atMs ?? Number.POSITIVE_INFINITY) > fromMs;
}

/** Two replicas that believe at once. */
export interface Overlap {
  readonly fromMs: number;
  readonly toMs: number;
  /** The trace tells its end. */
  readonly ended: boolean;
  readonly lanes: readonly [Lane, Lane];
}

/** All of them, in the time of the drawing. */
export function overlapsOf({ trace }: Story, layout: Layout): readonly Overlap[] {
  const visible = trace.terms.filter((term) => isVisible(term, layout));
  const found: Overlap[] = [];
  for (const [place, one] of visible.entries()) {
    for (const other of visible.slice(place + 1)) {
      const lanes = [layout.lanes.get(one.who), layout.lanes.get(other.who)] as const;
      const fromMs = Math.max(one.started.event.atMs, other.started.event.atMs);
      const toMs = Math.min(
        one.ended?.event.atMs ?? layout.toMs,
        other.ended?.event.atMs ?? layout.toMs,
        layout.toMs,
      );
      if (one.who === other.who || lanes[0] === undefined || lanes[1] === undefined) continue;
      const ended = one.ended !== undefined || other.ended !== undefined;
      if (toMs > fromMs) found.push({ fromMs, toMs, ended, lanes: [lanes[0], lanes[1]] });
    }
  }
  return found;
}

/** Highlights where two believe at once. */
export function drawOverlaps(story: Story, layout: Layout): string {
  return overlapsOf(story, layout)
    .map(({ fromMs, toMs, lanes }) => {
      const top = Math.min(...lanes.map(({ barTop }) => barTop)) - 3;
      const bottom = Math.max(...lanes.map(({ barBottom }) => barBottom)) + 3;
      return band(layout, fromMs, toMs, { top, bottom }, "overlap");
    })
    .join("");
}

/** A rectangle over a stretch of time. */
export function band(
  layout: Layout,
  fromMs: number,
  toMs: number,
  { top, bottom }: { readonly top: number; readonly bottom: number },
  className: string,
): string {
  const x = layout.x(Math.max(fromMs, layout.fromMs));
  const width = Math.max(layout.x(Math.min(toMs, layout.toMs)) - x, 1);
  return element("rect", { class: className, x, y: top, width, height: bottom - top });
}
