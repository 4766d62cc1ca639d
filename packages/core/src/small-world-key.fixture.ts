/**
 * When two worlds are the same for all that may ever happen in them. Versions, tokens and fingerprints only count by equality and
 * order, times only by what is left of them: so they are renamed by first appearance, and the world's clock is left out.
 */
import { type Attempt, type ElectorState, leadingTerm } from "./elector-state.ts";
import type { LockEvent, VersionedRecord } from "./resource-lock.ts";
import { type Flight, originOf, type Process, TICK_MS, type World } from "./small-world.fixture.ts";

const PHASES = ["stopped", "following", "acquiring", "leading", "draining", "releasing"];
const PURPOSES = ["acquire", "renew", "release"];
const GOALS = ["run", "acquire", "stop"];
const TASKS = ["none", "running", "told"];
const WATCHES = ["none", "closed", "open"];
const HINTS = ["conflict", "event"];
/** Conflicts and re-issues are compared with 3. */
const MANY = 4;

/** What lies further off makes no difference. */
export interface Horizon {
  readonly backTicks: number;
  /** The search's own end, whenever it is: what is due later never comes. */
  readonly aheadTicks: number;
}

/** A string that is equal for equal worlds, whichever of the two electors comes first. */
export function keyOf(world: World, horizon: Horizon): string {
  const [a, b] = world.processes;
  const one = new Key(world.nowMs, horizon).of(world, a, b);
  const other = new Key(world.nowMs, horizon).of(world, b, a);
  // biome-ignore lint/complexity/useMathMinMax: strings.
  return one < other ? one : other;
}

class Key {
  readonly #nowMs: number;
  readonly #horizon: Horizon;
  readonly #out: number[] = [];
  readonly #numbers: number[] = [];
  readonly #fingerprints: string[] = [];
  readonly #lives: number[] = [];
  readonly #identities: string[] = [""];
  readonly #described: number[] = [];

  constructor(nowMs: number, horizon: Horizon) {
    this.#nowMs = nowMs;
    this.#horizon = horizon;
  }

  of({ stored, late, lastToken, left }: World, first: Process, second: Process): string {
    this.#life(first.life);
    this.#life(second.life);
    this.#record(stored);
    this.#number(lastToken);
    this.#out.push(
      left.timeouts,
      left.crashes,
      left.ends,
      left.deletions,
      left.touches,
      left.pauses,
      left.refusals,
      left.watchBreaks,
    );
    this.#process(first);
    this.#process(second);
    this.#out.push(late.length);
    // Which of two was given up on first makes no difference.
    for (const flight of late) if (flight.life === first.life) this.#flight(flight);
    for (const flight of late) if (flight.life !== first.life) this.#flight(flight);
    this.#order();
    return String.fromCharCode(...this.#out);
  }

