import { widthOf } from "./label-rows.ts";
import type { Layout } from "./story-layout.ts";
import type { Story } from "./story-selection.ts";
import { short } from "./story-words.ts";
import { element, escapeText } from "./svg-element.ts";
import type { TraceIndex } from "./trace-index.ts";

/** A version of the record, for as long as the store held it. */
interface Block {
  readonly version: string | undefined;
  /** Who holds it, as a lane is named. */
  readonly holder: string;
  readonly fromMs: number;
  toMs: number;
}

/** What the store holds, in the color of who holds it. */
export function drawStore({ trace }: Story, layout: Layout): string {
  return blocksOf(trace)
    .filter(({ fromMs, toMs }) => fromMs < layout.toMs && toMs > layout.fromMs)
    .map((block) => drawBlock(block, layout))
    .join("");
}

function blocksOf(trace: TraceIndex): readonly Block[] {
  const blocks: Block[] = [];
  const begin = (version: string | undefined, holder: string, fromMs: number) => {
    const current = blocks.at(-1);
    if (current !== undefined && current.version === version) return;
    if (current !== undefined) current.toMs = fromMs;
    blocks.push({ version, holder, fromMs, toMs: Number.POSITIVE_INFINITY });
  };
  for (const event of trace.events) {
    if (event.kind === "landed") begin(event.version, trace.nameOf(event.holder), event.atMs);
    // Without a version it did not write, or deleted: the next landing tells.
    else if (event.kind === "stranger" && event.version !== undefined) begin(event.version, "?", event.atMs);
  }
  return blocks;
}

function drawBlock({ version, holder, fromMs, toMs }: Block, layout: Layout): string {
  const x = layout.x(Math.max(fromMs, layout.fromMs));
  const width = layout.x(Math.min(toMs, layout.toMs)) - x;
  const whose = holder === "" ? "free" : holder;
  const texts = version === undefined ? ["no record", "none"] : [`${short(version)} · ${whose}`, whose];
  const text = texts.find((candidate) => widthOf(candidate) + 8 <= width);
  const rectangle = element("rect", {
    class: "record",
    fill: layout.lanes.get(holder)?.color ?? "#8a8f98",
    x,
    y: layout.storeTop,
    width: Math.max(width, 0.5),
    height: layout.storeBottom - layout.storeTop,
  });
  if (text === undefined) return rectangle;
  return rectangle + element("text", { x: x + 5, y: layout.storeTop + 16 }, escapeText(text));
}
