import type { Style } from "../io.ts";
import type { Mode } from "./demo-state.ts";

/** How one mode looks in a bar. The glyph alone says it, the colour says it again. */
interface Glyph {
  readonly text: string;
  readonly style: Style;
}

/** The characters of a view. */
export interface Glyphs {
  readonly modes: Readonly<Record<Mode, Glyph>>;
  readonly chosen: string;
  readonly dot: string;
}

/** For terminals that can show them, which is nearly all. */
const UNICODE: Glyphs = {
  modes: {
    down: { text: " ", style: "dim" },
    starting: { text: "·", style: "dim" },
    following: { text: "─", style: "dim" },
    leading: { text: "█", style: "green" },
    frozen: { text: "░", style: "cyan" },
    cut: { text: "┄", style: "yellow" },
    "leading-cut": { text: "▓", style: "yellow" },
  },
  chosen: "›",
  dot: "·",
};

const ASCII: Glyphs = {
  modes: {
    down: { text: " ", style: "dim" },
    starting: { text: ".", style: "dim" },
    following: { text: "-", style: "dim" },
    leading: { text: "#", style: "green" },
    frozen: { text: "z", style: "cyan" },
    cut: { text: "/", style: "yellow" },
    "leading-cut": { text: "X", style: "yellow" },
  },
  chosen: ">",
  dot: "-",
};

/** Plain characters where the locale says that others cannot be shown. */
export function glyphsFor(env: Readonly<Record<string, string | undefined>>): Glyphs {
  const locale = env["LC_ALL"] || env["LC_CTYPE"] || env["LANG"];
  return locale === undefined || locale === "" || /utf-?8/i.test(locale) ? UNICODE : ASCII;
}
