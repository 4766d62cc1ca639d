import { expect } from "vitest";
import type { TimeReading } from "./clock.ts";
import { type Answer, type Effect, type ElectorState, type Input, initialState } from "./elector-state.ts";
import { type Step, step } from "./elector-step.ts";
import { LeaderElectionError, type LeaderElectionErrorCode } from "./errors.ts";
import { type ElectorConfig, type LeaderElectorOptions, resolveOptions } from "./options.ts";
import type { LeaderElectionRecord, VersionedRecord } from "./resource-lock.ts";
import { CellLock } from "./testing/cell-lock.ts";

/** An input without its time. */
export type Happening = Input extends infer I ? (I extends Input ? Omit<I, "at"> : never) : never;
export type WriteEffect = Extract<Effect, { kind: "create" | "update" }>;
export type PhaseName = ElectorState["phase"]["kind"];

/** 15 s / 10 s / 2 s, T = 1733 ms; every random draw is 0.5: an attempt waits 12.5 ms, a poll 2.2 s. */
export function configure(options: Partial<LeaderElectorOptions> = {}): ElectorConfig {
  return resolveOptions({ lock: new CellLock(), identity: "me", random: () => 0.5, ...options });
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === "object" && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value);
    for (const part of Object.values(value)) deepFreeze(part);
  }
  return value;
}

export function failure(code: LeaderElectionErrorCode, retryAfterMs?: number): Answer {
  const outcome = code === "ERR_LOCK_OUTCOME_UNKNOWN" ? "unknown" : "not-applied";
  return { ok: false, error: new LeaderElectionError(code, "as the test wants", { outcome, retryAfterMs }) };
}

export const CONFLICT: Answer = failure("ERR_LOCK_CONFLICT");
export const UNKNOWN: Answer = failure("ERR_LOCK_OUTCOME_UNKNOWN");
export const UNAVAILABLE: Answer = failure("ERR_LOCK_UNAVAILABLE");

/** An elector's state with everything around it played by the test: no lock, no clock, no task. */
export class Play {
  readonly config: ElectorConfig;
  state: ElectorState;
  at: TimeReading = { monotonicMs: 1_000, bootMs: 50_000, wallMs: Date.UTC(2026, 0, 1) };
  /** What the last input led to. */
  last: Step | undefined;
  #version = 0n;

  constructor(options: Partial<LeaderElectorOptions> = {}, watches = false) {
    this.config = configure(options);
    this.state = initialState(watches);
  }

  get phase(): PhaseName {
    return this.state.phase.kind;
  }

  get effects(): readonly Effect[] {
    return this.last?.effects ?? [];
  }

  /** The effects by name, with the reason of those that have one. */
  get told(): string[] {
    return this.effects.map((effect) => {
      if (effect.kind === "abortTerm" || effect.kind === "endTerm") return `${effect.kind} ${effect.reason}`;
      if (effect.kind === "anomaly") return `anomaly ${effect.anomaly.kind}`;
      if (effect.kind === "error") return `error ${effect.error.code}`;
      return effect.kind;
    });
  }

  /** Every state is frozen before it is stepped, and stepped twice: the result must be the same. */
  feed(happening: Happening): this {
    // `Happening` is `Input` without `at`, and here it is.
    const input = deepFreeze({ ...happening, at: this.at }) as Input;
    deepFreeze(this.state);
    this.last = step(this.config, this.state, input);
    expect(step(this.config, this.state, input)).toEqual(this.last);
    this.state = this.last.state;
    return this;
  }

  /** All clocks go on; then a tick. */
  pass(ms: number): this {
    this.at = {
      monotonicMs: this.at.monotonicMs + ms,
      bootMs: this.at.bootMs + ms,
      wallMs: this.at.wallMs + ms,
    };
    return this.feed({ kind: "tick" });
  }

  answer(answer: Answer): this {
    if (this.state.call === undefined) throw new Error("nothing was asked");
    return this.feed({ kind: "answered", id: this.state.call.id, answer });
  }

