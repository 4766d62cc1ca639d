import { describe, expect, it } from "vitest";
import { elapsedMs, type TimeReading } from "./clock.ts";
import {
  type Answer,
  type Effect,
  type ElectorState,
  type Input,
  initialState,
  leadingTerm,
} from "./elector-state.ts";
import {
  ALLOWED,
  asError,
  CONFLICT,
  configure,
  deepFreeze,
  failure,
  type Happening,
  nanos,
  seeded,
  UNAVAILABLE,
  UNKNOWN,
  type WriteEffect,
} from "./elector-step.fixture.ts";
import { step } from "./elector-step.ts";
import type { StopReason } from "./errors.ts";
import type { ElectorConfig, LeaderElectorOptions } from "./options.ts";
import type { LeaderElectionRecord, VersionedRecord } from "./resource-lock.ts";

/** A world gone mad around one elector: any answer, any event, any time. What the elector owes it nevertheless is checked. */
class Walk {
  readonly #random: () => number;
  readonly #config: ElectorConfig;
  state: ElectorState;
  #at: TimeReading = { monotonicMs: 1_000.25, bootMs: 50_000, wallMs: Date.UTC(2026, 0, 1) };
  #wakeAtMs = Number.POSITIVE_INFINITY;
  #token = 10n;
  #inFlight: { readonly id: number; readonly effect: Effect } | undefined;
  readonly #oldIds: number[] = [];
  readonly #writes: WriteEffect[] = [];
  readonly #sentAt = new Set<number>();
  readonly #seen: VersionedRecord[] = [];
  #watchOpen = false;
  #taskRunning = false;
  #term: { aborted: boolean } | undefined;
  #lastTermToken = 0n;
  #lastRenewTime = "";
  readonly counts = new Map<string, number>();

  constructor(seed: number, options: Partial<LeaderElectorOptions>, watches: boolean) {
    this.#random = seeded(seed);
    this.#config = configure({ ...options, random: seeded(seed + 1) });
    this.state = initialState(watches);
  }

  go(steps: number): void {
    for (let i = 0; i < steps; i += 1) {
      this.#feed(this.#next());
      if (i % 20 === 0) this.#checkProgress();
    }
  }

