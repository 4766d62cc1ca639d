import type { Anomaly } from "./elector-state.ts";
import { describeThrown, type StopReason } from "./errors.ts";
import type { Term } from "./term.ts";

/** What a {@link LeaderElector} tells its listeners, by event name. */
export interface LeaderElectorEvents {
  /** A term began. */
  startedLeading: Term;
  /** The term is over: nothing is led any more, though its task may still be stopping after a loss. */
  stoppedLeading: { readonly term: Term; readonly reason: StopReason };
  /** Another holder than before was seen, this elector included. */
  newLeader: { readonly identity: string };
  /**
   * A request failed (a {@link LeaderElectionError}), or the task threw something of its own after it was told to stop.
   * The campaign goes on.
   */
  error: Error;
  /** Something unusual that a person should look at. */
  anomaly: Anomaly;
}

/** A listener of one event. */
export type Listener<E extends keyof LeaderElectorEvents> = (payload: LeaderElectorEvents[E]) => void;

/** Typed events. Unlike node:events, an `error` that nobody listens to is no crash, and a listener that throws changes nothing. */
export class Emitter {
  readonly #listeners = new Map<string, Set<(payload: never) => unknown>>();

  add<E extends keyof LeaderElectorEvents>(event: E, listener: Listener<E>): void {
    if (typeof listener !== "function") {
      throw new TypeError(`Expected a listener function for "${event}", got ${String(listener)}`);
    }
    const listeners = this.#listeners.get(event) ?? new Set();
    this.#listeners.set(event, listeners.add(listener));
  }

  delete<E extends keyof LeaderElectorEvents>(event: E, listener: Listener<E>): void {
    this.#listeners.get(event)?.delete(listener);
  }

  emit<E extends keyof LeaderElectorEvents>(event: E, payload: LeaderElectorEvents[E]): void {
    for (const listener of [...(this.#listeners.get(event) ?? [])]) {
      try {
        // Only listeners of `event` are in its set. One may be async: its rejection is reported as a throw is.
        const result: unknown = (listener as Listener<E>)(payload);
        if (result instanceof Promise) result.catch((error: unknown) => warn(event, error));
      } catch (error) {
        warn(event, error);
      }
    }
  }
}

function warn(event: string, error: unknown): void {
  process.emitWarning(
    `A "${event}" listener of a LeaderElector threw: ${describeThrown(error)}`,
    "TenureWarning",
  );
}
