import { LeaderElectionError, type LockEvent, type VersionedRecord, type WatchOptions } from "@tenure/core";
import type { Link } from "./link.ts";
import type { SimulatedProcess } from "./process.ts";
import type { Change } from "./store.ts";

/** Told in the turn in which an event arrives. */
export type WatchListener = (process: SimulatedProcess, event: LockEvent) => void;

/** How much later than what follows it an event out of order may come, at most. */
const REORDERED_MS = 5000;

/** The backend finds out that a stream stands still, and opens another. */
const RECONNECT_MS = 3000;

/**
 * One open watch: a stream of changes that may be delayed, repeated, reordered, stale, cut and silent, as the conditions of its
 * link say. As the interface asks, it reconnects by itself and tells what it may have missed.
 */
export class SimulatedWatch implements AsyncIterableIterator<LockEvent> {
  readonly #link: Link;
  readonly #process: SimulatedProcess;
  readonly #listener: WatchListener;
  readonly #closed: (watch: SimulatedWatch) => void;
  readonly #arrived: LockEvent[] = [];
  #waiting: { resolve(result: IteratorResult<LockEvent>): void; reject(error: unknown): void } | undefined;
  #ended = false;
  #failure: LeaderElectionError | undefined;
  #missed = false;
  #reconnecting = false;
  #lastArrivalMs = 0;

  constructor(
    link: Link,
    process: SimulatedProcess,
    options: WatchOptions,
    hooks: { readonly arrived: WatchListener; readonly closed: (watch: SimulatedWatch) => void },
  ) {
    this.#link = link;
    this.#process = process;
    this.#listener = hooks.arrived;
    this.#closed = hooks.closed;
    options.signal.addEventListener("abort", () => this.#end(undefined), { once: true });
    this.#connect(options.from);
  }

  /** The store changed. */
  tell(change: Change): void {
    const { conditions, random, store } = this.#link;
    if (this.#ended || this.#reconnecting) return;
    if (conditions.answersCut || conditions.watchSilent) {
      this.#miss();
      return;
    }
    if (change.kind === "deleted" && !store.flavour.deletionHasOrder && random.chance(0.5)) return;
    this.#send(eventOf(change, store.flavour.deletionHasOrder));
    if (conditions.watchRepeats > 0 && random.chance(conditions.watchRepeats)) {
      this.#send(eventOf(change, store.flavour.deletionHasOrder), random.between(0, 5000));
    }
    if (conditions.watchStale > 0 && random.chance(conditions.watchStale)) {
      const stale = store.past(random.whole(1, 12));
      if (stale !== undefined) this.#send({ kind: "changed", current: stale }, random.between(0, 20_000));
    }
  }

  /** The connection breaks: the stream ends, with an error or without, or the backend opens another unseen. */
  cut(how: "ends" | "fails" | "reconnects"): void {
    if (this.#ended) return;
    if (how === "reconnects") this.#miss();
    else {
      const error = new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "the watch broke");
      this.#process.deliver(() => this.#end(how === "fails" ? error : undefined));
    }
  }

  next(): Promise<IteratorResult<LockEvent>> {
    const event = this.#arrived.shift();
    if (event !== undefined) return Promise.resolve({ done: false, value: event });
    if (this.#failure !== undefined) {
      const failure = this.#failure;
      this.#failure = undefined;
      return Promise.reject(failure);
    }
    if (this.#ended) return Promise.resolve({ done: true, value: undefined });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  return(): Promise<IteratorResult<LockEvent>> {
    this.#end(undefined);
    return Promise.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #connect(from: VersionedRecord | undefined): void {
    this.#reconnecting = true;
    const { queue } = this.#link;
    queue.after(this.#link.latencyMs(), () => {
      if (this.#ended) return;
      const { conditions, store } = this.#link;
      if (conditions.watchRefused) {
        this.#reconnecting = false;
        this.cut("fails");
        return;
      }
      if (conditions.requestsCut || conditions.answersCut) {
        queue.after(RECONNECT_MS, () => this.#connect(from));
        return;
      }
      this.#reconnecting = false;
      this.#missed = false;
      const { current } = store;
      if (from !== undefined && current?.version === from.version) return;
      const resumes = store.flavour.watch === "resumable" && current !== undefined;
      this.#send(resumes ? { kind: "changed", current } : { kind: "resync" });
    });
  }

  /** Something was not told. It will be, once the backend has noticed. */
  #miss(): void {
    if (this.#missed || this.#ended) return;
    this.#missed = true;
    this.#reconnecting = !this.#link.conditions.watchSilent;
    const lookAgain = (): void => {
      if (this.#ended) return;
      if (this.#link.conditions.watchSilent) this.#link.queue.after(RECONNECT_MS, lookAgain);
      else this.#connect(undefined);
    };
    this.#link.queue.after(RECONNECT_MS, lookAgain);
  }

  #send(event: LockEvent, laterMs = 0): void {
    const { queue, random, conditions } = this.#link;
    let atMs = queue.nowMs + this.#link.latencyMs() + laterMs;
    if (laterMs === 0) {
      if (random.chance(conditions.watchReorders)) atMs += random.between(0, REORDERED_MS);
      else {
        atMs = Math.max(atMs, this.#lastArrivalMs);
        this.#lastArrivalMs = atMs;
      }
    }
    queue.schedule(atMs, () => {
      if (this.#link.conditions.answersCut) this.#miss();
      else this.#process.deliver(() => this.#arrive(event));
    });
  }

  #arrive(event: LockEvent): void {
    if (this.#ended) return;
    this.#listener(this.#process, event);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#arrived.push(event);
    else waiting.resolve({ done: false, value: event });
  }

  #end(failure: LeaderElectionError | undefined): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#closed(this);
    const waiting = this.#waiting;
    this.#waiting = undefined;
    if (waiting === undefined) this.#failure = failure;
    else if (failure === undefined) waiting.resolve({ done: true, value: undefined });
    else waiting.reject(failure);
  }
}

function eventOf(change: Change, deletionHasOrder: boolean): LockEvent {
  if (change.kind === "changed") return { kind: "changed", current: change.stored };
  return { kind: "deleted", fencingToken: deletionHasOrder ? BigInt(change.order) : undefined };
}