  #chance(p: number): boolean {
    return this.#random() < p;
  }

  #pick<T>(list: readonly T[]): T {
    const picked = list[Math.floor(this.#random() * list.length)];
    if (picked === undefined) throw new Error("nothing to pick from");
    return picked;
  }

  #next(): Happening {
    this.#moveClocks();
    if (this.state.phase.kind === "stopped" && this.#chance(0.3)) {
      return { kind: "start", goal: this.#chance(0.7) ? "run" : "acquire" };
    }
    const roll = this.#random();
    if (roll < 0.5 && this.#inFlight !== undefined) {
      return { kind: "answered", id: this.#inFlight.id, answer: this.#answer(this.#inFlight.effect) };
    }
    if (roll < 0.55 && this.#oldIds.length > 0) {
      const found = this.#record();
      return {
        kind: "answered",
        id: this.#pick(this.#oldIds),
        answer: this.#chance(0.5) ? CONFLICT : { ok: true, found },
      };
    }
    if (roll < 0.63) return { kind: "event", event: this.#event() };
    if (roll < 0.65)
      return { kind: "watchEnded", error: this.#chance(0.5) ? asError(UNAVAILABLE) : undefined };
    if (roll < 0.67) {
      const stop = this.#chance(0.5);
      return { kind: "end", reason: stop ? "shutdown" : "stepped-down", stop };
    }
    if (roll < 0.71 && (this.#taskRunning || this.#chance(0.1))) {
      // The elector says why only where the task came to its end before it was told to.
      const own = this.#taskRunning && this.#term !== undefined && !this.#term.aborted;
      const finished: StopReason | undefined = own && this.#chance(0.5) ? "task-returned" : undefined;
      this.#taskRunning = false;
      return { kind: "taskSettled", finished };
    }
    return { kind: "tick" };
  }

  #moveClocks(): void {
    const { monotonicMs, bootMs, wallMs } = this.#at;
    let passedMs = this.#chance(0.3) ? 0 : nanos(this.#random() * 400);
    if (this.#chance(0.25) && this.#wakeAtMs < Number.POSITIVE_INFINITY) {
      passedMs = Math.max(0, this.#wakeAtMs - monotonicMs);
    }
    if (this.#chance(0.01)) passedMs = this.#random() * 40_000; // stalled
    const asleepMs = this.#chance(0.005) ? this.#random() * 20_000 : 0;
    const stepMs = this.#chance(0.005) ? (this.#random() - 0.5) * 7_200_000 : 0;
    this.#at = {
      monotonicMs: monotonicMs + passedMs,
      bootMs: bootMs + passedMs + asleepMs,
      wallMs: wallMs + passedMs + asleepMs + stepMs,
    };
  }

  #stored(record: LeaderElectionRecord, incarnation = this.#chance(0.95) ? "one" : "two"): VersionedRecord {
    this.#token += 1n;
    const roll = this.#random();
    const fencingToken = roll < 0.04 ? undefined : roll < 0.08 ? this.#token - 5n : this.#token;
    const stored = { record, version: `v${this.#token}`, incarnation, fencingToken };
    this.#seen.push(stored);
    return stored;
  }

  /** Anything that a store may show: nothing, something of long ago, another's record, one of ours, edited or not. */
  #record(): VersionedRecord | undefined {
    const roll = this.#random();
    if (roll < 0.1) return undefined;
    if (roll < 0.3 && this.#seen.length > 0) return this.#pick(this.#seen.slice(-6));
    if (roll < 0.6 && this.#writes.length > 0) return this.#stored(this.#pick(this.#writes.slice(-4)).record);
    return this.#stored({
      holderIdentity: this.#pick(["", "", "x", "y", "me"]),
      leaseDurationMs: this.#pick([15_000, 15_000, 1_000, 0, -3, 4 * 3_600_000]),
      acquireTime: undefined,
      renewTime: this.#chance(0.9)
        ? `2026-01-01T00:00:00.${String(this.#token).padStart(6, "0")}Z`
        : undefined,
      leaderTransitions: this.#pick([0, 5, 2 ** 31 - 1]),
    });
  }

  #answer(effect: Effect): Answer {
    const roll = this.#random();
    if (roll < 0.1) return UNKNOWN;
    if (roll < 0.15) return UNAVAILABLE;
    if (roll < 0.17) return failure("ERR_LOCK_THROTTLED", this.#random() * 5_000);
    if (effect.kind === "get")
      return { ok: true, found: this.#chance(0.5) ? this.#seen.at(-1) : this.#record() };
    if (roll < 0.3) return CONFLICT;
    if (effect.kind !== "create" && effect.kind !== "update") throw new Error("no request");
    const incarnation = effect.kind === "update" ? effect.expected.incarnation : undefined;
    if (roll < 0.32)
      return { ok: true, found: this.#stored({ ...effect.record, leaseDurationMs: 2_000 }, incarnation) };
    if (roll < 0.33) return { ok: true, found: undefined };
    return { ok: true, found: this.#stored(effect.record, incarnation) };
  }

  #event(): Extract<Input, { kind: "event" }>["event"] {
    const roll = this.#random();
    if (roll < 0.15) return { kind: "resync" };
    if (roll < 0.3) {
      return {
        kind: "deleted",
        fencingToken: this.#chance(0.5)
          ? undefined
          : this.#token + BigInt(Math.floor(this.#random() * 9)) - 6n,
      };
    }
    return { kind: "changed", current: this.#record() };
  }

  #feed(happening: Happening): void {
    if (happening.kind === "answered" && happening.id === this.#inFlight?.id) {
      this.#oldIds.push(happening.id);
      if (this.#oldIds.length > 5) this.#oldIds.shift();
      this.#inFlight = undefined;
    }
    if (happening.kind === "watchEnded") this.#watchOpen = false;
    const before = deepFreeze(this.state);
    // `Happening` is `Input` without `at`, and here it is.
    const { state, effects, wakeAtMs } = step(this.#config, before, { ...happening, at: this.#at } as Input);
    this.#wakeAtMs = wakeAtMs;
    this.state = state;
    for (const effect of effects) this.#take(effect);
    this.#count(`${before.phase.kind} -> ${state.phase.kind}`);
    this.#checkState(before);
  }

  #count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  #take(effect: Effect): void {
    this.#count(effect.kind);
    switch (effect.kind) {
      case "get":
      case "create":
      case "update":
        must(this.#inFlight === undefined, "one request at a time");
        this.#inFlight = { id: effect.id, effect };
        if (effect.kind !== "get") this.#takeWrite(effect);
        break;
      case "cancelCall":
        must(this.#inFlight?.id === effect.id, "only the request under way is cancelled");
        must(this.#inFlight?.effect.kind === "get", "a write is never cancelled");
        this.#oldIds.push(effect.id);
        this.#inFlight = undefined;
        break;
      case "openWatch":
        must(!this.#watchOpen, "one watch at a time");
        this.#watchOpen = true;
        break;
      case "closeWatch":
        must(this.#watchOpen, "only an open watch is closed");
        this.#watchOpen = false;
        break;
      case "startTerm":
        must(this.#term === undefined, "a term starts only after the end of the one before");
        must(!this.#taskRunning, "no term starts while a task runs");
        if (!this.#config.acceptTokenRegression) must(effect.token > this.#lastTermToken, "tokens grow");
        this.#lastTermToken = effect.token;
        this.#term = { aborted: false };
        this.#taskRunning = true;
        break;
      case "abortTerm":
        must(this.#term !== undefined && !this.#term.aborted, "a term is aborted once, before its end");
        if (this.#term !== undefined) this.#term.aborted = true;
        break;
      case "endTerm":
        must(this.#term?.aborted === true, "its task is told before a term ends");
        this.#term = undefined;
        break;
      case "newLeader":
        must(effect.identity !== "", "nobody is no leader");
        break;
      case "stopped":
        must(this.#inFlight === undefined, "it rests with no request under way");
        must(!this.#watchOpen, "it rests without a watch");
        break;
    }
  }

  #takeWrite(write: WriteEffect): void {
    const { record } = write;
    const release = record.holderIdentity === "";
    if (this.state.goal === "stop" && !release) {
      must(
        this.state.phase.kind === "draining",
        "told to stop, it writes nothing but a draining term's renewals and a release",
      );
    }
    must(release || record.holderIdentity === "me", "it writes its own name or none");
    must(record.leaseDurationMs === (release ? 1_000 : 15_000), "and its own duration");
    must(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(record.renewTime ?? ""), "six digits");
    must((record.renewTime ?? "") > this.#lastRenewTime, "renew times grow");
    must(record.leaderTransitions <= 2 ** 31 - 1, "transitions saturate");
    must(!this.#taskRunning || this.#term !== undefined, "no write while the task of a lost term runs");
    if (write.kind === "update") {
      must(
        write.expected.record === this.state.view?.current?.record ||
          this.#seen.some(({ version }) => version === write.expected.version),
        "it replaces only what it was shown",
      );
    }
    this.#lastRenewTime = record.renewTime ?? "";
    this.#writes.push(write);
    this.#sentAt.add(this.#at.monotonicMs);
  }

  #checkState(before: ElectorState): void {
    const s = this.state;
    must(ALLOWED[before.phase.kind].includes(s.phase.kind), `${before.phase.kind} -> ${s.phase.kind}`);
    must(s.pending.length <= 8, `pending stays small, not ${s.pending.length}`);
    must(s.ownFingerprints.length <= 32, "fingerprints are forgotten");
    must(s.call?.id === this.#inFlight?.id, "it knows which request is under way");
    must(s.taskRunning === this.#taskRunning, "it knows whether a task runs");
    const term = leadingTerm(s);
    must((term !== undefined) === (this.#term !== undefined), "a term is led from its start to its end");
    if (term !== undefined) {
      must(
        elapsedMs(term.confirmedAt, this.#at) < this.#config.renewDeadlineMs,
        "a deadline that passed is passed",
      );
      must(this.#sentAt.has(term.confirmedAt.monotonicMs), "belief counts from when a write was sent");
      must(s.taskRunning, "a term has a task");
      must(s.phase.kind === "draining" || !this.#term?.aborted, "a task that was told to stop drains");
      must(
        this.#writes.some(({ record }) => record.renewTime === term.base.record.renewTime),
        "belief rests on a write of its own",
      );
    }
    if (s.phase.kind === "stopped")
      must(this.#wakeAtMs === Number.POSITIVE_INFINITY, "at rest nothing wakes it");
    if (s.phase.kind === "releasing") must(s.call !== undefined, "releasing waits for nothing but an answer");
    must(!Number.isNaN(this.#wakeAtMs), "it knows when to wake");
  }

  /** With no answers from now on, ticks at `wakeAtMs` lead on: time moves, or something is done. */
  #checkProgress(): void {
    let { state } = this;
    let at = this.#at;
    let wakeAtMs = this.#wakeAtMs;
    let idle = 0;
    for (let i = 0; i < 40 && wakeAtMs < Number.POSITIVE_INFINITY; i += 1) {
      const passedMs = Math.max(0, wakeAtMs - at.monotonicMs);
      at = {
        monotonicMs: Math.max(wakeAtMs, at.monotonicMs),
        bootMs: at.bootMs + passedMs,
        wallMs: at.wallMs + passedMs,
      };
      const next = step(this.#config, state, { kind: "tick", at });
      // A hundredth of a millisecond is no wait: rounding may cost one such tick.
      idle = next.effects.length === 0 && next.wakeAtMs - at.monotonicMs < 0.01 ? idle + 1 : 0;
      must(idle < 3, `a tick at ${wakeAtMs} wants another at ${next.wakeAtMs}, in ${state.phase.kind}`);
      ({ state, wakeAtMs } = next);
    }
  }
}

function must(holds: boolean, what: string): void {
  if (!holds) throw new Error(`Broken: ${what}`);
}

describe("a random walk", () => {
  const seen = new Map<string, number>();
  const worlds: readonly (readonly [string, Partial<LeaderElectorOptions>, boolean])[] = [
    ["polling", {}, false],
    ["watching", {}, true],
    ["with a short drain timeout", { drainTimeoutMs: 500 }, true],
    ["that accepts a token regression", { acceptTokenRegression: true }, true],
  ];

  it.each(worlds)("%s: keeps every promise, whatever it meets", (_what, options, watches) => {
    for (let seed = 1; seed <= 100; seed += 1) {
      const walk = new Walk(seed * 7_919, options, watches);
      try {
        walk.go(1_000);
      } catch (error) {
        throw new Error(`seed ${seed * 7_919}: ${error instanceof Error ? error.message : error}`, {
          cause: error,
        });
      }
      for (const [what, count] of walk.counts) seen.set(what, (seen.get(what) ?? 0) + count);
    }
  });

  it("goes everywhere, or it would prove nothing", () => {
    for (const [from, tos] of Object.entries(ALLOWED)) {
      for (const to of tos)
        expect.soft(seen.get(`${from} -> ${to}`) ?? 0, `${from} -> ${to}`).toBeGreaterThan(2);
    }
    for (const effect of [
      "startTerm",
      "cancelCall",
      "openWatch",
      "closeWatch",
      "create",
      "anomaly",
      "error",
      "stopped",
    ]) {
      expect.soft(seen.get(effect) ?? 0, effect).toBeGreaterThan(50);
    }
  });
});
