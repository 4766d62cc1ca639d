import type { TraceEvent } from "./trace.ts";

/** The events of one kind. */
export type EventOf<Kind extends TraceEvent["kind"]> = Extract<TraceEvent, { readonly kind: Kind }>;

/** An event and its place in the trace, which orders what happened at one instant. */
export interface Placed<Event extends TraceEvent = TraceEvent> {
  readonly index: number;
  readonly event: Event;
}

/** One request, with all that became of it. */
export interface Call {
  readonly who: string;
  readonly sent: Placed<EventOf<"sent">>;
  readonly landings: readonly Placed<EventOf<"landed">>[];
  readonly losses: readonly Placed<EventOf<"lost">>[];
  readonly answered: Placed<EventOf<"answered">> | undefined;
}

/** One term: from its start to the end of belief, which is a crash if that came first. */
export interface Term {
  readonly who: string;
  readonly token: string;
  readonly started: Placed<EventOf<"term-started">>;
  readonly told: Placed<EventOf<"told">> | undefined;
  readonly ended: Placed<EventOf<"term-ended" | "process-crashed">> | undefined;
}

/** A pause or a fault, for as long as it lasted: without an end `toMs` is infinite. */
export interface Spell {
  readonly who: string | undefined;
  readonly began: Placed<EventOf<"paused" | "fault-began">>;
  readonly toMs: number;
}

/** A trace, sorted by what its events belong to. */
export interface TraceIndex {
  readonly events: readonly TraceEvent[];
  /** The first one. */
  readonly violation: Placed<EventOf<"violation">> | undefined;
  readonly replicas: readonly string[];
  /** In the order of their sending. */
  readonly calls: readonly Call[];
  readonly terms: readonly Term[];
  readonly spells: readonly Spell[];
  /** The replica that an identity belongs to; the identity itself if none does. */
  nameOf(identity: string): string;
  /** The identity that holds a version, `""` if it is free; `undefined` if no event says. */
  holderOf(version: string | undefined): string | undefined;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };
type OpenCall = Mutable<Call> & {
  readonly landings: Placed<EventOf<"landed">>[];
  readonly losses: Placed<EventOf<"lost">>[];
};

