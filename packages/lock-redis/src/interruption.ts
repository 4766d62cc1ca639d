import type { Clock } from "@tenure/core";

/** Why a call ends before its answer. */
export type Interrupt =
  | { readonly kind: "deadline"; readonly timeoutMs: number }
  | { readonly kind: "aborted"; readonly reason: unknown }
  | { readonly kind: "closed" };

/** Thrown inside the transport only: what the caller sees depends on whether anything was sent. */
export class Interrupted extends Error {
  readonly interrupt: Interrupt;

  constructor(interrupt: Interrupt) {
    super(interrupt.kind);
    this.interrupt = interrupt;
  }
}

/**
 * Everything that may end a call before its answer: its deadline, its caller's signal, and the closing of the lock.
 * Whoever makes one disposes it.
 */
export class Interruption {
  /** Rejects with {@link Interrupted}; never resolves. */
  readonly promise: Promise<never>;
  readonly #cleanUps: (() => void)[] = [];

  constructor(options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly closing: readonly AbortSignal[];
  }) {
    const { clock, timeoutMs, signal, closing } = options;
    this.promise = new Promise((_, reject) => {
      const interrupt = (by: Interrupt) => reject(new Interrupted(by));
      for (const closed of closing) this.#listen(closed, () => interrupt({ kind: "closed" }));
      if (signal !== undefined)
        this.#listen(signal, () => interrupt({ kind: "aborted", reason: signal.reason }));
      const timer = clock.setTimer(() => interrupt({ kind: "deadline", timeoutMs }), timeoutMs);
      this.#cleanUps.push(() => timer.cancel());
    });
    // It may come when nobody waits any more.
    this.promise.catch(() => {});
  }

  /** Stops the timer and the listeners. */
  dispose(): void {
    for (const cleanUp of this.#cleanUps) cleanUp();
  }

  #listen(signal: AbortSignal, listener: () => void): void {
    if (signal.aborted) {
      listener();
      return;
    }
    signal.addEventListener("abort", listener);
    this.#cleanUps.push(() => signal.removeEventListener("abort", listener));
  }
}
