import { LeaderElector } from "./leader-elector.ts";
import type { LeaderElectorOptions } from "./options.ts";
import type { LockCapabilities, LockEvent, ResourceLock, WatchOptions } from "./resource-lock.ts";
import type { Term } from "./term.ts";
import { CellLock } from "./testing/cell-lock.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { type FaultyLock, withFaults } from "./testing/faults.ts";

/** One candidate of a test's world, and all that it told. */
export interface Candidate {
  readonly elector: LeaderElector;
  readonly lock: FaultyLock;
  readonly terms: Term[];
  /** What happened, in order: `start 3`, `abort deadline`, `stop deadline`, `end`, `leader a`, `error CODE`, `anomaly KIND`. */
  readonly log: string[];
  /** The newest term. */
  readonly term: Term;
  /** Makes tasks ignore their signal until the returned function is called. */
  holdTask(): () => void;
  /** `elector.run` with a task that ends when its signal aborts. */
  run(options?: { readonly signal?: AbortSignal }): Promise<void>;
}

/** Electors on one cell under one fake clock. */
export interface World {
  readonly clock: FakeClock;
  readonly cell: CellLock;
  candidate(identity: string, options?: Partial<LeaderElectorOptions>): Candidate;
}

/** A cell with a watch: `core` has no sibling to borrow one from. */
class WatchedCell implements ResourceLock {
  readonly description = "watched cell";
  readonly capabilities: LockCapabilities;
  readonly #cell: CellLock;
  readonly get: ResourceLock["get"];
  readonly create: ResourceLock["create"];
  readonly update: ResourceLock["update"];

  constructor(cell: CellLock) {
    this.#cell = cell;
    this.capabilities = { ...cell.capabilities, watch: "resumable" };
    this.get = (options) => cell.get(options);
    this.create = (record, options) => cell.create(record, options);
    this.update = (record, expected, options) => cell.update(record, expected, options);
  }

  watch(options: WatchOptions): AsyncIterable<LockEvent> {
    return this.#cell.changes(options);
  }

  async close(): Promise<void> {}
}

/** Makes a world; with `watch`, its candidates hold one. Randomness is a fixed 0.5 unless a candidate brings its own. */
export function world(options: { readonly watch?: boolean; readonly granularityMs?: number } = {}): World {
  const clock = new FakeClock();
  const cell = new CellLock({ granularityMs: options.granularityMs });
  return {
    clock,
    cell,
    candidate: (identity, overrides = {}) => {
      const lock = withFaults(options.watch ? new WatchedCell(cell) : cell, { clock });
      const elector = new LeaderElector({ lock, identity, clock, random: () => 0.5, ...overrides });
      return follow(elector, lock);
    },
  };
}

function follow(elector: LeaderElector, lock: FaultyLock): Candidate {
  const terms: Term[] = [];
  const log: string[] = [];
  let held: { readonly until: Promise<void> } | undefined;
  elector
    .on("startedLeading", (term) => {
      terms.push(term);
      log.push(`start ${term.fencingToken}`);
      term.signal.addEventListener("abort", () => log.push(`abort ${term.signal.reason.stopReason}`));
    })
    .on("stoppedLeading", ({ reason }) => log.push(`stop ${reason}`))
    .on("newLeader", ({ identity }) => log.push(`leader ${identity}`))
    .on("error", (error) => log.push(`error ${"code" in error ? error.code : error.message}`))
    .on("anomaly", ({ kind }) => log.push(`anomaly ${kind}`));
  const task = async (term: Term): Promise<void> => {
    if (!term.signal.aborted) {
      await new Promise<void>((resolve) =>
        term.signal.addEventListener("abort", () => resolve(), { once: true }),
      );
    }
    await held?.until;
    log.push("end");
  };
  return {
    elector,
    lock,
    terms,
    log,
    get term() {
      const term = terms.at(-1);
      if (term === undefined) throw new Error(`${elector.identity} never led`);
      return term;
    },
    holdTask: () => {
      let letGo = (): void => {};
      held = {
        until: new Promise<void>((resolve) => {
          letGo = resolve;
        }),
      };
      return () => {
        held = undefined;
        letGo();
      };
    },
    run: (options) => elector.run(task, options),
  };
}
