import { type Cast, castOf } from "./story-cast.ts";
import type { TraceEvent } from "./trace.ts";
import {
  type Call,
  type EventOf,
  endingOf,
  indexTrace,
  isWrite,
  type Placed,
  type Spell,
  type TraceIndex,
  termAt,
} from "./trace-index.ts";

/** What a story tells of. `atMs` is true time, `index` the place in the trace. */
export type StoryEvent = {
  readonly atMs: number;
  readonly index: number;
} /** One event of the trace, with the request that it belongs to. */ & (
  | { readonly kind: "moment"; readonly event: TraceEvent; readonly call: Call | undefined }
  /** Requests of one replica that went alike, in a row. */
  | { readonly kind: "repeated"; readonly who: string; readonly calls: readonly Call[] }
  /** What began before the story and still holds, with a term's confirmed writes up to there. */
  | { readonly kind: "earlier"; readonly event: TraceEvent; readonly renewals: number }
  /** The last that a replica heard of the store before it failed to do what it should. */
  | {
      readonly kind: "heard";
      readonly who: string;
      readonly last: Placed<EventOf<"answered" | "watched">> | undefined;
    }
);

/** A story: its events in order, and what they were selected by. */
export interface Story {
  readonly trace: TraceIndex;
  readonly cast: Cast;
  readonly events: readonly StoryEvent[];
  /** What times are relative to: the first event that is not told as earlier. */
  readonly zeroMs: number;
  /** How many things were left out because others matter more. */
  readonly leftOut: number;
}

/** Story events that stand or fall together. The heaviest stay. */
interface Item {
  readonly weight: number;
  readonly events: readonly StoryEvent[];
}

const ESSENTIAL = 10;
const MAX_LINES = 16;

/** Selects what explains the first violation; `undefined` when there is none. */
export function findStory(events: readonly TraceEvent[], leaseDurationMs = 15_000): Story | undefined {
  const trace = indexTrace(events);
  if (trace.violation === undefined) return undefined;
  const cast = castOf(trace, trace.violation, leaseDurationMs);
  const items = [
    ...selectMoments(trace, cast),
    ...selectCalls(trace, cast),
    ...selectSpells(trace, cast),
    ...selectEarlierTerms(trace, cast),
    ...(cast.liveness ? [...earlierCrashes(trace, cast), ...lastHeard(trace, cast)] : []),
  ];
  const kept = keepTheHeaviest(items);
  const selected = inOrder(kept);
  return {
    trace,
    cast,
    events: selected,
    zeroMs: selected.find(({ kind }) => kind !== "earlier")?.atMs ?? cast.fromMs,
    leftOut: items.length - kept.length,
  };
}

/** Puts what happened to one request without anything in between into one line. */
export function linesOf(events: readonly StoryEvent[]): readonly (readonly StoryEvent[])[] {
  const lines: StoryEvent[][] = [];
  for (const event of events) {
    const previous = lines.at(-1)?.at(-1);
    const goesOn =
      event.kind === "moment" &&
      event.call !== undefined &&
      previous?.kind === "moment" &&
      previous.call === event.call;
    if (goesOn) lines.at(-1)?.push(event);
    else lines.push([event]);
  }
  return lines;
}

function keepTheHeaviest(items: readonly Item[]): readonly Item[] {
  // Of equals the earliest goes first: it is farthest from the violation.
  const lightestFirst = [...items].sort(
    (a, b) => a.weight - b.weight || (a.events[0]?.atMs ?? 0) - (b.events[0]?.atMs ?? 0),
  );
  for (let first = 0; ; ) {
    const kept = lightestFirst.slice(first);
    const tooMany = linesOf(inOrder(kept)).length - MAX_LINES;
    if (tooMany <= 0) return kept;
    // One item has about five events, and with it may go as many breaks between others.
    first += Math.ceil(tooMany / 10);
  }
}

function inOrder(items: readonly Item[]): readonly StoryEvent[] {
  const rank = (event: StoryEvent) => (event.kind === "earlier" ? 0 : 1);
  return items
    .flatMap(({ events }) => events)
    .sort((a, b) => rank(a) - rank(b) || a.atMs - b.atMs || a.index - b.index);
}