  find(found: VersionedRecord | undefined): this {
    return this.answer({ ok: true, found });
  }

  get written(): WriteEffect {
    const write = this.effects.find(
      (effect): effect is WriteEffect => effect.kind === "create" || effect.kind === "update",
    );
    if (write === undefined) throw new Error("nothing was written");
    return write;
  }

  /** The write of the last input is applied and answered. */
  confirm(change: Partial<VersionedRecord> = {}, fields: Partial<LeaderElectionRecord> = {}): this {
    const { record } = this.written;
    return this.find({ ...this.stored({ ...record, ...fields }), ...change });
  }

  /** As the store would hold it, in another version than all before. */
  stored(fields: Partial<LeaderElectionRecord> = {}, incarnation = "one"): VersionedRecord {
    this.#version += 1n;
    return {
      record: {
        holderIdentity: "x",
        leaseDurationMs: 15_000,
        acquireTime: undefined,
        renewTime: `2026-01-01T00:00:00.${String(this.#version).padStart(6, "0")}Z`,
        leaderTransitions: 3,
        ...fields,
      },
      version: String(this.#version),
      incarnation,
      fencingToken: this.#version,
    };
  }

  // ---- the way to each phase ------------------------------------------------------------------------------------------

  following(goal: "run" | "acquire" = "run"): this {
    this.feed({ kind: "start", goal }).find(this.stored());
    expect(this.phase).toBe("following");
    return this;
  }

  acquiring(goal: "run" | "acquire" = "run"): this {
    this.feed({ kind: "start", goal })
      .find(this.stored({ holderIdentity: "" }))
      .pass(12.5);
    expect(this.phase).toBe("acquiring");
    return this;
  }

  leading(goal: "run" | "acquire" = "run"): this {
    this.acquiring(goal).confirm();
    expect(this.phase).toBe("leading");
    return this;
  }

  draining(stop = false): this {
    this.leading().feed({ kind: "end", reason: stop ? "shutdown" : "stepped-down", stop });
    expect(this.phase).toBe("draining");
    return this;
  }

  releasing(stop = false): this {
    this.draining(stop).feed({ kind: "taskSettled" });
    expect(this.phase).toBe("releasing");
    return this;
  }
}

/** What no step may do: a phase that is not here after one that is. */
export const ALLOWED: Readonly<Record<PhaseName, readonly PhaseName[]>> = {
  stopped: ["stopped", "following"],
  // A read finds a landed acquire; it finds one that has to be given back.
  following: ["following", "acquiring", "leading", "releasing", "stopped"],
  // Stopped: told to stop, and somebody else's record was seen meanwhile.
  acquiring: ["acquiring", "following", "leading", "releasing", "stopped"],
  // Stopped: the deadline is found passed by the task's last word.
  leading: ["leading", "draining", "following", "releasing", "stopped"],
  draining: ["draining", "releasing", "following", "stopped"],
  releasing: ["releasing", "following", "stopped"],
};

export const SETUP: Readonly<Record<PhaseName, (p: Play) => void>> = {
  stopped: () => {},
  following: (p) => p.feed({ kind: "start", goal: "run" }),
  acquiring: (p) => p.acquiring(),
  leading: (p) => p.leading(),
  draining: (p) => p.draining(),
  releasing: (p) => p.releasing(),
};

export function asError(answer: Answer): LeaderElectionError | undefined {
  return answer.ok ? undefined : answer.error;
}

/** To whole nanoseconds, as performance.now() has them: fractions that binary does not have. */
export function nanos(ms: number): number {
  return Math.round(ms * 1e6) / 1e6;
}

/** mulberry32: small, and the same everywhere. */
export function seeded(seed: number): () => number {
  let a = seed >>> 0;
  return () => {
    a = (a + 0x6d2b79f5) >>> 0;
    let t = Math.imul(a ^ (a >>> 15), 1 | a);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
