import { type Label, LabelRows } from "./label-rows.ts";
import type { Lane, Layout } from "./story-layout.ts";
import type { Story } from "./story-selection.ts";
import { overlapsOf } from "./story-terms.ts";
import { beliefEndMs, purposeOf, relative, seconds, short } from "./story-words.ts";
import { element } from "./svg-element.ts";
import type { TraceHeader } from "./trace.ts";
import { endingOf } from "./trace-index.ts";

const SPELLS = { pause: "paused", suspend: "suspended", "vm-pause": "VM paused" } as const;

/** All labels, the weightiest first: those that find no room are left out. */
export function drawLabels(header: TraceHeader, story: Story, layout: Layout): string {
  const { cast, zeroMs } = story;
  const { event } = cast.violation;
  const top = new LabelRows([layout.top - 6, layout.top - 21], layout.top, layout.left, layout.right);
  const shapes = [
    top.draw({
      text: `${event.property} ${relative(event.atMs, zeroMs)}`,
      x: layout.x(event.atMs),
      className: "alarm",
    }),
  ];
  for (const { fromMs, toMs, ended, lanes } of overlapsOf(story, layout)) {
    const length = ended ? ` for ${seconds(toMs - fromMs)}` : "";
    shapes.push(
      top.draw({
        text: `${lanes[0].name} and ${lanes[1].name} believe${length}`,
        x: layout.x(fromMs),
        className: "alarm",
      }),
    );
  }
  for (const label of labelsOfWorld(story, layout)) shapes.push(top.draw(label));
  for (const lane of layout.lanes.values()) {
    const edgeY = lane.doorY === lane.barTop ? lane.barBottom : lane.barTop;
    const rows = new LabelRows(lane.labelYs, edgeY, layout.left, layout.right);
    for (const label of labelsOf(lane, header, story, layout)) shapes.push(rows.draw(label));
  }
  const storeRows = new LabelRows(
    [layout.storeBottom + 14, layout.storeBottom + 29],
    layout.storeBottom,
    layout.left,
    layout.right,
  );
  for (const told of story.events) {
    if (told.kind !== "moment" || told.event.kind !== "stranger") continue;
    const x = layout.x(told.atMs);
    const y = layout.storeBottom;
    shapes.push(element("polygon", { class: "stranger", points: diamond(x, y) }));
    shapes.push(storeRows.draw({ text: told.event.what, x }));
  }
  return shapes.join("");
}

/** Faults that concern everybody, and their healing. */
function labelsOfWorld({ events }: Story, layout: Layout): Label[] {
  return events.flatMap((told) => {
    if (told.kind !== "moment" && told.kind !== "earlier") return [];
    const x = layout.x(Math.max(told.atMs, layout.fromMs));
    const { event } = told;
    if (event.kind === "phase") {
      return [{ text: event.phase === "healed" ? "all healed" : "faults begin", x, className: "dim" }];
    }
    const concernsAll = event.kind === "fault-began" && event.who === undefined;
    return concernsAll ? [{ text: event.fault, x, className: "dim" }] : [];
  });
}

function diamond(x: number, y: number): string {
  return [`${x - 5},${y}`, `${x},${y - 6}`, `${x + 5},${y}`, `${x},${y + 6}`]
    .map((point) =>
      point
        .split(",")
        .map((value) => Number(value).toFixed(1))
        .join(","),
    )
    .join(" ");
}

function labelsOf(lane: Lane, header: TraceHeader, story: Story, layout: Layout): Label[] {
  const { trace, cast } = story;
  const events: Label[] = [];
  const spells: Label[] = [];
  const calls: Label[] = [];
  for (const told of story.events) {
    const x = layout.x(Math.max(told.atMs, layout.fromMs));
    if (told.kind === "repeated") {
      if (told.who !== lane.name || told.calls[0] === undefined) continue;
      calls.push({ text: `${told.calls.length} × ${purposeOf(trace, told.calls[0])}`, x });
      continue;
    }
    if (told.kind === "heard" || !("who" in told.event) || told.event.who !== lane.name) continue;
    switch (told.event.kind) {
      case "sent": {
        const call = told.kind === "moment" ? told.call : undefined;
        if (call === undefined) break;
        const ending = endingOf(call);
        const suffix =
          ending === "confirmed"
            ? ""
            : ending === "refused"
              ? `: ${call.answered?.event.outcome}`
              : ` ${ending}`;
        calls.push({ text: `${purposeOf(trace, call)}${suffix}`, x });
        break;
      }
      case "told":
        events.push({ text: `told: ${told.event.reason}`, x });
        break;
      case "term-started":
        if (told.kind === "moment") events.push({ text: "starts", x });
        break;
      case "term-ended":
        events.push({ text: `ended: ${told.event.reason}`, x });
        break;
      case "task-settled":
        events.push({ text: "task settled", x });
        break;
      case "process-crashed":
        events.push({ text: "crashed", x });
        break;
      case "process-started":
        events.push({ text: `started as ${told.event.identity}`, x });
        break;
      case "watched":
        events.push({ text: `sees ${short(told.event.version ?? told.event.event)}`, x });
        break;
      case "paused":
        spells.push({ text: SPELLS[told.event.how], x });
        break;
      case "fault-began":
        spells.push({ text: told.event.fault, x, className: "dim" });
        break;
      default:
        break;
    }
  }
  // A deadline matters where somebody believed past it.
  const believesAt = (atMs: number) =>
    trace.terms.some(
      ({ who, started, ended }) =>
        who === lane.name &&
        started.event.atMs <= atMs &&
        atMs < (ended?.event.atMs ?? Number.POSITIVE_INFINITY),
    );
  const deadlines = [...cast.keyCalls]
    .filter(
      (call) =>
        call.who === lane.name && call.sent.event.purpose === "hold" && endingOf(call) === "confirmed",
    )
    .map((call) => beliefEndMs(call, header))
    .filter((endMs) => endMs < layout.toMs && believesAt(endMs))
    .map((endMs) => ({ text: "renew deadline", x: layout.x(endMs), className: "alarm" }));
  return [...events, ...deadlines, ...spells, ...calls];
}