/** What happens at one instant and is no part of a request. */
function selectMoments(trace: TraceIndex, cast: Cast): Item[] {
  const items: Item[] = [];
  for (const [index, event] of trace.events.entries()) {
    if (event.atMs < cast.fromMs) continue;
    if (event.atMs > cast.toMs) break;
    const weight = weightOf(event, index, trace, cast);
    if (weight > 0) items.push({ weight, events: [moment(index, event)] });
  }
  return items;
}

function weightOf(event: TraceEvent, index: number, trace: TraceIndex, cast: Cast): number {
  const { involved, violation, sight, liveness } = cast;
  const isAfter = index > violation.index;
  switch (event.kind) {
    case "violation":
      return index === violation.index ? Number.POSITIVE_INFINITY : 0;
    case "term-started":
    case "told":
    case "term-ended":
      if (!involved.has(event.who)) return isAfter ? 0 : 5;
      return liveness && involved.size > 2 ? 8 : ESSENTIAL;
    case "task-settled":
      return involved.has(event.who) && !isAfter ? 7 : 0;
    case "stranger":
      return isAfter ? 0 : 9;
    case "process-crashed":
    case "process-started":
      if (isAfter) return 0;
      if (involved.has(event.who)) return 8;
      return termAt(trace, event.who, index - 1) === undefined ? 0 : 6;
    case "resumed":
      return involved.has(event.who) ? 8 : 0;
    case "watched":
      return sight?.seen.index === index ? ESSENTIAL : 0;
    case "phase":
      return isAfter ? 0 : liveness ? 9 : 3;
    default:
      return 0;
  }
}

/** Requests: the key ones with all that became of them, the others in runs of those that went alike. */
function selectCalls(trace: TraceIndex, cast: Cast): Item[] {
  const items: Item[] = [];
  const runs = new Map<string, { kind: string; calls: Call[] }>();
  const finish = (who: string) => {
    const run = runs.get(who);
    runs.delete(who);
    if (run !== undefined) items.push(itemOfRun(run.calls, cast));
  };
  const callsBySending = new Map(trace.calls.map((call) => [call.sent.index, call]));
  for (const [index, event] of trace.events.entries()) {
    const call = callsBySending.get(index);
    if (call === undefined) {
      if (breaksRun(event)) finish(event.who);
    } else if (cast.keyCalls.has(call)) {
      finish(call.who);
      items.push({ weight: ESSENTIAL, events: partsOf(call, cast) });
    } else if (isWorthTelling(call, cast)) {
      const ending = endingOf(call);
      const error = ending === "refused" ? call.answered?.event.outcome : "";
      const kind = `${call.sent.event.purpose} ${ending} ${error}`;
      if (runs.get(call.who)?.kind !== kind) finish(call.who);
      const run = runs.get(call.who) ?? { kind, calls: [] };
      run.calls.push(call);
      runs.set(call.who, run);
    }
  }
  for (const who of [...runs.keys()]) finish(who);
  return items;
}

/** A new chapter for a replica: what it sends from then on is not told together with what it sent before. */
function breaksRun(
  event: TraceEvent,
): event is EventOf<"paused" | "term-started" | "told" | "term-ended" | "process-crashed"> {
  return ["paused", "term-started", "told", "term-ended", "process-crashed"].includes(event.kind);
}

function isWorthTelling(call: Call, { involved, liveness, fromMs, violation }: Cast): boolean {
  const lastMs = Math.max(
    call.sent.event.atMs,
    ...call.landings.map(({ event }) => event.atMs),
    call.answered?.event.atMs ?? 0,
  );
  if (lastMs < fromMs || call.sent.index > violation.index) return false;
  if (involved.has(call.who)) return isWrite(call) || liveness;
  return call.landings.some(({ event, index }) => isWrite(call) && event.applied && index < violation.index);
}

