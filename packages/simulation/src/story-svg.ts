import { drawCalls, drawWatches } from "./story-arrows.ts";
import { drawLabels } from "./story-labels.ts";
import { type Layout, layOut, ticks } from "./story-layout.ts";
import { findStory, overlaps, type Story } from "./story-selection.ts";
import { drawStore } from "./story-store.ts";
import { drawHead, drawLegend, emptyDrawing, HEAD_PX, wrapInSvg } from "./story-svg-frame.ts";
import { band, drawOverlaps, drawTerms } from "./story-terms.ts";
import { element, escapeText } from "./svg-element.ts";
import type { TraceEvent, TraceHeader } from "./trace.ts";

/** Draws the story of `tellStory`: a lane for each replica and one for the store, over true time. One self-contained SVG. */
export function drawStory(header: TraceHeader, events: readonly TraceEvent[]): string {
  const story = findStory(events, header.leaseDurationMs);
  if (story === undefined) return emptyDrawing(header);
  const layout = layOut(story, HEAD_PX);
  const clipped = [
    drawSpells(story, layout),
    drawAxis(story, layout),
    drawStore(story, layout),
    drawOverlaps(story, layout),
    ...[...layout.lanes.values()].map((lane) => drawTerms(lane, story, layout)),
    drawWatches(story, layout),
    drawCalls(story, layout),
    drawViolation(story, layout),
  ].join("");
  return wrapInSvg(
    layout,
    [
      drawHead(header, story, layout),
      drawLaneNames(layout),
      element("g", { "clip-path": "url(#plot)" }, clipped),
      drawLabels(header, story, layout),
      drawTickLabels(story, layout),
      drawLegend(layout),
    ].join(""),
  );
}

function drawLaneNames({ lanes, storeTop, storeBottom, left, right }: Layout): string {
  const names = [...lanes.values()].map(
    ({ name, color, barTop, barBottom }) =>
      element("rect", {
        class: "track",
        x: left,
        width: right - left,
        y: barTop,
        height: barBottom - barTop,
      }) + nameBeside(name, (barTop + barBottom) / 2, color, left),
  );
  return names.join("") + nameBeside("store", (storeTop + storeBottom) / 2, undefined, left);
}

function nameBeside(name: string, y: number, fill: string | undefined, left: number): string {
  const shown = name.length > 10 ? `${name.slice(0, 9)}…` : name;
  return element(
    "text",
    { class: "lane", fill, x: left - 10, y: y + 5, "text-anchor": "end" },
    escapeText(shown),
  );
}

/** Faults as bands, pauses hatched. */
function drawSpells({ trace, cast }: Story, layout: Layout): string {
  return trace.spells
    .filter((spell) => overlaps(spell, cast))
    .map(({ who, began: { event }, toMs }) => {
      const lane = who === undefined ? layout : layout.lanes.get(who);
      if (lane === undefined) return "";
      const isPause = event.kind === "paused";
      return band(layout, event.atMs, toMs, lane, isPause ? "pause" : "fault");
    })
    .join("");
}

function drawAxis(story: Story, layout: Layout): string {
  return ticks(layout, story.zeroMs)
    .map((tickMs) => layout.x(story.zeroMs + tickMs))
    .map((x) => element("line", { class: "grid", x1: x, x2: x, y1: layout.top, y2: layout.bottom }))
    .join("");
}

function drawTickLabels(story: Story, layout: Layout): string {
  return ticks(layout, story.zeroMs)
    .map((tickMs) => {
      const x = layout.x(story.zeroMs + tickMs);
      const text = `${tickMs < 0 ? "" : "+"}${Number((tickMs / 1000).toFixed(3))} s`;
      return element("text", { class: "dim", x, y: layout.bottom + 15, "text-anchor": "middle" }, text);
    })
    .join("");
}

function drawViolation({ cast: { violation } }: Story, layout: Layout): string {
  const x = layout.x(violation.event.atMs);
  return element("line", { class: "violation", x1: x, x2: x, y1: layout.top - 16, y2: layout.bottom });
}
