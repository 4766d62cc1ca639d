import type { TraceEvent, TraceHeader } from "./trace.ts";

/** Of all hand-made worlds: 15 s lease, 10 s renew deadline, 2 s retry period. */
export const header: TraceHeader = {
  seed: 42,
  commit: "361e0fb",
  settings: "kubernetes, 15/10/2 s, 2 replicas, clocks within 1 %",
  renewDeadlineMs: 10_000,
  leaseDurationMs: 15_000,
};

/** Leaves out a member of each variant, which the builder then fills in. */
type Without<Event, Key extends PropertyKey> = Event extends unknown ? Omit<Event, Key> : never;

/** What becomes of a write. */
interface WriteFate {
  readonly purpose?: "hold" | "release";
  readonly landsAfterMs?: number;
  readonly answersAfterMs?: number;
  readonly lost?: "request" | "answer";
}

/** Makes a trace by hand. Events may be added in any order. */
export class TraceBuilder {
  readonly #events: TraceEvent[] = [];
  #calls = 0;
  #version = 1000;
  #holder = "";

  get events(): readonly TraceEvent[] {
    return this.#events.toSorted((a, b) => a.atMs - b.atMs);
  }

  get version(): string {
    return String(this.#version);
  }

  at(atMs: number, event: Without<TraceEvent, "atMs">): this {
    this.#events.push({ atMs, ...event } as TraceEvent); // one of the union, with what was left out put back
    return this;
  }

  /** A write of the newest version that is applied, unless its request is lost. Call it in the order of landing. */
  write(atMs: number, who: string, fate: WriteFate = {}): this {
    const { purpose = "hold", landsAfterMs = 5, answersAfterMs = 12, lost } = fate;
    const callId = ++this.#calls;
    const operation = "update";
    this.at(atMs, { kind: "sent", who, callId, operation, purpose, expected: this.version });
    if (lost === "request") return this.at(atMs + 3, { kind: "lost", who, callId, part: "request" });
    this.#version += 1;
    this.#holder = purpose === "release" ? "" : identityOf(who);
    this.at(atMs + landsAfterMs, {
      kind: "landed",
      who,
      callId,
      applied: true,
      duplicate: false,
      ...this.#stored,
    });
    if (lost === "answer")
      return this.at(atMs + landsAfterMs + 3, { kind: "lost", who, callId, part: "answer" });
    return this.at(atMs + answersAfterMs, { kind: "answered", who, callId, outcome: `ok ${this.version}` });
  }

  read(atMs: number, who: string, lost = false): this {
    const callId = ++this.#calls;
    this.at(atMs, { kind: "sent", who, callId, operation: "get", purpose: "read", expected: undefined });
    if (lost) return this.at(atMs + 3, { kind: "lost", who, callId, part: "request" });
    this.at(atMs + 4, { kind: "landed", who, callId, applied: false, duplicate: false, ...this.#stored });
    return this.at(atMs + 9, { kind: "answered", who, callId, outcome: `ok ${this.version}` });
  }

  watch(atMs: number, who: string): this {
    return this.at(atMs, { kind: "watched", who, event: "changed", version: this.version });
  }

  start(atMs: number, who: string): this {
    return this.at(atMs, { kind: "process-started", who, identity: identityOf(who) });
  }

  get #stored(): { readonly version: string; readonly holder: string } {
    return { version: this.version, holder: this.#holder };
  }
}

function identityOf(who: string): string {
  return `${who}-1`;
}

/** S1: `a` leads for 5,000 renewals, is paused, and goes on believing while `b` takes over. */
export function overlapAfterPause(): readonly TraceEvent[] {
  const trace = new TraceBuilder().start(0, "a").start(3, "b");
  trace.at(50, { kind: "fault-began", fault: "clock 1 % slow", who: "a", untilMs: Number.POSITIVE_INFINITY });
  trace.write(100, "a").at(112, { kind: "term-started", who: "a", token: "1001" });
  for (let renewal = 1; renewal <= 5000; renewal += 1) {
    trace.write(100 + renewal * 2000, "a").watch(110 + renewal * 2000, "b");
    if (renewal % 10 === 0) trace.read(500 + renewal * 2000, "b");
  }
  trace.write(10_002_100, "a", { lost: "request" });
  trace.at(10_001_000, {
    kind: "fault-began",
    fault: "requests of a are lost",
    who: "a",
    untilMs: 10_003_000,
  });
  trace.at(10_003_000, { kind: "fault-ended", fault: "requests of a are lost", who: "a" });
  trace.at(10_003_400, { kind: "paused", who: "a", how: "suspend" });
  trace.write(10_015_130, "b", { landsAfterMs: 40, answersAfterMs: 80 });
  trace.at(10_015_210, { kind: "term-started", who: "b", token: "6002" });
  trace.at(10_015_210, {
    kind: "violation",
    property: "S1",
    message: "a (token 1001) and b (token 6002)\nboth say isLeading()",
    who: ["a", "b"],
  });
  trace.at(10_016_000, { kind: "resumed", who: "a" });
  trace.at(10_016_300, { kind: "told", who: "a", token: "1001", reason: "stalled" });
  trace.at(10_016_900, { kind: "term-ended", who: "a", token: "1001", reason: "stalled" });
  trace.at(10_016_950, { kind: "task-settled", who: "a", token: "1001" });
  for (let renewal = 1; renewal <= 20; renewal += 1) trace.write(10_015_200 + renewal * 2000, "b");
  return trace.events;
}

/** S6: `a` ends its term, and its release, late on the way, frees the record that `b` holds. */
export function releaseOfAnothers(): readonly TraceEvent[] {
  const trace = new TraceBuilder().start(0, "a").start(3, "b");
  trace.at(10, { kind: "fault-began", fault: "answers are slow", who: undefined, untilMs: 60_000 });
  trace.write(1000, "a").at(1012, { kind: "term-started", who: "a", token: "1001" });
  for (const atMs of [3000, 5000, 7000]) trace.write(atMs, "a").watch(atMs + 9, "b");
  trace.at(8000, { kind: "told", who: "a", token: "1001", reason: "shutdown" });
  trace.at(8200, { kind: "task-settled", who: "a", token: "1001" });
  trace.at(8200, { kind: "term-ended", who: "a", token: "1001", reason: "shutdown" });
  trace.at(9000, { kind: "stranger", what: 'kubectl edits <labels> & "more"', version: undefined });
  trace.write(22_050, "b").at(22_062, { kind: "term-started", who: "b", token: "1005" });
  trace.write(24_000, "b").write(26_000, "b");
  // Sent long before `b` took over, and not refused, though it names another version.
  trace.at(8210, {
    kind: "sent",
    who: "a",
    callId: 900,
    operation: "update",
    purpose: "release",
    expected: "1004",
  });
  trace.at(27_500, {
    kind: "landed",
    who: "a",
    callId: 900,
    applied: true,
    version: "1008",
    holder: "",
    duplicate: false,
  });
  trace.at(27_500, {
    kind: "violation",
    property: "S6",
    message: "a released version 1007, which b wrote",
    who: ["a"],
  });
  trace.at(27_510, { kind: "answered", who: "a", callId: 900, outcome: "ok 1008" });
  return trace.events;
}

/** L2: the leader is gone, the faults have healed, and `b`, whose requests are all lost, is told nothing for ever. */
export function nobodyLeads(): readonly TraceEvent[] {
  const trace = new TraceBuilder().start(0, "a").start(3, "b");
  trace.at(5, { kind: "phase", phase: "chaos" });
  trace.write(1000, "a").at(1012, { kind: "term-started", who: "a", token: "1001" });
  for (const atMs of [3000, 5000, 7000]) trace.write(atMs, "a");
  trace.at(7500, { kind: "process-crashed", who: "a" });
  trace.at(4000, { kind: "fault-began", fault: "requests of b are cut", who: "b", untilMs: 20_000 });
  for (let atMs = 200; atMs < 80_000; atMs += 2000) trace.read(atMs, "b", true);
  trace.at(20_000, { kind: "fault-ended", fault: "requests of b are cut", who: "b" });
  trace.at(20_000, { kind: "phase", phase: "healed" });
  trace.at(80_000, {
    kind: "violation",
    property: "L2",
    message: "nobody leads 60 s after healing",
    who: ["b"],
  });
  return trace.events;
}