  #process(process: Process): void {
    const { request, stream } = process;
    this.#out.push(
      nameOf(this.#identities, process.identity),
      flags(process.up, process.asleep, process.termIsOn, process.sawHeld, request !== undefined),
      TASKS.indexOf(process.task),
    );
    this.#number(process.conflict?.on);
    this.#out.push(PURPOSES.indexOf(process.conflict?.purpose ?? "") + 1);
    if (!process.up) return;
    this.#elector(process.state);
    if (request !== undefined) {
      this.#out.push(this.#age(request.sentAtMs), flags(request.flight !== undefined));
      if (request.flight !== undefined) this.#flight(request.flight);
      const { answer } = request;
      this.#out.push(answer === undefined ? 0 : answer.ok ? 1 : 2);
      if (answer?.ok) this.#record(answer.found);
    }
    if (stream !== undefined) {
      this.#number(stream.told);
      this.#event(stream.event);
    }
  }

  #elector(s: ElectorState): void {
    const { phase, view, held, newcomer, call, watch } = s;
    this.#out.push(
      GOALS.indexOf(s.goal),
      PHASES.indexOf(phase.kind),
      flags(s.taskRunning, s.mustRead, s.blocked, view !== undefined, held !== undefined),
      Math.min(s.conflicts, MANY),
      this.#left(s.drainUntilMs),
      this.#left(s.notBeforeMs),
      this.#left(s.retryAtMs),
      this.#left(s.attemptAtMs),
      this.#left(s.readAtMs),
      WATCHES.indexOf(watch.kind),
    );
    if (view !== undefined) {
      this.#record(view.current);
      this.#bigint(view.order);
      this.#out.push(this.#age(view.firstSeenMs), view.waitMs / TICK_MS);
      // Nothing sleeps there: all clocks tell the same.
      const lastSeenMs = view.lastSeenAt?.monotonicMs ?? Number.NEGATIVE_INFINITY;
      if (view.current === undefined) this.#out.push(this.#age(lastSeenMs));
    }
    if (held !== undefined) {
      this.#number(Number(held.incarnation));
      this.#out.push(held.durationMs / TICK_MS);
    }
    this.#out.push(newcomer === undefined ? 0 : 1 + this.#left(newcomer.untilMs));
    if (newcomer !== undefined) {
      this.#number(Number(newcomer.incarnation));
      this.#number(Number(newcomer.after));
    }
    const term = leadingTerm(s);
    if (term !== undefined) {
      this.#bigint(term.token);
      this.#record(term.base);
      this.#out.push(
        this.#age(term.confirmedAt.monotonicMs),
        this.#left(term.renewAtMs),
        HINTS.indexOf(term.hint ?? "") + 1,
        term.reissues,
        flags(term.conflictUnread),
      );
      this.#bigint(term.hintOrder);
    }
    if (phase.kind === "releasing") {
      this.#record(phase.base);
      this.#out.push(phase.writesLeft, Math.ceil(phase.standBackMs / TICK_MS));
    }
    if (call?.kind === "get") {
      this.#bigint(call.orderAtSend);
      this.#out.push(flags(call.outdated));
    } else if (call?.kind === "write") {
      this.#attempt(call.attempt);
    }
    this.#out.push(s.pending.length);
    for (const attempt of s.pending) this.#attempt(attempt);
    if (watch.kind === "closed") this.#out.push(this.#left(watch.openAtMs), watch.failures);
    if (watch.kind === "open") this.#out.push(flags(watch.trusted), watch.failures);
  }

  #attempt(attempt: Attempt): void {
    const { purpose, expectedVersion, fingerprint, sentAt } = attempt;
    this.#number(Number(attempt.heldIncarnation ?? 0));
    this.#out.push(PURPOSES.indexOf(purpose), this.#age(sentAt.monotonicMs));
    this.#number(expectedVersion === undefined ? undefined : Number(expectedVersion));
    this.#fingerprint(fingerprint);
  }

  #flight({ life, effect, purpose, fingerprint }: Flight): void {
    this.#life(life);
    this.#out.push(PURPOSES.indexOf(purpose));
    this.#record(effect.kind === "update" ? effect.expected : undefined);
    this.#fingerprint(fingerprint);
  }

  #event(event: LockEvent | undefined): void {
    this.#out.push(event === undefined ? 0 : event.kind === "changed" ? 1 : 2);
    if (event?.kind === "changed") this.#record(event.current);
    if (event?.kind === "deleted") this.#bigint(event.fencingToken);
  }

  #record(found: VersionedRecord | undefined): void {
    if (found === undefined) {
      this.#out.push(0);
      return;
    }
    const origin = originOf(found);
    this.#number(origin.number);
    if (this.#described.includes(origin.number)) return;
    this.#described.push(origin.number);
    const { holderIdentity, leaseDurationMs } = found.record;
    this.#life(origin.life);
    this.#out.push(
      nameOf(this.#identities, holderIdentity),
      leaseDurationMs / TICK_MS,
      PURPOSES.indexOf(origin.purpose),
    );
    this.#fingerprint(origin.fingerprint);
    this.#number(Number(found.incarnation));
  }

  #life(life: number): void {
    this.#out.push(nameOf(this.#lives, life));
  }

  #bigint(value: bigint | undefined): void {
    this.#number(value === undefined ? undefined : Number(value));
  }

  #number(value: number | undefined): void {
    this.#out.push(value === undefined ? 0 : nameOf(this.#numbers, value));
  }

  #fingerprint(value: string): void {
    this.#out.push(nameOf(this.#fingerprints, value));
  }

  /** The names say which numbers are equal; this says which is larger. */
  #order(): void {
    const names = this.#numbers.map((_, index) => index);
    names.sort((a, b) => (this.#numbers[a] ?? 0) - (this.#numbers[b] ?? 0));
    this.#out.push(...names);
  }

  /** Whole ticks until a time: anything due acts on the tick after it. */
  #left(atMs: number | undefined): number {
    if (atMs === undefined) return 0xffff;
    return Math.min(this.#horizon.aheadTicks, Math.max(0, Math.ceil((atMs - this.#nowMs) / TICK_MS)));
  }

  #age(sinceMs: number): number {
    return Math.min(this.#horizon.backTicks, (this.#nowMs - sinceMs) / TICK_MS);
  }
}

function nameOf<T>(names: T[], value: T): number {
  const index = names.indexOf(value);
  return index >= 0 ? index + 1 : names.push(value);
}

function flags(...bits: boolean[]): number {
  return bits.reduce((sum, bit, index) => sum + (bit ? 1 << index : 0), 0);
}
