import type { Cast } from "./story-cast.ts";
import type { StoryEvent } from "./story-selection.ts";
import type { TraceEvent, TraceHeader } from "./trace.ts";
import {
  type Call,
  endingOf,
  isWrite,
  lastConfirmed,
  type TraceIndex,
  termAt,
  versionRead,
} from "./trace-index.ts";

/** What each property promises. */
const PROPERTIES: Readonly<Record<string, string>> = {
  S1: "at most one leads",
  S2: "a task is told to stop before another starts",
  S3: "the record is released only after the task settled",
  S4: "fencing tokens grow",
  S5: "a fenced register never takes a write of an older term",
  S6: "every write replaces a version that was read, and a release only its own",
  S7: "belief rests only on a confirmed write, counted from its send",
  S8: "start and stop alternate, and a term that ended does not come back",
  L1: "after a crash another leads in time",
  L2: "after the faults have healed somebody leads in time",
  L3: "a handover is quick",
  L4: "without a reason no term ends",
  L5: "the load on the store is bounded",
  L6: "stop settles, and leaves nothing behind",
};

/** What a property says, in words; nothing of one that is not known. */
export function propertyInWords(property: string): string {
  return PROPERTIES[property] ?? "";
}

/** What is needed to say what an event means. */
export interface Telling {
  readonly trace: TraceIndex;
  readonly cast: Cast;
  readonly header: TraceHeader;
  readonly zeroMs: number;
}

/** A duration: `12.345 s`. */
export function seconds(ms: number): string {
  return Number.isFinite(ms) ? `${(ms / 1000).toFixed(3)} s` : "ever";
}

/** A time relative to the story's zero: `+12.345 s`. */
export function relative(atMs: number, zeroMs: number): string {
  const ms = Math.round(atMs - zeroMs);
  return `${ms < 0 ? "-" : "+"}${seconds(Math.abs(ms))}`;
}

/** A version or a token, by its end if it is long: those of one story seldom differ elsewhere. */
export function short(version: string): string {
  return version.length > 11 ? `…${version.slice(-9)}` : version;
}

/** What a request is for, as a noun: `renewal`. */
export function purposeOf(trace: TraceIndex, call: Call): string {
  const { operation, purpose } = call.sent.event;
  if (operation === "get") return "read";
  if (purpose === "release") return "release";
  if (termAt(trace, call.who, call.sent.index) !== undefined) return "renewal";
  return operation === "create" ? "creation" : "take-over";
}

/** When belief that rests on `call` ends, by a good clock. */
export function beliefEndMs(call: Call, { renewDeadlineMs }: TraceHeader): number {
  return call.sent.event.atMs + renewDeadlineMs;
}

/** Who a story event is about, for the column. */
export function subjectOf(event: StoryEvent): string {
  if (event.kind === "repeated" || event.kind === "heard") return event.who;
  if (event.event.kind === "violation") return event.event.who.join(",");
  if (event.event.kind === "stranger") return "stranger";
  if (event.event.kind === "phase") return "world";
  return event.event.who ?? "all";
}

/** One line: parts of one request, or one other event. */
export function tellLine(line: readonly StoryEvent[], telling: Telling): string {
  const [first] = line;
  if (first === undefined) return "";
  switch (first.kind) {
    case "earlier":
      return tellEarlier(first.event, first.renewals, telling);
    case "repeated":
      return tellRepeated(first.calls, telling);
    case "heard":
      return first.last === undefined
        ? "was never told anything by the store"
        : `last heard of the store at ${relative(first.last.event.atMs, telling.zeroMs)}`;
    case "moment": {
      const { call } = first;
      if (call === undefined) return tellMoment(first.event, first.index, telling);
      const parts = line.flatMap((part) => (part.kind === "moment" ? [part] : []));
      return parts.map((part, place) => tellPart(part, place === 0, call, telling)).join(", ");
    }
  }
}

function tellEarlier(event: TraceEvent, renewals: number, { zeroMs }: Telling): string {
  const ago = `began ${seconds(zeroMs - event.atMs)} before`;
  switch (event.kind) {
    case "term-started":
      return `leads, token ${short(event.token)}: ${ago}, renewed ${times(renewals)} since`;
    case "fault-began":
      return `fault: ${event.fault}, ${ago}, ${until(event.untilMs, zeroMs)}`;
    case "process-crashed":
      return `crashed ${seconds(zeroMs - event.atMs)} before, and was not started again`;
    case "paused":
      return `does not run (${event.how}): ${ago}`;
    default:
      return `${event.kind}: ${ago}`;
  }
}