/** Reads a trace once. What refers to something before its beginning is left alone. */
export function indexTrace(events: readonly TraceEvent[]): TraceIndex {
  let violation: Placed<EventOf<"violation">> | undefined;
  const names = new Map<string, string>();
  const holders = new Map<string, string>();
  const replicas = new Set<string>();
  const calls = new Map<number, OpenCall>();
  const terms: Mutable<Term>[] = [];
  const spells: Mutable<Spell>[] = [];
  const endSpells = (atMs: number, belongs: (spell: Spell) => boolean) => {
    for (const spell of spells) {
      if (spell.toMs === Number.POSITIVE_INFINITY && belongs(spell)) spell.toMs = atMs;
    }
  };
  // Pauses may overlap; a replica runs again once the last has ended, or it is another process.
  const endPauses = (who: string, atMs: number) =>
    endSpells(atMs, ({ who: whose, began }) => whose === who && began.event.kind === "paused");
  const openTerm = (who: string, token: string) =>
    terms.findLast((term) => term.who === who && term.token === token);

  for (const [index, event] of events.entries()) {
    // Not from landings and losses: by then the sender may be dead, and its name lost.
    if (event.kind === "process-started" || event.kind === "sent" || event.kind === "term-started") {
      replicas.add(event.who);
    }
    switch (event.kind) {
      case "violation":
        violation ??= { index, event };
        break;
      case "process-started":
        names.set(event.identity, event.who);
        endPauses(event.who, event.atMs);
        break;
      case "process-crashed":
        for (const term of terms) if (term.who === event.who) term.ended ??= { index, event };
        endPauses(event.who, event.atMs);
        break;
      case "phase":
        if (event.phase === "healed") endSpells(event.atMs, () => true);
        break;
      case "fault-began":
        // Told again as what it does.
        if (event.fault === "pause" || event.fault === "suspend" || event.fault === "vm-pause") break;
        spells.push({ who: event.who, began: { index, event }, toMs: Number.POSITIVE_INFINITY });
        break;
      case "paused":
        spells.push({ who: event.who, began: { index, event }, toMs: Number.POSITIVE_INFINITY });
        break;
      case "resumed":
        endPauses(event.who, event.atMs);
        break;
      case "fault-ended":
        endSpells(
          event.atMs,
          ({ who, began }) =>
            who === event.who && began.event.kind === "fault-began" && began.event.fault === event.fault,
        );
        break;
      case "sent":
        calls.set(event.callId, {
          who: event.who,
          sent: { index, event },
          landings: [],
          losses: [],
          answered: undefined,
        });
        break;
      case "landed":
        if (event.version !== undefined) holders.set(event.version, event.holder);
        calls.get(event.callId)?.landings.push({ index, event });
        break;
      case "lost":
        calls.get(event.callId)?.losses.push({ index, event });
        break;
      case "answered": {
        const call = calls.get(event.callId);
        if (call !== undefined) call.answered ??= { index, event };
        break;
      }
      case "term-started":
        terms.push({
          who: event.who,
          token: event.token,
          started: { index, event },
          told: undefined,
          ended: undefined,
        });
        break;
      case "told": {
        const term = openTerm(event.who, event.token);
        if (term !== undefined) term.told ??= { index, event };
        break;
      }
      case "term-ended": {
        const term = openTerm(event.who, event.token);
        if (term !== undefined) term.ended ??= { index, event };
        break;
      }
      default:
        break;
    }
  }
  // A fault whose end is not told ends when it was to.
  for (const spell of spells) {
    const { event } = spell.began;
    if (event.kind === "fault-began") spell.toMs = Math.min(spell.toMs, event.untilMs);
  }
  return {
    events,
    violation,
    replicas: [...replicas],
    calls: [...calls.values()],
    terms,
    spells,
    nameOf: (identity) => names.get(identity) ?? identity,
    holderOf: (version) => (version === undefined ? "" : holders.get(version)),
  };
}

/** How a request ended for the replica that sent it. */
export type Ending = "confirmed" | "refused" | "lost" | "unanswered";

/** How `call` ended. Its outcome is `ok` and the version that came, or an error, which confirms nothing. */
export function endingOf(call: Call): Ending {
  const { answered, losses } = call;
  if (answered !== undefined && /^ok\b/.test(answered.event.outcome)) return "confirmed";
  if (losses.length > 0) return "lost";
  return answered === undefined ? "unanswered" : "refused";
}

/** The version that a read brought, which may be a stale one; `undefined` for no record. */
export function versionRead({ answered, landings }: Call): string | undefined {
  const told = answered === undefined ? null : /^ok (.+)$/.exec(answered.event.outcome);
  if (told === null) return landings[0]?.event.version;
  return told[1] === "none" ? undefined : told[1];
}

/** Whether it can change the record. */
export function isWrite(call: Call): boolean {
  return call.sent.event.operation !== "get";
}

/** The last of `who`'s writes that claim the record and were confirmed before the event at `index`. */
export function lastConfirmed(trace: TraceIndex, who: string, index: number): Call | undefined {
  return trace.calls.findLast(
    (call) =>
      call.who === who &&
      isWrite(call) &&
      call.sent.event.purpose === "hold" &&
      (call.answered?.index ?? Number.POSITIVE_INFINITY) < index &&
      endingOf(call) === "confirmed",
  );
}

/** The term that `who` believes in at the event at `index`. */
export function termAt(trace: TraceIndex, who: string, index: number): Term | undefined {
  return trace.terms.findLast(
    (term) =>
      term.who === who &&
      term.started.index <= index &&
      (term.ended?.index ?? Number.POSITIVE_INFINITY) > index,
  );
}