function itemOfRun(calls: readonly Call[], cast: Cast): Item {
  const [first] = calls;
  if (first === undefined) return { weight: 0, events: [] };
  const isEventful = isWrite(first) && endingOf(first) !== "confirmed";
  const weight = isEventful ? 7 : isWrite(first) && cast.involved.has(first.who) ? 4 : 6;
  if (calls.length === 1) return { weight, events: partsOf(first, cast) };
  const { index, event } = first.sent;
  return { weight, events: [{ kind: "repeated", atMs: event.atMs, index, who: first.who, calls }] };
}

function partsOf(call: Call, { toMs }: Cast): StoryEvent[] {
  return [
    call.sent,
    ...call.landings,
    ...call.losses,
    ...(call.answered === undefined ? [] : [call.answered]),
  ]
    .filter(({ event }) => event.atMs <= toMs)
    .map(({ index, event }) => moment(index, event, call));
}

/** Pauses of the involved, and faults on their way, that last into the story. */
function selectSpells(trace: TraceIndex, cast: Cast): Item[] {
  return trace.spells
    .filter((spell) => overlaps(spell, cast))
    .map(({ began: { index, event } }) => {
      const weight = event.kind === "paused" ? 9 : event.who === undefined ? 5 : 6;
      if (event.atMs >= cast.fromMs) return { weight, events: [moment(index, event)] };
      return { weight, events: [{ kind: "earlier", atMs: event.atMs, index, event, renewals: 0 }] };
    });
}

/** Whether a pause or a fault is part of the story. */
export function overlaps({ who, began, toMs }: Spell, cast: Cast): boolean {
  const concerns = who === undefined ? began.event.kind === "fault-began" : cast.involved.has(who);
  return concerns && began.event.atMs < cast.violation.event.atMs && toMs > cast.fromMs;
}

/** Terms that were open when the story begins. */
function selectEarlierTerms(trace: TraceIndex, cast: Cast): Item[] {
  const firstIndex = trace.events.findIndex(({ atMs }) => atMs >= cast.fromMs);
  const items: Item[] = [];
  for (const who of cast.involved) {
    const term = termAt(trace, who, firstIndex);
    if (term === undefined || term.started.index >= firstIndex) continue;
    const { index, event } = term.started;
    const renewals = trace.calls.filter(
      (call) =>
        call.who === who &&
        isWrite(call) &&
        endingOf(call) === "confirmed" &&
        call.sent.index > index &&
        call.sent.index < firstIndex,
    ).length;
    items.push({
      weight: ESSENTIAL,
      events: [{ kind: "earlier", atMs: event.atMs, index, event, renewals }],
    });
  }
  return items;
}

/** Who was dead already: what it held must lapse first. */
function earlierCrashes(trace: TraceIndex, cast: Cast): Item[] {
  const dead = new Map<string, StoryEvent>();
  for (const [index, event] of trace.events.entries()) {
    if (event.atMs >= cast.fromMs) break;
    if (event.kind === "process-started") dead.delete(event.who);
    if (event.kind !== "process-crashed") continue;
    dead.set(event.who, { kind: "earlier", atMs: event.atMs, index, event, renewals: 0 });
  }
  return [...dead.values()].map((event) => ({ weight: 8, events: [event] }));
}

/** For each involved: when the store last told it anything. */
function lastHeard(trace: TraceIndex, { involved, violation }: Cast): Item[] {
  const heard = new Map<string, Placed<EventOf<"answered" | "watched">>>();
  for (const call of trace.calls) {
    const { answered } = call;
    if (answered === undefined || answered.index > violation.index || endingOf(call) !== "confirmed")
      continue;
    if (answered.index > (heard.get(call.who)?.index ?? -1)) heard.set(call.who, answered);
  }
  for (const [index, event] of trace.events.entries()) {
    if (index >= violation.index) break;
    if (event.kind === "watched" && index > (heard.get(event.who)?.index ?? -1)) {
      heard.set(event.who, { index, event });
    }
  }
  return [...involved].map((who) => {
    const { event, index } = violation;
    return {
      weight: 8,
      events: [{ kind: "heard", atMs: event.atMs, index: index - 0.5, who, last: heard.get(who) }],
    };
  });
}

function moment(index: number, event: TraceEvent, call?: Call): StoryEvent {
  return { kind: "moment", atMs: event.atMs, index, event, call };
}
