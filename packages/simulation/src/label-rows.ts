import { element, escapeText } from "./svg-element.ts";

/** The size of small text, and how wide one letter of it is at most on average. */
export const FONT_PX = 11;
const LETTER_PX = 6.1;
const BOLD_LETTER_PX = 7.1;

/** How wide `text` is drawn, estimated from above. */
export function widthOf(text: string): number {
  return text.length * LETTER_PX;
}

/** A label and the mark that it belongs to. */
export interface Label {
  readonly text: string;
  /** Where its mark is. */
  readonly x: number;
  readonly className?: string | undefined;
}

/** Rows of labels beside a lane. A label goes to the first row that has room for it, or is left out. */
export class LabelRows {
  readonly #ys: readonly number[];
  readonly #laneY: number;
  readonly #minX: number;
  readonly #maxX: number;
  readonly #taken: [number, number][][];

  /** `ys`: the baselines of the rows, nearest to the lane first; `laneY`: where the marks are. */
  constructor(ys: readonly number[], laneY: number, minX: number, maxX: number) {
    this.#ys = ys;
    this.#laneY = laneY;
    this.#minX = minX;
    this.#maxX = maxX;
    this.#taken = ys.map(() => []);
  }

  /** Draws a label to the right of its mark, or to the left where there is no room; with a thin line to the mark. */
  draw({ text, x, className }: Label): string {
    const shown = text.length > 60 ? `${text.slice(0, 59)}…` : text;
    const width = className === "alarm" ? shown.length * BOLD_LETTER_PX : widthOf(shown);
    const markX = Math.min(Math.max(x, this.#minX), this.#maxX);
    for (const [row, y] of this.#ys.entries()) {
      for (const from of [markX + 3, markX - width - 3]) {
        const taken = this.#taken[row] ?? [];
        const fits =
          from >= this.#minX &&
          from + width <= this.#maxX &&
          taken.every(([left, right]) => from + width + 8 < left || from > right + 8);
        if (!fits) continue;
        taken.push([Math.min(from, markX), Math.max(from + width, markX)]);
        return (
          element("line", { class: "leader", x1: markX, x2: markX, y1: y - FONT_PX + 3, y2: this.#laneY }) +
          element("rect", {
            class: "plate",
            x: from - 1,
            y: y - FONT_PX + 1,
            width: width + 2,
            height: FONT_PX + 2,
          }) +
          element("text", { class: className, x: from, y }, escapeText(shown))
        );
      }
    }
    return "";
  }
}
