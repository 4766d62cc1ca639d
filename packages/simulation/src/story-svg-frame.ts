import { FONT_PX, widthOf } from "./label-rows.ts";
import type { Layout } from "./story-layout.ts";
import type { Story } from "./story-selection.ts";
import { propertyInWords, seconds } from "./story-words.ts";
import { element, escapeText } from "./svg-element.ts";
import type { TraceHeader } from "./trace.ts";

/** The height of what stands above the lanes. */
export const HEAD_PX = 106;

/** Readable on paper of its own, which follows the reader's choice of light or dark. */
const STYLE = `
text { font: ${FONT_PX}px system-ui, "DejaVu Sans", Verdana, sans-serif; fill: #1f2328; }
.title { font-size: 15px; font-weight: 600; }
.lane { font-size: 13px; font-weight: 600; }
.dim { fill: #656d76; }
.alarm { fill: #b3141d; font-weight: 600; }
.on-bar { fill: #ffffff; }
.paper { fill: #ffffff; stroke: #d0d7de; }
.plate { fill: #ffffff; opacity: 0.75; }
.grid { stroke: #d0d7de; stroke-width: 0.6; }
.track { fill: #8c959f; opacity: 0.15; }
.leader { stroke: #8c959f; stroke-width: 0.7; }
.fault { fill: #d4a72c; opacity: 0.14; }
.pause { fill: url(#hatch); }
.hatch { stroke: #6e7781; stroke-width: 1.5; }
.record { fill-opacity: 0.28; stroke: #8c959f; stroke-width: 0.5; }
.told { fill-opacity: 0.35; stroke-dasharray: 3 2; }
.overlap { fill: #e5484d; opacity: 0.25; }
.violation { stroke: #d1242f; stroke-width: 2; }
.failure { stroke: #d1242f; }
.failure-head { fill: #d1242f; }
.watch { stroke: #8c959f; stroke-width: 0.8; stroke-dasharray: 1.5 2; }
.stranger { fill: #d1242f; stroke: #ffffff; }
@media (prefers-color-scheme: dark) {
text { fill: #e6edf3; }
.dim { fill: #9198a1; }
.alarm { fill: #ff7b72; }
.paper { fill: #0d1117; stroke: #30363d; }
.plate { fill: #0d1117; }
.grid { stroke: #30363d; }
.record { fill-opacity: 0.45; }
}
`;

/** The whole document around `content`. */
export function wrapInSvg(
  {
    width,
    height,
    left,
    right,
    top,
    bottom,
  }: Pick<Layout, "width" | "height" | "left" | "right" | "top" | "bottom">,
  content: string,
): string {
  const hatch = element(
    "pattern",
    { id: "hatch", width: 7, height: 7, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
    element("line", { class: "hatch", x1: 0, y1: 0, x2: 0, y2: 7 }),
  );
  const clip = element(
    "clipPath",
    { id: "plot" },
    element("rect", { x: left, y: top - 20, width: right - left, height: bottom - top + 20 }),
  );
  return `${element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      width,
      height,
      viewBox: `0 0 ${Math.round(width)} ${Math.round(height)}`,
      role: "img",
    },
    [
      element("style", {}, STYLE),
      element("defs", {}, hatch + clip),
      element("rect", { class: "paper", x: 0.5, y: 0.5, width: width - 1, height: height - 1, rx: 6 }),
      content,
    ].join("\n"),
  )}\n`;
}

/** What is drawn when nothing is violated. */
export function emptyDrawing({ seed, commit }: TraceHeader): string {
  const text = `seed ${seed}, commit ${commit}: no property was violated`;
  const width = widthOf(text) + 40;
  return wrapInSvg(
    { width, height: 50, left: 0, right: width, top: 20, bottom: 50 },
    element("text", { x: 20, y: 30 }, escapeText(text)),
  );
}

/** Seed, property, message and settings. */
export function drawHead(header: TraceHeader, { cast, zeroMs }: Story, { width }: Layout): string {
  const { property, message } = cast.violation.event;
  const lettersOfLine = Math.floor((width - 40) / widthOf("x"));
  const says = propertyInWords(property);
  const text = (className: string | undefined, y: number, content: string) =>
    element(
      "text",
      { class: className, x: 16, y },
      escapeText(content.length > lettersOfLine ? `${content.slice(0, lettersOfLine - 1)}…` : content),
    );
  return [
    text("title", 26, `${property} violated${says === "" ? "" : `: ${says}`}`),
    text(undefined, 46, message.replace(/\s+/g, " ")),
    text(
      "dim",
      64,
      `seed ${header.seed}, commit ${header.commit}; ${header.settings}; +0 s is ${seconds(zeroMs)} after the beginning`,
    ),
  ].join("");
}

/** What the shapes mean. */
export function drawLegend({ left, bottom, width }: Layout): string {
  const y = bottom + 34;
  const entries: readonly (readonly [string, (x: number) => string])[] = [
    ["believes", (x) => element("rect", { fill: "#3178c6", x, y: y - 3, width: 18, height: 10 })],
    [
      "told to stop",
      (x) =>
        element("rect", {
          class: "told",
          fill: "#3178c6",
          stroke: "#3178c6",
          x,
          y: y - 3,
          width: 18,
          height: 10,
        }),
    ],
    ["does not run", (x) => element("rect", { class: "pause", x, y: y - 3, width: 18, height: 10 })],
    ["fault", (x) => element("rect", { class: "fault", x, y: y - 3, width: 18, height: 10 })],
    [
      "request, answer",
      (x) =>
        element("line", { stroke: "#3178c6", "stroke-width": 1.6, x1: x, y1: y + 2, x2: x + 18, y2: y + 2 }),
    ],
    [
      "lost",
      (x) =>
        element("line", {
          class: "failure",
          "stroke-width": 2,
          x1: x + 5,
          y1: y - 2,
          x2: x + 13,
          y2: y + 6,
        }) +
        element("line", { class: "failure", "stroke-width": 2, x1: x + 5, y1: y + 6, x2: x + 13, y2: y - 2 }),
    ],
    ["watch", (x) => element("line", { class: "watch", x1: x, y1: y + 2, x2: x + 18, y2: y + 2 })],
    [
      "stranger",
      (x) =>
        element("polygon", {
          class: "stranger",
          points: `${x + 4},${y + 2} ${x + 9},${y - 4} ${x + 14},${y + 2} ${x + 9},${y + 8}`,
        }),
    ],
    ["two believe", (x) => element("rect", { class: "overlap", x, y: y - 3, width: 18, height: 10 })],
  ];
  let x = left;
  const shapes: string[] = [];
  for (const [text, draw] of entries) {
    if (x + 24 + widthOf(text) > width) break;
    shapes.push(draw(x), element("text", { class: "dim", x: x + 24, y: y + 6 }, text));
    x += 24 + widthOf(text) + 18;
  }
  return shapes.join("");
}
