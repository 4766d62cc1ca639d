import type { TimeReading } from "./clock.ts";
import { type Answer, type Effect, type ElectorState, type Input, initialState } from "./elector-state.ts";
import type { Step } from "./elector-step.ts";
import { LeaderElectionError } from "./errors.ts";
import type { ElectorConfig } from "./options.ts";
import { fingerprintOf } from "./own-writes.ts";
import type { LockEvent, VersionedRecord } from "./resource-lock.ts";

/** One unit of the world's time: so long that jitter and grain, milliseconds all of them, never reach the next. */
export const TICK_MS = 1_000;

export type WriteEffect = Extract<Effect, { kind: "create" | "update" }>;
type RequestEffect = WriteEffect | Extract<Effect, { kind: "get" }>;
export type Purpose = "acquire" | "renew" | "release";

/** Who wrote a version, and when it was *sent*: what an elector must not have to guess. Rides in `raw`. */
export interface Origin {
  readonly number: number;
  readonly life: number;
  readonly sentAtMs: number;
  readonly purpose: Purpose;
  readonly fingerprint: string;
}

/** A write on its way. Without an answer it may still land, long after its elector has given up on it, or crashed. */
export interface Flight {
  readonly life: number;
  readonly effect: WriteEffect;
  readonly purpose: Purpose;
  readonly sentAtMs: number;
  readonly fingerprint: string;
}

/** The one request of an elector: on its way until `answer` is set, then the answer is. */
export interface PendingRequest {
  readonly id: number;
  readonly flight: Flight | undefined;
  readonly sentAtMs: number;
  readonly answer: Answer | undefined;
}

/** One elector process, and what an onlooker knows of it. */
export interface Process {
  /** Counts the starts of processes: a restart has another one, also under the same name. */
  readonly life: number;
  readonly identity: string;
  readonly up: boolean;
  /** Paused: time passes, nothing in it runs. */
  readonly asleep: boolean;
  readonly state: ElectorState;
  readonly wakeAtMs: number;
  readonly request: PendingRequest | undefined;
  readonly task: "none" | "running" | "told";
  /** Between `startTerm` and `endTerm`. */
  readonly termIsOn: boolean;
  /** Its last write, if that met a conflict and the record was not looked at since; `on` is 0 for a create. */
  readonly conflict: { readonly on: number; readonly purpose: Purpose } | undefined;
  /** It has seen somebody hold the lock. */
  readonly sawHeld: boolean;
  /** Its watch: the last version told, and an event on its way. */
  readonly stream: { readonly told: number; readonly event: LockEvent | undefined } | undefined;
}

/** How often each of these may still happen. */
export interface Budget {
  /** Requests that are given up on: not landed yet (they may, later or never), or landed with the answer lost. */
  readonly timeouts: number;
  readonly crashes: number;
  /** `stop`, `stepDown`, or a task that returns by itself. */
  readonly ends: number;
  readonly deletions: number;
  /** A label is edited: the version moves, the record's fields stay. */
  readonly touches: number;
  readonly pauses: number;
  /** Requests that are refused, and may land nevertheless: a proxy sent them again. */
  readonly refusals: number;
  readonly watchBreaks: number;
}

/** Two electors and one compare-and-swap cell. Never changed: every move makes a new one. */
export interface World {
  readonly nowMs: number;
  readonly stored: VersionedRecord | undefined;
  readonly lastVersion: number;
  /** Writes that nobody waits for any more, and that can still land. */
  readonly late: readonly Flight[];
  readonly processes: readonly [Process, Process];
  readonly lives: number;
  /** The token of the newest term. */
  readonly lastToken: number;
  readonly left: Budget;
}

/** What a world runs on. */
export interface Rules {
  readonly step: (config: ElectorConfig, state: ElectorState, input: Input) => Step;
  /** By identity. */
  readonly config: (identity: string) => ElectorConfig;
  readonly budget: Budget;
  readonly watches: boolean;
  /** A store that overwrites without comparing: to see that this is found. */
  readonly blindStore: boolean;
}