function tellRepeated(calls: readonly Call[], telling: Telling): string {
  const last = calls.at(-1);
  if (last === undefined) return "";
  const { trace, zeroMs } = telling;
  const purpose = purposeOf(trace, last);
  const ending = endingOf(last);
  const lastSent = `last sent at ${relative(last.sent.event.atMs, zeroMs)}`;
  const answered =
    last.answered === undefined ? "" : `, answered at ${relative(last.answered.event.atMs, zeroMs)}`;
  switch (ending) {
    case "confirmed": {
      const verb = purpose === "read" ? "read" : purpose === "renewal" ? "renewed" : `${purpose}:`;
      return `${verb} ${times(calls.length)}, ${lastSent}${answered}${isWrite(last) ? tellBelief(last, telling) : whatWasRead(last, trace)}`;
    }
    case "refused":
      return `${purpose} failed ${times(calls.length)}, ${lastSent}${answered}: ${last.answered?.event.outcome}`;
    case "lost":
      return `${purpose} lost ${times(calls.length)}, request or answer, ${lastSent}`;
    case "unanswered":
      return `${purpose} not answered ${times(calls.length)}, ${lastSent}`;
  }
}

function tellPart(
  { event, index }: { readonly event: TraceEvent; readonly index: number },
  isFirst: boolean,
  call: Call,
  telling: Telling,
): string {
  const { trace, zeroMs } = telling;
  const purpose = purposeOf(trace, call);
  const at = isFirst ? "" : ` at ${relative(event.atMs, zeroMs)}`;
  const which = isFirst ? `its ${purpose}, sent at ${relative(call.sent.event.atMs, zeroMs)}, ` : "";
  switch (event.kind) {
    case "sent": {
      if (purpose === "read") return "reads";
      return `sends a ${purpose}${whatIsReplaced(call, telling)}`;
    }
    case "landed": {
      const what = event.duplicate ? "lands again" : "lands";
      if (!isWrite(call)) return `${which}${what}${at}`;
      const holds = event.version === undefined ? "nothing" : `version ${short(event.version)}`;
      if (event.applied) return `${which}${what}${at} as ${holds}${whatStood(call, index, trace)}`;
      return `${which}${what}${at} and changes nothing: the store holds ${holds}${event.version === undefined ? "" : holder(event.holder, trace)}`;
    }
    case "lost":
      return isFirst
        ? `the ${event.part} of its ${purpose}, sent at ${relative(call.sent.event.atMs, zeroMs)}, is lost`
        : `its ${event.part} is lost${at}`;
    case "answered": {
      if (endingOf(call) !== "confirmed") return `${which}answered${at}: ${event.outcome}`;
      const meaning = isWrite(call) ? tellBelief(call, telling) : whatWasRead(call, trace);
      return `${which}answered${at}${meaning}${isWrite(call) ? "" : tellSight(event.atMs, trace.holderOf(versionRead(call)), telling)}`;
    }
    default:
      return event.kind;
  }
}

function whatIsReplaced(call: Call, { trace, cast }: Telling): string {
  const { expected, purpose } = call.sent.event;
  if (expected === undefined) return "";
  const isRenewal = purposeOf(trace, call) === "renewal";
  const sight = call === cast.takeOver ? cast.sight : undefined;
  const waited =
    sight === undefined
      ? ""
      : `, ${seconds(call.sent.event.atMs - sight.seen.event.atMs)} after it saw ${sight.version === expected ? "it" : "the record"}`;
  return ` of version ${short(expected)}${isRenewal || purpose === "release" ? "" : heldBy(expected, trace)}${waited}`;
}

/** What a write replaced, if that is not what it was to replace. */
function whatStood(call: Call, index: number, trace: TraceIndex): string {
  const { expected } = call.sent.event;
  const before = trace.events.findLast(
    (event, at) => at < index && (event.kind === "landed" || event.kind === "stranger") && "version" in event,
  );
  if (before?.kind !== "landed" || before.version === expected) return "";
  if (before.version === undefined) return ", where nothing stood";
  return `, in the place of version ${short(before.version)}${holder(before.holder, trace)}`;
}

/** What a confirmed write means for belief. */
function tellBelief(call: Call, { trace, header, zeroMs }: Telling): string {
  const { answered, sent } = call;
  if (sent.event.purpose === "release" || answered === undefined) return "";
  const previous = lastConfirmed(trace, call.who, answered.index);
  const term = termAt(trace, call.who, sent.index);
  const endedMs =
    previous === undefined || term === undefined ? Number.POSITIVE_INFINITY : beliefEndMs(previous, header);
  if (answered.event.atMs > endedMs) {
    return `; too late: belief ended at ${relative(endedMs, zeroMs)}`;
  }
  return `; believes until ${relative(beliefEndMs(call, header), zeroMs)} (sent + renew deadline)`;
}

/** What a candidate may conclude from what it saw. */
function tellSight(atMs: number, holderIdentity: string | undefined, { header, zeroMs }: Telling): string {
  if (holderIdentity === undefined) return "";
  if (holderIdentity === "") return "; may take it at once";
  return `; may take it from ${relative(atMs + header.leaseDurationMs, zeroMs)} (arrival + lease duration)`;
}

