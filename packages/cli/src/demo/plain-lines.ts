import { type Io, print, style } from "../io.ts";
import type { DemoEvent } from "./demo-event.ts";
import { eventText, secondsText } from "./event-text.ts";

/** Prints what happens as lines for people. */
export function plainLines(io: Io): (event: DemoEvent) => void {
  let troubles: readonly DemoEvent[] = [];
  return (event) => {
    if (!isWorthALine(event) || repeatsTrouble(event, troubles)) return;
    if (event.kind === "trouble") troubles = [...troubles.slice(-20), event];
    const { time, text, isDeed } = eventParts(event);
    print(io, time + (isDeed ? style(io.stdout, "bold", text) : text));
  };
}

/** The same choice out of what has happened. */
export function newsLines(news: readonly DemoEvent[]): readonly DemoEvent[] {
  return news.filter((event, index) => isWorthALine(event) && !repeatsTrouble(event, news.slice(0, index)));
}

/** Whether a person wants to read of it. */
export function isWorthALine(event: DemoEvent): boolean {
  if (event.kind === "worked" || event.kind === "renewed") return false;
  // That it leads is the next line.
  return event.kind !== "sees-leader" || event.leader !== event.replica;
}

/** When; who and what. What the demo did has an arrow. */
export function eventParts(event: DemoEvent): {
  readonly time: string;
  readonly text: string;
  readonly isDeed: boolean;
} {
  const time = ` ${secondsText(event.atMs).padStart(7)}  `;
  const text = `${event.replica} ${eventText(event)}`;
  const isDeed = event.kind === "deed";
  return { time, text: isDeed ? `--> ${text}` : `    ${text}`, isDeed };
}

/** A request that fails again and again says so once. */
function repeatsTrouble(event: DemoEvent, before: readonly DemoEvent[]): boolean {
  if (event.kind !== "trouble") return false;
  const last = before.findLast(({ kind, replica }) => kind === "trouble" && replica === event.replica);
  return last?.kind === "trouble" && last.message === event.message;
}