/** What one input did: for the laws, and for counting what was reached. */
export interface Happening {
  readonly before: Process;
  readonly input: Input;
  readonly after: Process;
  readonly effects: readonly Effect[];
  /** Before the input. */
  readonly world: World;
  readonly config: ElectorConfig;
}

export interface Observer {
  happened(happening: Happening): void;
  landed(flight: Flight, over: VersionedRecord | undefined, wasLate: boolean): void;
}

/** An input without its time. */
type Untimed = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;

/** Something that may happen next. */
export interface Move {
  readonly label: string;
  readonly passesTime: boolean;
  readonly next: () => World;
}

export const NO_BUDGET: Budget = {
  timeouts: 0,
  crashes: 0,
  ends: 0,
  deletions: 0,
  touches: 0,
  pauses: 0,
  refusals: 0,
  watchBreaks: 0,
};

const UNKNOWN: Answer = {
  ok: false,
  error: new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", "no answer", { outcome: "unknown" }),
};
const CONFLICT: Answer = { ok: false, error: new LeaderElectionError("ERR_LOCK_CONFLICT", "conflict") };
const REFUSED: Answer = { ok: false, error: new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "refused") };

/** A world in which both have just begun to campaign. */
export function newWorld(rules: Rules): World {
  const world: World = {
    nowMs: 0,
    stored: undefined,
    lastVersion: 0,
    late: [],
    processes: [newProcess("a", 1, rules), newProcess("b", 2, rules)],
    lives: 2,
    lastToken: 0,
    left: rules.budget,
  };
  const silent = new SmallWorld(rules, { happened: () => {}, landed: () => {} });
  return silent.start(silent.start(world, 0), 1);
}

function newProcess(identity: string, life: number, rules: Rules): Process {
  return {
    life,
    identity,
    up: true,
    asleep: false,
    state: initialState(rules.watches),
    wakeAtMs: Number.POSITIVE_INFINITY,
    request: undefined,
    task: "none",
    termIsOn: false,
    conflict: undefined,
    sawHeld: false,
    stream: undefined,
  };
}

/** The clocks of one life. Wall clocks lie a few milliseconds apart: so no two lives ever write the same renew time. */
export function reading(nowMs: number, life: number): TimeReading {
  return { monotonicMs: nowMs, bootMs: nowMs, wallMs: Date.UTC(2026, 0, 1) + nowMs + life };
}

export function originOf(found: VersionedRecord): Origin {
  return found.raw as Origin; // nothing in this world is stored without one
}

/** Everything that may happen next in a world. */
export class SmallWorld {
  readonly #rules: Rules;
  readonly #observer: Observer;

  constructor(rules: Rules, observer: Observer) {
    this.#rules = rules;
    this.#observer = observer;
  }

