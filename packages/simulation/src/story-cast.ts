import {
  type Call,
  type EventOf,
  endingOf,
  isWrite,
  lastConfirmed,
  type Placed,
  type Term,
  type TraceIndex,
  termAt,
  versionRead,
} from "./trace-index.ts";

/** When a candidate saw which version of the record: told by its watch, or read. */
interface Sight {
  readonly seen: Placed<EventOf<"watched" | "answered">>;
  readonly version: string | undefined;
  /** The read, if it was one. */
  readonly call: Call | undefined;
}

/** Who and what a violation is about, and the stretch of time that explains it. */
export interface Cast {
  readonly violation: Placed<EventOf<"violation">>;
  /** The replicas that it names, and those without which it cannot be understood. */
  readonly involved: ReadonlySet<string>;
  /** A replica did not do in time what it should: what it did instead matters, its reads too. */
  readonly liveness: boolean;
  /** The requests that must be told one by one. */
  readonly keyCalls: ReadonlySet<Call>;
  /** The last take-over before the violation, when it is about one, and what it rested on. */
  readonly takeOver: Call | undefined;
  readonly sight: Sight | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

/** What happened this many lease durations before is told in a line, if at all. */
const HORIZON_LEASES = 8;

/** Finds what the violation is about. */
export function castOf(
  trace: TraceIndex,
  violation: Placed<EventOf<"violation">>,
  leaseDurationMs: number,
): Cast {
  const { property, atMs } = violation.event;
  const named = violation.event.who.map((name) => trace.nameOf(name));
  const involved = new Set(named.length > 0 ? named : trace.replicas);
  const keyCalls = new Set<Call>();
  const times = [atMs];

  const winnerTerm = /^S[1245]$/.test(property) ? lastTerm(trace, violation.index, involved) : undefined;
  const takeOver = winnerTerm === undefined ? undefined : takeOverOf(trace, winnerTerm);
  const sight = takeOver === undefined ? undefined : sightBefore(trace, takeOver);
  if (winnerTerm !== undefined && property === "S4") {
    const predecessor = lastTerm(trace, winnerTerm.started.index - 1);
    if (predecessor !== undefined) involved.add(predecessor.who);
  }
  if (takeOver !== undefined) keyCalls.add(takeOver);
  if (sight !== undefined) times.push(sight.seen.event.atMs);
  if (sight?.call !== undefined) keyCalls.add(sight.call);

  if (/^S[367]$/.test(property)) {
    const fault = lastWrite(trace, violation.index, involved);
    const replaced = fault === undefined ? undefined : writeBefore(trace, fault, violation.index);
    if (fault !== undefined) keyCalls.add(fault);
    if (replaced !== undefined) {
      keyCalls.add(replaced);
      involved.add(replaced.who);
    }
  }

  const anchor = property.startsWith("L") ? livenessAnchor(trace, violation, involved) : undefined;
  if (anchor?.who !== undefined) involved.add(anchor.who);
  if (property.startsWith("L")) times.push(anchor?.atMs ?? atMs - leaseDurationMs);

  for (const call of keyCalls) times.push(call.sent.event.atMs);
  const horizonMs = Math.min(...times, atMs - HORIZON_LEASES * leaseDurationMs);
  for (const who of involved) {
    const call = lastConfirmed(trace, who, violation.index);
    if (call === undefined) continue;
    keyCalls.add(call);
    const reachMs = property.startsWith("L") ? Math.min(...times) - leaseDurationMs : horizonMs;
    if (call.sent.event.atMs >= reachMs) times.push(call.sent.event.atMs);
  }
  return {
    violation,
    involved,
    liveness: property.startsWith("L"),
    keyCalls,
    takeOver,
    sight,
    fromMs: withTermStarts(trace, involved, Math.min(...times), 2 * leaseDurationMs),
    toMs: lastEnd(trace, violation, involved, leaseDurationMs),
  };
}

function lastTerm(trace: TraceIndex, index: number, whose?: ReadonlySet<string>): Term | undefined {
  return trace.terms.findLast((term) => term.started.index <= index && (whose?.has(term.who) ?? true));
}

/** The write that `term` began with: the last confirmed one, or, should there be none, the last one. */
function takeOverOf(trace: TraceIndex, { who, started }: Term): Call | undefined {
  return (
    lastConfirmed(trace, who, started.index) ??
    trace.calls.findLast((call) => call.who === who && isWrite(call) && call.sent.index < started.index)
  );
}

/** When the winner first saw the version that it then replaced; else the last that it saw at all. */
function sightBefore(trace: TraceIndex, takeOver: Call): Sight | undefined {
  const sights = sightsOf(trace, takeOver.who).filter(({ seen }) => seen.index < takeOver.sent.index);
  const other = sights.findLastIndex(({ version }) => version !== takeOver.sent.event.expected);
  return sights[other + 1] ?? sights.at(-1);
}

function sightsOf(trace: TraceIndex, who: string): Sight[] {
  const sights: Sight[] = [];
  for (const [index, event] of trace.events.entries()) {
    if (event.kind !== "watched" || event.who !== who) continue;
    const seesNothing = event.version === undefined && event.event !== "deleted";
    if (!seesNothing) sights.push({ seen: { index, event }, version: event.version, call: undefined });
  }
  for (const call of trace.calls) {
    if (call.who !== who || isWrite(call) || call.answered === undefined) continue;
    if (endingOf(call) === "confirmed")
      sights.push({ seen: call.answered, version: versionRead(call), call });
  }
  return sights.sort((a, b) => a.seen.index - b.seen.index);
}

/** The write of one of `whose` that moved last: sent, landed or answered. */
function lastWrite(trace: TraceIndex, index: number, whose: ReadonlySet<string>): Call | undefined {
  let last: { call: Call; index: number } | undefined;
  for (const call of trace.calls) {
    if (!whose.has(call.who) || !isWrite(call)) continue;
    for (const moved of [call.sent, ...call.landings, call.answered]) {
      if (moved === undefined || moved.index > index || moved.index < (last?.index ?? 0)) continue;
      last = { call, index: moved.index };
    }
  }
  return last?.call;
}

/** The write whose result stood in the store when `call` arrived there. */
function writeBefore(trace: TraceIndex, call: Call, index: number): Call | undefined {
  const landedIndex = call.landings.findLast((landing) => landing.index <= index)?.index ?? index;
  const previous = trace.events.findLastIndex(
    (event, at) => at < landedIndex && event.kind === "landed" && event.applied,
  );
  return trace.calls.find(
    (other) => other !== call && other.landings.some((landing) => landing.index === previous),
  );
}

/** From when on the world waits for what a liveness property promises, and whose doing that was. */
function livenessAnchor(
  trace: TraceIndex,
  { index, event: { property } }: Placed<EventOf<"violation">>,
  involved: ReadonlySet<string>,
): { readonly atMs: number; readonly who: string | undefined } | undefined {
  const event = trace.events.findLast((candidate, at) => {
    if (at >= index) return false;
    if (property === "L1") return candidate.kind === "process-crashed";
    if (property === "L2") return candidate.kind === "phase" && candidate.phase === "healed";
    if (property === "L3") return candidate.kind === "sent" && candidate.purpose === "release";
    if (property === "L4") return candidate.kind === "term-ended";
    if (property === "L6") return candidate.kind === "told" && involved.has(candidate.who);
    return false;
  });
  if (event === undefined) return undefined;
  return { atMs: event.atMs, who: "who" in event && typeof event.who === "string" ? event.who : undefined };
}

/** Moves the beginning to the start of a term that was open then, if that is not long before. */
function withTermStarts(
  trace: TraceIndex,
  involved: ReadonlySet<string>,
  fromMs: number,
  reachMs: number,
): number {
  const fromIndex = trace.events.findIndex((event) => event.atMs >= fromMs);
  let earliestMs = fromMs;
  for (const who of involved) {
    const term = termAt(trace, who, fromIndex);
    if (term === undefined) continue;
    const startMs = takeOverOf(trace, term)?.sent.event.atMs ?? term.started.event.atMs;
    if (startMs >= fromMs - reachMs) earliestMs = Math.min(earliestMs, startMs);
  }
  return earliestMs;
}

/** Terms that are open at the violation are told to their end, if it comes soon. */
function lastEnd(
  trace: TraceIndex,
  { index, event: { atMs } }: Placed<EventOf<"violation">>,
  involved: ReadonlySet<string>,
  reachMs: number,
): number {
  // Of those that overlap, the first end is the end of the overlap; the winner's own is another story.
  const ends = [...involved].flatMap((who) => termAt(trace, who, index)?.ended?.event.atMs ?? []);
  const endMs = Math.min(...ends);
  return endMs <= atMs + reachMs ? Math.max(endMs, atMs) : atMs;
}
