import type { LeaderElectionRecord, LockEvent, VersionedRecord } from "@tenure/core";
import { EventQueue } from "./event-queue.ts";
import { FLAVOURS, type FlavourName } from "./flavour.ts";
import { type Call, FAIR_CONDITIONS, Link, type LinkConditions, type Outcome } from "./link.ts";
import { Machine } from "./machine.ts";
import { SimulatedProcess } from "./process.ts";
import { RandomStream } from "./random.ts";
import { SimulatedWatch } from "./simulated-watch.ts";
import { type Change, SimulatedStore, type StoredRecord, type Write } from "./store.ts";

/** The store's wall clock when a bench begins. */
export const SERVER_BEGAN_MS: number = Date.UTC(2026, 0, 1);

/** One way, on a bench with fair conditions: always exactly this. */
export const ONE_WAY_MS = 1;

/** How late a late landing may be on a bench. */
export const LATEST_LANDING_MS = 45_000;

export function recordOf(holderIdentity: string, renewals = 0): LeaderElectionRecord {
  const renewTime = `2026-01-01T00:00:00.${String(renewals).padStart(6, "0")}Z`;
  return {
    holderIdentity,
    leaseDurationMs: 15_000,
    acquireTime: undefined,
    renewTime,
    leaderTransitions: 0,
  };
}

/** What came of one request: nothing yet, or at this true time this outcome. */
export interface Answer {
  atMs: number | undefined;
  outcome: Outcome | undefined;
}

/** One store, one machine with one process, and the link between them, without a world. */
export class Bench {
  readonly queue: EventQueue = new EventQueue();
  readonly machine: Machine = new Machine(this.queue, { rate: 1, wallMs: 0 });
  readonly process: SimulatedProcess = new SimulatedProcess(this.machine, () => {});
  readonly changes: Change[] = [];
  /** What the link told of its traffic: `"sent"`, `"landed, applied"`, `"lost answer"` and so on. */
  readonly traffic: string[] = [];
  readonly store: SimulatedStore;
  readonly link: Link;
  readonly #watches: SimulatedWatch[] = [];
  #callId = 0;

  constructor(flavour: FlavourName = "kubernetes", seed = 1) {
    this.store = new SimulatedStore(FLAVOURS[flavour], {
      random: new RandomStream(seed, "store"),
      serverMicros: () => (SERVER_BEGAN_MS + this.queue.nowMs) * 1000,
      changed: (change) => {
        this.changes.push(change);
        for (const watch of this.#watches) watch.tell(change);
      },
    });
    this.link = new Link({
      queue: this.queue,
      store: this.store,
      random: new RandomStream(seed, "link"),
      listener: {
        sent: () => this.traffic.push("sent"),
        landed: (_call, applied, _before, duplicate) =>
          this.traffic.push(`landed${applied ? ", applied" : ""}${duplicate ? ", duplicate" : ""}`),
        lost: (_call, part) => this.traffic.push(`lost ${part}`),
        answered: () => this.traffic.push("answered"),
      },
      latency: { leastMs: ONE_WAY_MS, meanMs: ONE_WAY_MS, tailProbability: 0, tailMs: 10_000 },
      latestLandingMs: LATEST_LANDING_MS,
    });
  }

  conditions(conditions: Partial<LinkConditions>): void {
    this.link.conditions = { ...FAIR_CONDITIONS, ...conditions };
  }

  /** Lets true time pass. */
  advance(ms: number): void {
    const untilMs = this.queue.nowMs + ms;
    for (let next = this.queue.next(untilMs); next !== undefined; next = this.queue.next(untilMs)) next();
  }

  /** A write as it arrives at the store, past the link. */
  write(
    record: LeaderElectionRecord,
    expected: VersionedRecord | undefined,
    options: Partial<Write> & { readonly callId?: number } = {},
  ): ReturnType<SimulatedStore["write"]> {
    const { callId = this.#callId++, notAfterMicros = Number.POSITIVE_INFINITY } = options;
    const origin = { writer: this.process, callId, sentAtMs: this.process.now() };
    return this.store.write({ record, expected, origin, notAfterMicros });
  }

  /** The same, where it must be applied. */
  put(record: LeaderElectionRecord): StoredRecord {
    const result = this.write(record, this.store.current);
    if (result.kind !== "applied") throw new Error(`the write was not applied: ${result.kind}`);
    return result.stored;
  }

  read(signal?: AbortSignal): Answer {
    return this.#send({ operation: "get", write: undefined, signal });
  }

  /** Sends the next version over the link; `expected`: what the store holds now. */
  update(record: LeaderElectionRecord, expected: VersionedRecord | undefined = this.store.current): Answer {
    const origin = { writer: this.process, callId: this.#callId, sentAtMs: this.process.now() };
    const write = { record, expected, origin, notAfterMicros: Number.POSITIVE_INFINITY };
    return this.#send({ operation: expected === undefined ? "create" : "update", write, signal: undefined });
  }

  /** Opens a watch; what it tells is collected with its time. */
  watch(from?: VersionedRecord): OpenWatch {
    const open: OpenWatch = { told: [], aborted: new AbortController(), isClosed: false, watch: undefined };
    const watch = new SimulatedWatch(
      this.link,
      this.process,
      { signal: open.aborted.signal, from },
      {
        arrived: (_process, event) => open.told.push(event),
        closed: () => {
          open.isClosed = true;
        },
      },
    );
    this.#watches.push(watch);
    open.watch = watch;
    return open;
  }

  #send(call: Omit<Call, "callId" | "process">): Answer {
    const answer: Answer = { atMs: undefined, outcome: undefined };
    this.link.send({ callId: this.#callId++, process: this.process, ...call }, (outcome) => {
      if (answer.outcome !== undefined) throw new Error("one request was answered twice");
      answer.atMs = this.queue.nowMs;
      answer.outcome = outcome;
    });
    return answer;
  }
}

/** A watch of a {@link Bench}. */
export interface OpenWatch {
  readonly told: LockEvent[];
  readonly aborted: AbortController;
  isClosed: boolean;
  watch: SimulatedWatch | undefined;
}

/** The versions that were told, in the order of their arrival. */
export function versionsOf({ told }: OpenWatch): readonly (string | undefined)[] {
  return told.map((event) => (event.kind === "changed" ? event.current?.version : event.kind));
}