  moves(world: World): Move[] {
    const moves: Move[] = [];
    const add = (label: string, next: () => World): void => {
      moves.push({ label, passesTime: false, next });
    };
    if (world.processes.every((process) => this.#canLetTimePass(world, process))) {
      moves.push({ label: "a tick passes", passesTime: true, next: () => this.#pass(world) });
    }
    for (const which of [0, 1] as const) this.#processMoves(world, which, add);
    for (const flight of world.late) {
      add(`${flight.purpose} of life ${flight.life} lands late`, () => this.#landLate(world, flight));
    }
    this.#strangersMoves(world, add);
    return moves;
  }

  /** A request has ended within its timeout, unless its process sleeps. */
  #canLetTimePass(world: World, { request, asleep, identity }: Process): boolean {
    if (request === undefined || asleep) return true;
    return world.nowMs - request.sentAtMs < this.#rules.config(identity).requestTimeoutMs;
  }

  #processMoves(world: World, which: 0 | 1, add: (label: string, next: () => World) => void): void {
    const process = world.processes[which];
    const { identity, request, state, left } = { ...process, left: world.left };
    if (!process.up) {
      for (const name of [identity, `${identity}+`]) {
        add(`${identity} starts again as ${name}`, () => this.#restart(world, which, name));
      }
      return;
    }
    if (request !== undefined) this.#requestMoves(world, which, request, add);
    if (process.stream !== undefined) this.#watchMoves(world, which, add);
    if (process.asleep) {
      add(`${identity} wakes up`, () => this.#feed(world, which, { kind: "tick" }));
      return;
    }
    if (state.phase.kind === "stopped") {
      add(`${identity} starts`, () => this.start(world, which));
    }
    if (process.task === "told") {
      add(`${identity}'s task ends`, () => this.#feed(world, which, { kind: "taskSettled" }));
    }
    if (left.ends > 0 && state.phase.kind !== "stopped") this.#endMoves(world, which, add);
    if (left.pauses > 0) {
      const paused = spend(world, "pauses");
      add(`${identity} pauses`, () => this.#with(paused, which, { ...process, asleep: true }));
    }
    if (left.crashes > 0 && state.phase.kind !== "stopped") {
      add(`${identity} crashes`, () => this.#crash(spend(world, "crashes"), which));
    }
  }

  start(world: World, which: 0 | 1): World {
    return this.#feed(world, which, { kind: "start", goal: "run" });
  }

  #endMoves(world: World, which: 0 | 1, add: (label: string, next: () => World) => void): void {
    const { identity, task, state } = world.processes[which];
    const ending = spend(world, "ends");
    if (state.goal !== "stop") {
      add(`${identity}.stop()`, () =>
        this.#feed(ending, which, { kind: "end", reason: "shutdown", stop: true }),
      );
    }
    if (state.phase.kind === "leading") {
      add(`${identity}.stepDown()`, () =>
        this.#feed(ending, which, { kind: "end", reason: "stepped-down", stop: false }),
      );
    }
    if (task === "running") {
      add(`${identity}'s task returns by itself`, () =>
        this.#feed(ending, which, { kind: "taskSettled", finished: "task-returned" }),
      );
    }
  }

  #requestMoves(
    world: World,
    which: 0 | 1,
    request: PendingRequest,
    add: (label: string, next: () => World) => void,
  ): void {
    const process = world.processes[which];
    const { identity } = process;
    const name = request.flight?.purpose ?? "read";
    const { id } = request;
    if (request.answer === undefined) {
      add(`${identity}'s ${name} reaches the store`, () => this.#land(world, which, request));
      if (world.left.refusals > 0) {
        const refused = this.#orphan(spend(world, "refusals"), which);
        add(`${identity}'s ${name} is refused`, () =>
          this.#feed(refused, which, { kind: "answered", id, answer: REFUSED }),
        );
      }
    } else {
      const { answer } = request;
      add(`${identity}'s ${name} is answered`, () =>
        this.#feed(world, which, { kind: "answered", id, answer }),
      );
    }
    const ageMs = world.nowMs - request.sentAtMs;
    if (world.left.timeouts > 0 && ageMs >= this.#rules.config(identity).requestTimeoutMs) {
      const lost = this.#orphan(spend(world, "timeouts"), which);
      add(`${identity}'s ${name} times out`, () =>
        this.#feed(lost, which, { kind: "answered", id, answer: UNKNOWN }),
      );
    }
  }

  #watchMoves(world: World, which: 0 | 1, add: (label: string, next: () => World) => void): void {
    const process = world.processes[which];
    const { identity, stream } = process;
    if (stream === undefined) return;
    if (stream.event !== undefined) {
      const { event } = stream;
      const quiet = this.#with(world, which, { ...process, stream: { ...stream, event: undefined } });
      add(`${identity} is told of ${nameOf(event)}`, () =>
        this.#feed(quiet, which, { kind: "event", event }),
      );
    } else if (stream.told < world.lastVersion) {
      const told = world.lastVersion;
      const event: LockEvent =
        world.stored === undefined
          ? { kind: "deleted", fencingToken: BigInt(told) }
          : { kind: "changed", current: world.stored };
      add(`${identity}'s watch sends ${nameOf(event)}`, () =>
        this.#with(world, which, { ...process, stream: { told, event } }),
      );
    }
    if (world.left.watchBreaks > 0 && !process.asleep) {
      const broken = this.#with(spend(world, "watchBreaks"), which, { ...process, stream: undefined });
      add(`${identity}'s watch ends`, () => this.#feed(broken, which, { kind: "watchEnded" }));
    }
  }

  #strangersMoves(world: World, add: (label: string, next: () => World) => void): void {
    const { stored, left, lastVersion } = world;
    if (stored === undefined) return;
    // Outside the promise: a record deleted before a candidate ever saw it held.
    if (left.deletions > 0 && world.processes.every(({ sawHeld }) => sawHeld)) {
      add("somebody deletes the record", () =>
        prune({ ...spend(world, "deletions"), stored: undefined, lastVersion: lastVersion + 1 }),
      );
    }
    if (left.touches > 0) {
      add("somebody edits a label", () => {
        const version = lastVersion + 1;
        const current = versioned(stored.record, stored.incarnation, {
          ...originOf(stored),
          number: version,
        });
        return prune({ ...spend(world, "touches"), stored: current, lastVersion: version });
      });
    }
  }

  #pass(world: World): World {
    let next: World = { ...world, nowMs: world.nowMs + TICK_MS };
    for (const which of [0, 1] as const) {
      const { up, asleep } = next.processes[which];
      if (up && !asleep) next = this.#feed(next, which, { kind: "tick" });
    }
    return next;
  }

  /** The request reaches the store: it is carried out, and its answer is on its way. */
  #land(world: World, which: 0 | 1, request: PendingRequest): World {
    const process = world.processes[which];
    const { flight } = request;
    if (flight === undefined) {
      const answer: Answer = { ok: true, found: world.stored };
      return this.#with(world, which, { ...process, request: { ...request, answer } });
    }
    const [next, answer] = this.#write(world, flight, false);
    return prune(this.#with(next, which, { ...process, request: { ...request, answer } }));
  }

  #landLate(world: World, flight: Flight): World {
    const rest = { ...world, late: world.late.filter((other) => other !== flight) };
    return prune(this.#write(rest, flight, true)[0]);
  }

  #write(world: World, flight: Flight, wasLate: boolean): [World, Answer] {
    const { stored, lastVersion } = world;
    const { effect } = flight;
    const fits =
      effect.kind === "create" ? stored === undefined : stored?.version === effect.expected.version;
    if (!fits && !this.#rules.blindStore) return [world, CONFLICT];
    this.#observer.landed(flight, stored, wasLate);
    const number = lastVersion + 1;
    const { life, sentAtMs, purpose, fingerprint } = flight;
    const found = versioned(effect.record, stored?.incarnation ?? String(number), {
      number,
      life,
      sentAtMs,
      purpose,
      fingerprint,
    });
    return [
      { ...world, stored: found, lastVersion: number },
      { ok: true, found },
    ];
  }

  /** Nobody waits for this process' request any more. */
  #orphan(world: World, which: 0 | 1): World {
    const process = world.processes[which];
    const { request } = process;
    const late =
      request?.flight !== undefined && request.answer === undefined
        ? [...world.late, request.flight]
        : world.late;
    return prune(this.#with({ ...world, late }, which, process));
  }

  #crash(world: World, which: 0 | 1): World {
    const process = world.processes[which];
    const gone = newProcess(process.identity, process.life, this.#rules);
    return this.#with(this.#orphan(world, which), which, { ...gone, up: false });
  }

  #restart(world: World, which: 0 | 1, identity: string): World {
    const life = world.lives + 1;
    const process = newProcess(identity, life, this.#rules);
    return this.start(this.#with({ ...world, lives: life }, which, process), which);
  }

  #feed(world: World, which: 0 | 1, what: Untimed): World {
    const before = world.processes[which];
    const config = this.#rules.config(before.identity);
    const input = { ...what, at: reading(world.nowMs, before.life) } as Input; // `what` is one without its time
    const { state, effects, wakeAtMs } = this.#rules.step(config, before.state, input);
    let after: Process = { ...before, asleep: false, state, wakeAtMs };
    if (input.kind === "answered") after = { ...after, request: undefined };
    if (input.kind === "taskSettled") after = { ...after, task: "none" };
    after = noteWhatWasSeen(before, after, input);
    let { lastToken } = world;
    for (const effect of effects) {
      if (effect.kind === "startTerm") lastToken = Number(effect.token);
      after = perform(after, effect, world);
    }
    this.#observer.happened({ before, input, after, effects, world, config });
    return this.#with({ ...world, lastToken }, which, after);
  }

  #with(world: World, which: 0 | 1, process: Process): World {
    const [a, b] = world.processes;
    return { ...world, processes: which === 0 ? [process, b] : [a, process] };
  }
}

/** The oracle's own memory of conflicts and of held records, apart from what the elector remembers. */
function noteWhatWasSeen(before: Process, after: Process, input: Input): Process {
  const found = seenIn(input);
  const flight = before.request?.flight;
  const sawHeld = before.sawHeld || (found !== undefined && found.record.holderIdentity !== "");
  const isSight = (input.kind === "answered" && input.answer.ok) || input.kind === "event";
  if (isSight) return { ...after, sawHeld, conflict: undefined };
  const isConflict =
    input.kind === "answered" && !input.answer.ok && input.answer.error.code === "ERR_LOCK_CONFLICT";
  if (!isConflict || flight === undefined) return after;
  return { ...after, conflict: { on: expectedNumber(flight.effect), purpose: flight.purpose } };
}

export function expectedNumber(effect: WriteEffect): number {
  return effect.kind === "create" ? 0 : originOf(effect.expected).number;
}

/** The record that an input shows, if any. */
export function seenIn(input: Input): VersionedRecord | undefined {
  if (input.kind === "answered") return input.answer.ok ? input.answer.found : undefined;
  return input.kind === "event" && input.event.kind === "changed" ? input.event.current : undefined;
}

function perform(process: Process, effect: Effect, world: World): Process {
  switch (effect.kind) {
    case "get":
    case "create":
    case "update":
      return { ...process, request: requestFor(process, effect, world.nowMs) };
    case "cancelCall":
      return { ...process, request: undefined };
    case "openWatch":
      return {
        ...process,
        stream: { told: effect.from === undefined ? 0 : originOf(effect.from).number, event: undefined },
      };
    case "closeWatch":
      return { ...process, stream: undefined };
    case "startTerm":
      return { ...process, task: "running", termIsOn: true };
    case "abortTerm":
      return { ...process, task: process.task === "running" ? "told" : process.task };
    case "endTerm":
      return { ...process, termIsOn: false };
    default:
      return process;
  }
}

function requestFor(process: Process, effect: RequestEffect, sentAtMs: number): PendingRequest {
  const { id } = effect;
  if (effect.kind === "get") return { id, flight: undefined, sentAtMs, answer: undefined };
  const fingerprint = fingerprintOf(effect.record);
  const flight: Flight = { life: process.life, effect, purpose: purposeOf(effect), sentAtMs, fingerprint };
  return { id, flight, sentAtMs, answer: undefined };
}

/** Told by the record alone, as an onlooker must: an acquire sets its acquire time to now. */
export function purposeOf({ record }: WriteEffect): Purpose {
  if (record.holderIdentity === "") return "release";
  return record.acquireTime === record.renewTime ? "acquire" : "renew";
}

function versioned(record: VersionedRecord["record"], incarnation: string, origin: Origin): VersionedRecord {
  const { number } = origin;
  return { record, version: String(number), incarnation, fencingToken: BigInt(number), raw: origin };
}

function spend(world: World, what: keyof Budget): World {
  return { ...world, left: { ...world.left, [what]: world.left[what] - 1 } };
}

/** Forgets late writes that can never land any more: versions do not come back. */
function prune(world: World): World {
  if (world.late.length === 0) return world;
  const { stored, left } = world;
  const late = world.late.filter(({ effect }) =>
    effect.kind === "create"
      ? stored === undefined || left.deletions > 0
      : stored?.version === effect.expected.version,
  );
  return late.length === world.late.length ? world : { ...world, late };
}

function nameOf(event: LockEvent): string {
  if (event.kind === "changed" && event.current !== undefined) return `version ${event.current.version}`;
  return event.kind === "deleted" ? "the deletion" : "a gap";
}
