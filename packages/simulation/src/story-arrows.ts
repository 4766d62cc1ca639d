import type { Lane, Layout } from "./story-layout.ts";
import type { Story } from "./story-selection.ts";
import { element } from "./svg-element.ts";
import { type Call, endingOf, isWrite } from "./trace-index.ts";

interface Point {
  readonly x: number;
  readonly y: number;
}

/** The requests that the story tells of, from their replica to the store and back. */
export function drawCalls(story: Story, layout: Layout): string {
  const drawn = new Set<Call>();
  return story.events
    .map((event) => {
      if (event.kind === "repeated") return event.calls.map((call) => drawCall(call, layout, true)).join("");
      if (event.kind !== "moment" || event.call === undefined || drawn.has(event.call)) return "";
      drawn.add(event.call);
      return drawCall(event.call, layout, false);
    })
    .join("");
}

function drawCall(call: Call, layout: Layout, faint: boolean): string {
  const lane = layout.lanes.get(call.who);
  if (lane === undefined) return "";
  const door = (atMs: number): Point => ({ x: layout.x(atMs), y: lane.doorY });
  const store = (atMs: number): Point => ({ x: layout.x(atMs), y: lane.storeY });
  const sent = door(call.sent.event.atMs);
  const shapes: string[] = [];

  for (const { event } of call.landings) {
    shapes.push(arrow(sent, store(event.atMs), lane, { dashed: event.duplicate }));
  }
  for (const { event } of call.losses) {
    const landed = call.landings[0];
    const from = event.part === "request" || landed === undefined ? sent : store(landed.event.atMs);
    shapes.push(lostLine(from, middle(layout.x(event.atMs), lane), lane));
  }
  const isOnItsWay = call.landings.length === 0 && call.losses.length === 0;
  if (isOnItsWay && call.answered === undefined) {
    shapes.push(arrow(sent, middle(layout.x(layout.toMs), lane), lane, { dashed: true }));
  }
  if (call.answered !== undefined) {
    const answer = call.answered;
    const landed = call.landings.find(({ index }) => index < answer.index);
    const answerLost = call.losses.some(({ event }) => event.part === "answer");
    const isFailure = endingOf(call) !== "confirmed";
    const end = door(answer.event.atMs);
    // Without a landing an answer is either the replica's own, for want of one, or a refusal on the way.
    if (landed === undefined || answerLost) shapes.push(cross(end, "failure"));
    else shapes.push(arrow(store(landed.event.atMs), end, lane, { dashed: isFailure, failure: isFailure }));
  }
  return element("g", { opacity: faint ? 0.4 : 1, "stroke-width": isWrite(call) ? 1.6 : 1 }, shapes.join(""));
}

/** What watches told in the time of the story: thin lines from the change to its news. */
export function drawWatches({ trace, cast }: Story, layout: Layout): string {
  const madeAtMs = new Map<string, number>();
  const lines: string[] = [];
  for (const event of trace.events) {
    if (event.kind === "landed" && event.applied && event.version !== undefined) {
      madeAtMs.set(event.version, event.atMs);
    }
    if (event.kind === "stranger" && event.version !== undefined) madeAtMs.set(event.version, event.atMs);
    if (event.kind !== "watched" || event.atMs < layout.fromMs || event.atMs > layout.toMs) continue;
    const lane = layout.lanes.get(event.who);
    if (lane === undefined || !cast.involved.has(event.who)) continue;
    const fromMs = (event.version === undefined ? undefined : madeAtMs.get(event.version)) ?? event.atMs;
    lines.push(
      element("line", {
        class: "watch",
        x1: layout.x(fromMs),
        y1: lane.storeY,
        x2: layout.x(event.atMs),
        y2: lane.doorY,
      }),
    );
  }
  return lines.join("");
}

function arrow(
  from: Point,
  to: Point,
  { color }: Lane,
  { dashed = false, failure = false }: { readonly dashed?: boolean; readonly failure?: boolean },
): string {
  const length = Math.hypot(to.x - from.x, to.y - from.y) || 1;
  const [dx, dy] = [(to.x - from.x) / length, (to.y - from.y) / length];
  const corner = (side: number) =>
    `${(to.x - 7 * dx - 3 * side * dy).toFixed(1)},${(to.y - 7 * dy + 3 * side * dx).toFixed(1)}`;
  const className = failure ? "failure" : undefined;
  return (
    element("line", {
      class: className,
      stroke: color,
      "stroke-dasharray": dashed ? "4 3" : undefined,
      x1: from.x,
      y1: from.y,
      x2: to.x,
      y2: to.y,
    }) +
    element("polygon", {
      class: failure ? "failure-head" : undefined,
      fill: color,
      stroke: "none",
      points: `${to.x.toFixed(1)},${to.y.toFixed(1)} ${corner(1)} ${corner(-1)}`,
    })
  );
}

function lostLine(from: Point, to: Point, { color }: Lane): string {
  return (
    element("line", { stroke: color, x1: from.x, y1: from.y, x2: to.x, y2: to.y }) + cross(to, "failure")
  );
}

function cross({ x, y }: Point, className: string): string {
  const arm = 4;
  const stroke = (slope: number) =>
    element("line", { class: className, x1: x - arm, y1: y - arm * slope, x2: x + arm, y2: y + arm * slope });
  return element("g", { "stroke-width": 2 }, stroke(1) + stroke(-1));
}

function middle(x: number, { doorY, storeY }: Lane): Point {
  return { x, y: (doorY + storeY) / 2 };
}
