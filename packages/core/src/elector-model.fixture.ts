import type fc from "fast-check";
import { LeaderElectionError } from "./errors.ts";
import { LeaderElector } from "./leader-elector.ts";
import type {
  LeaderElectionRecord,
  LockCapabilities,
  LockEvent,
  ResourceLock,
  VersionedRecord,
  WatchOptions,
} from "./resource-lock.ts";
import type { Term } from "./term.ts";
import { CellLock } from "./testing/cell-lock.ts";
import { FakeClock } from "./testing/fake-clock.ts";
import { type FaultyLock, withFaults } from "./testing/faults.ts";

/** What a story remembers beside the electors themselves: nothing that could be wrong in the same way. */
export interface Model {
  acts: number;
}

/** Everything that a story plays on. */
export interface Real {
  readonly clock: FakeClock;
  readonly cell: CellLock;
  readonly replicas: readonly Replica[];
  advance(ms: number): Promise<void>;
  /** Where that is within the promise. */
  deleteRecord(): void;
  /** S1, in this very instant. */
  check(): void;
  /** L6 */
  comeToRest(): Promise<void>;
  reach(what: string): void;
}

const DRAIN_MS = 10_000;
const TIMEOUT_MS = 1_733;

/** What the electors of a story find. */
export interface StoreKind {
  readonly watches: boolean;
  /** Overwrites without comparing: to see that this is found. */
  readonly blind: boolean;
}

/** A cell whose answers come in the order that the scheduler picks. */
class ScheduledLock implements ResourceLock {
  readonly description = "scheduled cell";
  readonly capabilities: LockCapabilities;
  readonly watch?: (options: WatchOptions) => AsyncIterable<LockEvent>;
  readonly #cell: CellLock;
  readonly #answer: <T>(what: string, answer: Promise<T>) => Promise<T>;

  readonly #blind: boolean;

  constructor(cell: CellLock, scheduler: fc.Scheduler, { watches, blind }: StoreKind) {
    this.#blind = blind;
    this.#cell = cell;
    this.#answer = (what, answer) => {
      answer.catch(() => {}); // a refusal waits for its turn like any answer
      return scheduler.schedule(answer, what);
    };
    this.capabilities = { ...cell.capabilities, watch: watches ? "resumable" : "none" };
    if (watches) this.watch = (options) => cell.changes(options);
  }

  get(...args: Parameters<ResourceLock["get"]>): Promise<VersionedRecord | undefined> {
    return this.#answer("get", this.#cell.get(...args));
  }

  create(...args: Parameters<ResourceLock["create"]>): Promise<VersionedRecord> {
    return this.#answer("create", this.#cell.create(...args));
  }

  update(...args: Parameters<ResourceLock["update"]>): Promise<VersionedRecord> {
    const written = this.#blind ? Promise.resolve(this.#cell.overwrite(args[0])) : this.#cell.update(...args);
    return this.#answer("update", written);
  }

  async close(): Promise<void> {}
}

/** What the replicas of one story have in common. */
interface Shared {
  lastToken: bigint;
  readonly reach: (what: string) => void;
  /** Keeps a broken law until the next look: thrown inside a listener it would only be a warning. */
  readonly fail: (message: string) => void;
}

/** One elector with a task that the story ends, and the laws of its own life. */
export class Replica {
  readonly elector: LeaderElector;
  readonly lock: FaultyLock;
  /** Promises that must settle once it has come to rest. */
  readonly campaigns: Promise<unknown>[] = [];
  readonly #shared: Shared;
  #term: Term | undefined;
  /** S8: between a start and its stop. */
  #isOn = false;
  #running: { end(error?: Error): void } | undefined;
  #held = false;
  #acquired: Term | undefined;
  #controller = new AbortController();
  #lastToken: bigint;

