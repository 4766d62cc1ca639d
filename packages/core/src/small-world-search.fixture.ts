import type { LockEvent } from "./resource-lock.ts";
import {
  type Happening,
  newWorld,
  type Observer,
  originOf,
  type Rules,
  SmallWorld,
  TICK_MS,
  type World,
} from "./small-world.fixture.ts";
import { type Horizon, keyOf } from "./small-world-key.fixture.ts";
import { believes, checkHappening, checkWorld, type Law, Violation } from "./small-world-laws.fixture.ts";

/** How far to look. */
export interface Bounds {
  readonly ticks: number;
  readonly laws: ReadonlySet<Law>;
}

/** What was found. */
export interface Found {
  readonly states: number;
  readonly moves: number;
  /** No state was left unexpanded: everything that can happen within the bounds was looked at. */
  readonly exhausted: boolean;
  /** Nothing new can happen later either: the bound on time was never reached. */
  readonly closed: boolean;
  /** How often each thing worth reaching was. */
  readonly reached: ReadonlyMap<string, number>;
  /** Undefined when every law holds. */
  readonly violation: string | undefined;
}

interface Node {
  readonly world: World;
  readonly index: number;
}

/** Looks at every world that can be reached within the bounds, earliest first: by ticks, then by moves. */
export function search(rules: Rules, bounds: Bounds): Found {
  return new Search(rules, bounds).run();
}

class Search {
  readonly #rules: Rules;
  readonly #bounds: Bounds;
  readonly #moves: SmallWorld;
  readonly #horizon: Horizon;
  readonly #seen = new Map<string, number>();
  readonly #parents: number[] = [];
  readonly #ordinals: number[] = [];
  readonly #ticks: number[] = [];
  readonly #expanded: boolean[] = [];
  readonly #reached = new Map<string, number>();
  #layer: Node[] = [];
  #nextLayer: Node[] = [];
  #moveCount = 0;

