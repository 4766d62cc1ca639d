import { findStory, linesOf, type Story, type StoryEvent } from "./story-selection.ts";
import { propertyInWords, relative, seconds, subjectOf, tellLine } from "./story-words.ts";
import type { TraceEvent, TraceHeader } from "./trace.ts";

export type { StoryEvent } from "./story-selection.ts";

/** Selects, from a trace of any length, the few events that explain its first violation. None if nothing is violated. */
export function selectStory(events: readonly TraceEvent[]): readonly StoryEvent[] {
  return findStory(events)?.events ?? [];
}

/** Tells the first violation of a trace in about twenty lines: who believed what, and when. */
export function tellStory(header: TraceHeader, events: readonly TraceEvent[]): string {
  const story = findStory(events, header.leaseDurationMs);
  const origin = `seed ${header.seed}, commit ${header.commit}`;
  if (story === undefined) return `${origin}: no property was violated\n${header.settings}\n`;
  const { property, message, atMs } = story.cast.violation.event;
  const says = propertyInWords(property);
  return [
    `${origin}: ${property} was violated ${seconds(atMs)} after the beginning`,
    `${property} says: ${says === "" ? "(not known here)" : says}. What came: ${onOneLine(message)}`,
    `settings: ${onOneLine(header.settings)}`,
    `times count from ${seconds(story.zeroMs)} after the beginning. Ends of belief are by a good clock; the holder's may differ by its rate.`,
    "",
    ...tellLines(story, header),
    ...(story.leftOut === 0 ? [] : [`(${story.leftOut} more that matter less are left out)`]),
    "",
  ].join("\n");
}

function tellLines({ trace, cast, events, zeroMs }: Story, header: TraceHeader): string[] {
  const rows = linesOf(events).flatMap((line) => {
    const [first] = line;
    if (first === undefined) return [];
    const time = first.kind === "earlier" ? "earlier" : relative(first.atMs, zeroMs);
    return [{ time, subject: subjectOf(first), words: tellLine(line, { trace, cast, header, zeroMs }) }];
  });
  const timeWidth = Math.max(...rows.map(({ time }) => time.length));
  const subjectWidth = Math.max(...rows.map(({ subject }) => subject.length));
  return rows.map(
    ({ time, subject, words }) =>
      `${time.padStart(timeWidth)}  ${subject.padEnd(subjectWidth)}  ${onOneLine(words)}`,
  );
}

function onOneLine(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