function tellMoment(event: TraceEvent, index: number, telling: Telling): string {
  const { trace, header, zeroMs } = telling;
  switch (event.kind) {
    case "process-started":
      return `its process starts, as ${event.identity}`;
    case "process-crashed":
      return "crashes: nobody is left to believe";
    case "paused":
      return event.how === "pause"
        ? "is paused: its process does not run"
        : event.how === "suspend"
          ? "is suspended: its machine sleeps"
          : "is a virtual machine that is paused: only wall time goes on";
    case "resumed": {
      const spell = trace.spells.findLast(
        ({ who, began }) => who === event.who && began.event.kind === "paused" && began.index < index,
      );
      return `runs again${spell === undefined ? "" : ` after ${seconds(event.atMs - spell.began.event.atMs)}`}`;
    }
    case "watched": {
      const seen = event.version === undefined ? "" : ` version ${short(event.version)}`;
      const holderIdentity = event.event === "deleted" ? undefined : trace.holderOf(event.version);
      const by = holderIdentity === undefined ? "" : holder(holderIdentity, trace);
      return `its watch tells: ${event.event}${seen}${by}${tellSight(event.atMs, holderIdentity, telling)}`;
    }
    case "term-started": {
      const basis = lastConfirmed(trace, event.who, index);
      const belief =
        basis === undefined
          ? ": on no confirmed write"
          : basis.answered?.event.atMs === event.atMs
            ? "" // the line above says it
            : `: believes until ${relative(beliefEndMs(basis, header), zeroMs)} (sent + renew deadline)`;
      return `starts to lead, token ${short(event.token)}${belief}`;
    }
    case "told":
      return `its task is told to stop (${event.reason}), token ${short(event.token)}`;
    case "term-ended":
      return `stops believing (${event.reason}), token ${short(event.token)}${tellOverlap(event, index, telling)}`;
    case "task-settled":
      return `its task has settled, token ${short(event.token)}`;
    case "stranger":
      return `${event.what}${event.version === undefined ? "" : `: version ${short(event.version)}`}`;
    case "fault-began":
      return `fault: ${event.fault}, ${until(event.untilMs, zeroMs)}`;
    case "phase":
      return event.phase === "healed" ? "all faults have healed" : "faults begin";
    case "violation":
      return `${event.property} VIOLATED: ${tellBelievers(index, trace)}${tellRecord(index, trace)}`;
    default:
      return event.kind;
  }
}

function tellBelievers(index: number, trace: TraceIndex): string {
  const believers = trace.replicas.filter((who) => termAt(trace, who, index) !== undefined);
  if (believers.length === 0) return "nobody believes to lead";
  return `${believers.join(" and ")} believe${believers.length === 1 ? "s" : ""} to lead`;
}

function tellRecord(index: number, trace: TraceIndex): string {
  const last = trace.events.findLast((event, at) => at < index && event.kind === "landed");
  if (last?.kind !== "landed" || last.version === undefined) return "";
  return `; the record was last seen at version ${short(last.version)}${holder(last.holder, trace)}`;
}

/** At the end of a term: for how long another was led beside it. */
function tellOverlap(
  event: TraceEvent & { readonly who: string },
  index: number,
  { trace }: Telling,
): string {
  const term = termAt(trace, event.who, index - 1);
  if (term === undefined) return "";
  const overlaps = trace.terms
    .filter((other) => other !== term && other.who !== term.who)
    .filter(({ started, ended }) => started.index < index && (ended?.index ?? index) > term.started.index)
    .map(({ started, ended }) => {
      const fromMs = Math.max(started.event.atMs, term.started.event.atMs);
      return Math.min(event.atMs, ended?.event.atMs ?? event.atMs) - fromMs;
    });
  const longestMs = Math.max(0, ...overlaps);
  return longestMs > 0 ? `; two led for ${seconds(longestMs)}` : "";
}

function whatWasRead(call: Call, trace: TraceIndex): string {
  const version = versionRead(call);
  return version === undefined ? ": no record" : `: version ${short(version)}${heldBy(version, trace)}`;
}

function heldBy(version: string, trace: TraceIndex): string {
  const identity = trace.holderOf(version);
  return identity === undefined ? "" : holder(identity, trace);
}

function holder(identity: string, trace: TraceIndex): string {
  return identity === "" ? " (free)" : ` (held by ${trace.nameOf(identity)})`;
}

function until(atMs: number, zeroMs: number): string {
  return Number.isFinite(atMs) ? `until ${relative(atMs, zeroMs)}` : "for good";
}

function times(count: number): string {
  return count === 1 ? "once" : count === 2 ? "twice" : `${count.toLocaleString("en")} times`;
}
