import type { Style } from "../io.ts";

/** A piece of a line, in one style. */
export type Segment = string | { readonly text: string; readonly style: Style };
/** Puts text into a style, or leaves it where there are no colours. */
export type Paint = (style: Style, text: string) => string;

/** The segments as one line of at most `columns` characters, so that no terminal wraps it. */
export function styledLine(segments: readonly Segment[], columns: number, paint: Paint): string {
  let left = columns;
  const painted = segments.map((segment) => {
    const { text, style } = typeof segment === "string" ? { text: segment, style: undefined } : segment;
    // A name or a message may hold anything; what moves the cursor would break the picture.
    const shown = text.replaceAll(/\p{Cc}/gu, " ").slice(0, Math.max(0, left));
    left -= shown.length;
    return style === undefined || shown === "" ? shown : paint(style, shown);
  });
  return painted.join("");
}

/** Neighbours of one style as one segment: fewer bytes for the terminal. */
export function mergeSegments(
  pieces: readonly { readonly text: string; readonly style: Style }[],
): readonly Segment[] {
  const merged: { text: string; style: Style }[] = [];
  for (const { text, style } of pieces) {
    const last = merged.at(-1);
    if (last !== undefined && last.style === style) last.text += text;
    else merged.push({ text, style });
  }
  return merged;
}