  constructor(elector: LeaderElector, lock: FaultyLock, shared: Shared) {
    this.elector = elector;
    this.lock = lock;
    this.#shared = shared;
    const { fail, reach } = shared;
    this.#lastToken = 0n;
    elector.on("startedLeading", (term) => {
      if (this.#isOn) fail("S8: a term started within another");
      if (term.fencingToken <= shared.lastToken)
        fail(`S4: token ${term.fencingToken} after ${shared.lastToken}`);
      if (shared.lastToken > this.#lastToken && shared.lastToken > 0n) reach("handover");
      shared.lastToken = term.fencingToken;
      this.#lastToken = term.fencingToken;
      this.#isOn = true;
      this.#term = term;
      reach("term");
      term.signal.addEventListener("abort", () => reach(`abort ${term.signal.reason.stopReason}`));
    });
    elector.on("stoppedLeading", ({ term }) => {
      if (!this.#isOn || term !== this.#term) fail("S8: a stop without a start");
      if (!term.signal.aborted) fail("S8: a term stopped before its signal aborted");
      this.#isOn = false;
    });
  }

  /** S3: what leaves for the store must not give back a lock under a running task. */
  sees(record: LeaderElectionRecord): void {
    if (record.holderIdentity !== "") return;
    const { fail, reach } = this.#shared;
    if (this.#running !== undefined) fail("S3: released under a running task");
    if (this.elector.isLeading()) fail("S3: still leads when its release leaves");
    reach("release sent");
  }

  get isOn(): boolean {
    return this.#isOn;
  }

  run(): void {
    this.#begin(() => this.elector.run((term) => this.#task(term), { signal: this.#controller.signal }));
  }

  acquire(): void {
    this.#begin(async () => {
      this.#acquired = await this.elector.acquire({ signal: this.#controller.signal });
    });
  }

  release(): void {
    if (this.#acquired !== undefined) this.campaigns.push(this.#acquired.release());
  }

  abort(): void {
    this.#controller.abort();
    this.#controller = new AbortController();
  }

  holdTask(): void {
    this.#held = true;
  }

  endTask(error?: Error): void {
    this.#running?.end(error);
  }

  letGo(): void {
    this.#held = false;
    if (this.#term?.signal.aborted) this.endTask();
  }

  #begin(campaign: () => Promise<void>): void {
    this.campaigns.push(
      campaign().catch((error: unknown) => {
        const isOwn =
          error instanceof Error && (error.message === "of its own" || error.name === "AbortError");
        if (!isOwn && !LeaderElectionError.is(error)) throw error;
      }),
    );
  }

  async #task(term: Term): Promise<void> {
    if (this.#running !== undefined) this.#shared.fail("S8: two tasks at once");
    if (term.signal.aborted && this.#held) this.#held = false;
    try {
      await new Promise<void>((resolve, reject) => {
        const end = (error?: Error): void => (error === undefined ? resolve() : reject(error));
        this.#running = { end };
        if (term.signal.aborted) resolve();
        term.signal.addEventListener("abort", () => this.#held || resolve(), { once: true });
      });
    } finally {
      this.#running = undefined;
    }
  }
}

/** Two electors at 15 / 10 / 2 s on one cell. */
export function newReal(scheduler: fc.Scheduler, kind: StoreKind, reached: Map<string, number>): Real {
  const clock = new FakeClock();
  const cell = new CellLock();
  const broken: string[] = [];
  const fail = (message: string): void => void broken.push(message);
  const reach = (what: string): void => void reached.set(what, (reached.get(what) ?? 0) + 1);
  const shared: Shared = { lastToken: 0n, reach, fail };
  const replicas = ["a", "b"].map((identity, index) => {
    let replica: Replica | undefined;
    const inner = new ScheduledLock(cell, scheduler, kind);
    const lock = withFaults(inner, { clock });
    const random = drawing(index + 1);
    const told = tellingWrites(lock, (record) => replica?.sees(record));
    const elector = new LeaderElector({ lock: told, identity, clock, random });
    replica = new Replica(elector, lock, shared);
    return replica;
  });
  let deletable = true;
  const check = (): void => {
    const leading = replicas.filter(({ elector }) => elector.isLeading());
    if (leading.length > 1) fail("S1: both lead at once");
    if (leading.some(({ isOn }) => !isOn)) fail("S8: leads without a start");
    if (broken.length > 0) throw new Error(broken.join("; "));
  };
  // Time goes in small steps, so that no overlap hides between two looks, and answers land in whatever order is drawn.
  const advance = async (ms: number): Promise<void> => {
    for (let left = ms; left > 0; left -= 500) {
      while (scheduler.count() > 0) {
        await scheduler.waitNext(1);
        await clock.flush();
        check();
      }
      await clock.advance(Math.min(left, 500));
      check();
    }
  };
  return {
    clock,
    cell,
    replicas,
    advance,
    check,
    reach,
    // R2: once, and after both have seen the holder; what else can happen is outside the promise.
    deleteRecord: () => {
      const holder = cell.current?.record.holderIdentity;
      if (!deletable || holder === undefined || holder === "") return;
      if (replicas.some(({ elector }) => elector.leader !== holder)) return;
      deletable = false;
      cell.delete();
      reach("deleted");
    },
    comeToRest: async () => {
      for (const replica of replicas) {
        replica.letGo();
        replica.release();
      }
      let stopped = 0;
      for (const { elector } of replicas) void elector.stop().then(() => (stopped += 1));
      await advance(DRAIN_MS + 4 * TIMEOUT_MS);
      if (stopped !== replicas.length)
        fail("L6: stop() did not settle within the drain timeout and four requests");
      for (const replica of replicas) replica.release();
      let settled = false;
      void Promise.all(replicas.flatMap(({ campaigns }) => campaigns)).then(() => (settled = true));
      await advance(10_000);
      if (!settled) fail("L6: a promise never settled");
      if (clock.pendingTimers > 0) fail(`L6: ${clock.pendingTimers} timers are left`);
      if (replicas.some(({ isOn }) => isOn)) fail("S8: a start without a stop");
      check();
    },
  };
}

export function candidate(real: Real, which: number): Replica {
  const replica = real.replicas[which];
  if (replica === undefined) throw new Error(`there is no replica ${which}`);
  return replica;
}

/** The same lock, but each write is shown as it leaves the elector, before any fault. */
function tellingWrites(lock: FaultyLock, sees: (record: LeaderElectionRecord) => void): ResourceLock {
  return {
    description: lock.description,
    capabilities: lock.capabilities,
    get: (options) => lock.get(options),
    create: (record, options) => {
      sees(record);
      return lock.create(record, options);
    },
    update: (record, expected, options) => {
      sees(record);
      return lock.update(record, expected, options);
    },
    ...(lock.watch === undefined
      ? {}
      : { watch: (options: WatchOptions) => lock.watch?.(options) ?? none() }),
    close: () => lock.close(),
  };
}

async function* none(): AsyncGenerator<LockEvent> {}

/** A small generator of one's own: electors with one stream would spread their attempts alike. */
function drawing(seed: number): () => number {
  let state = seed * 2_654_435_761;
  return () => {
    state = (Math.imul(state ^ (state >>> 15), 2_246_822_519) + 374_761_393) >>> 0;
    return state / 2 ** 32;
  };
}