  constructor(rules: Rules, bounds: Bounds) {
    this.#rules = rules;
    this.#bounds = bounds;
    const { leaseDurationMs, renewDeadlineMs, requestTimeoutMs, retryPeriodMs } = rules.config("a");
    const gapMs = 2 * (2 * retryPeriodMs + requestTimeoutMs);
    this.#horizon = {
      backTicks: Math.ceil(Math.max(leaseDurationMs, renewDeadlineMs, gapMs) / TICK_MS) + 1,
      aheadTicks: bounds.ticks + 1,
    };
    const observer: Observer = {
      happened: (happening) => {
        this.#count(happening);
        checkHappening(happening, bounds.laws);
      },
      landed: (flight, over, wasLate) => {
        if (wasLate) this.#reach(`${flight.purpose} landed late`);
        const holder = over?.record.holderIdentity ?? "";
        const isTakeover = flight.purpose === "acquire" && holder !== "";
        if (isTakeover && over !== undefined && originOf(over).life !== flight.life) {
          this.#reach("takeover after expiry");
        }
      },
    };
    this.#moves = new SmallWorld(rules, observer);
  }

  run(): Found {
    const { stackTraceLimit } = Error;
    Error.stackTraceLimit = 0; // the elector's errors are made by the million, and nobody reads where
    try {
      return this.#run();
    } finally {
      Error.stackTraceLimit = stackTraceLimit;
    }
  }

  #run(): Found {
    this.#add(newWorld(this.#rules), -1, -1, 0);
    for (let ticks = 0; ticks <= this.#bounds.ticks; ticks += 1) {
      this.#layer = this.#nextLayer;
      this.#nextLayer = [];
      // Grows while it is walked: moves that take no time add to the same layer.
      for (let i = 0; i < this.#layer.length; i += 1) {
        const node = this.#layer[i];
        if (node === undefined || this.#expanded[node.index]) continue;
        const violation = this.#expand(node, ticks);
        if (violation !== undefined) return this.#found(violation);
      }
    }
    return this.#found(undefined);
  }

  #expand({ world, index }: Node, ticks: number): string | undefined {
    this.#expanded[index] = true;
    const moves = this.#moves.moves(world);
    for (const [ordinal, { next, passesTime }] of moves.entries()) {
      if (passesTime && ticks === this.#bounds.ticks) continue;
      this.#moveCount += 1;
      try {
        const after = next();
        checkWorld(after, this.#rules, this.#bounds.laws);
        this.#add(after, index, ordinal, ticks + (passesTime ? 1 : 0));
      } catch (error) {
        if (!(error instanceof Violation)) throw error;
        return `${error.message}\n${this.#path(index, ordinal)}`;
      }
    }
    return undefined;
  }

  #add(world: World, parent: number, ordinal: number, ticks: number): void {
    const key = keyOf(world, this.#horizon);
    let index = this.#seen.get(key);
    if (index === undefined) {
      index = this.#seen.size;
      this.#seen.set(key, index);
    } else if (ticks >= (this.#ticks[index] ?? 0)) {
      return;
    }
    // New, or reached earlier than known: then it is expanded at its earlier time.
    this.#parents[index] = parent;
    this.#ordinals[index] = ordinal;
    const isLater = this.#parents.length > 1 && ticks > (this.#ticks[parent] ?? 0);
    this.#ticks[index] = ticks;
    (isLater || parent < 0 ? this.#nextLayer : this.#layer).push({ world, index });
  }

  #found(violation: string | undefined): Found {
    const unexpanded = this.#seen.size - this.#expanded.filter(Boolean).length;
    return {
      states: this.#seen.size,
      moves: this.#moveCount,
      exhausted: violation === undefined && unexpanded === 0,
      closed: violation === undefined && Math.max(...this.#ticksReached()) < this.#bounds.ticks,
      reached: this.#reached,
      violation,
    };
  }

  #ticksReached(): Set<number> {
    return new Set(this.#ticks);
  }

  /** The way to a world, told again from the beginning. */
  #path(index: number, lastOrdinal: number): string {
    const ordinals = [lastOrdinal];
    for (let at = index; (this.#parents[at] ?? -1) >= 0; at = this.#parents[at] ?? -1) {
      ordinals.unshift(this.#ordinals[at] ?? 0);
    }
    const silent = new SmallWorld(this.#rules, { happened: () => {}, landed: () => {} });
    let world = newWorld(this.#rules);
    const lines = [describe(world, "", this.#rules)];
    for (const ordinal of ordinals) {
      const move = silent.moves(world)[ordinal];
      if (move === undefined) break;
      world = move.next();
      lines.push(describe(world, move.label, this.#rules));
    }
    return lines.join("\n");
  }

  #reach(what: string): void {
    this.#reached.set(what, (this.#reached.get(what) ?? 0) + 1);
  }

  #count({ before, input, effects, world, after }: Happening): void {
    const flight = before.request?.flight;
    for (const effect of effects) {
      if (effect.kind === "startTerm") {
        this.#reach(flight === undefined ? "ambiguous acquire adopted" : "term started");
      } else if (effect.kind === "endTerm") {
        this.#reach(`term ended: ${effect.reason}`);
      } else if (effect.kind === "anomaly") {
        this.#reach(effect.anomaly.kind);
      }
    }
    if (input.kind === "event") this.#reach(staleness(input.event, world));
    if (input.kind !== "answered") return;
    const isRenewed =
      flight === undefined &&
      believes(after, world.nowMs, Number.POSITIVE_INFINITY) &&
      before.termIsOn &&
      input.answer.ok &&
      before.state.pending.some(
        ({ fingerprint }) =>
          input.answer.ok &&
          input.answer.found !== undefined &&
          originOf(input.answer.found).fingerprint === fingerprint,
      );
    if (isRenewed) this.#reach("renewal confirmed by a read");
    if (input.answer.ok || input.answer.error.code !== "ERR_LOCK_CONFLICT" || flight === undefined) return;
    this.#reach(`conflict on ${flight.purpose}`);
    const isOwn = world.stored !== undefined && originOf(world.stored).life === before.life;
    if (isOwn && flight.purpose === "renew") this.#reach("conflict on a renewal that had landed");
  }
}

function staleness(event: LockEvent, { lastVersion }: World): string {
  const token = event.kind === "changed" ? event.current?.fencingToken : undefined;
  return token !== undefined && token < BigInt(lastVersion) ? "stale event" : "event";
}

function describe(world: World, label: string, rules: Rules): string {
  const electors = world.processes.map((process) => {
    if (!process.up) return `${process.identity}: down`;
    const { renewDeadlineMs } = rules.config(process.identity);
    const leads = believes(process, world.nowMs, renewDeadlineMs) ? " LEADS" : "";
    return `${process.identity}: ${process.state.phase.kind}${leads}${process.asleep ? " asleep" : ""}`;
  });
  const { stored } = world;
  const record = stored === undefined ? "no record" : `${stored.version} "${stored.record.holderIdentity}"`;
  const tick = String(world.nowMs / TICK_MS).padStart(3);
  return `${tick}  ${label.padEnd(36)} ${electors.join(", ")}; stored: ${record}`;
}
