import type { Clock } from "../clock.ts";

/** Why a call ends before its answer. */
export type Interrupt =
  | { readonly kind: "deadline"; readonly timeoutMs: number }
  | { readonly kind: "aborted"; readonly reason: unknown }
  | { readonly kind: "closed" };

/** Thrown inside a backend only: what the caller sees depends on whether anything was sent. */
export class Interrupted extends Error {
  readonly interrupt: Interrupt;

  constructor(interrupt: Interrupt) {
    super(interrupt.kind);
    this.interrupt = interrupt;
  }
}

/**
 * Everything that may end a call before its answer: its deadline, its caller's signal, and the closing of lock or client.
 * Whoever makes one disposes it.
 */
export class Interruption {
  /** Rejects with {@link Interrupted}; never resolves. */
  readonly #never: Promise<never>;
  readonly #clock: Clock;
  readonly #deadlineMs: number;
  readonly #cleanUps: (() => void)[] = [];
  #interrupted: Interrupted | undefined;

  constructor(options: {
    readonly clock: Clock;
    readonly timeoutMs: number;
    readonly signal?: AbortSignal | undefined;
    readonly closing: readonly AbortSignal[];
  }) {
    const { clock, timeoutMs, signal, closing } = options;
    this.#clock = clock;
    this.#deadlineMs = clock.now() + timeoutMs;
    this.#never = new Promise((_, reject) => {
      const interrupt = (by: Interrupt): void => {
        this.#interrupted ??= new Interrupted(by);
        reject(this.#interrupted);
      };
      for (const closed of closing) this.#listen(closed, () => interrupt({ kind: "closed" }));
      if (signal !== undefined)
        this.#listen(signal, () => interrupt({ kind: "aborted", reason: signal.reason }));
      const timer = clock.setTimer(() => interrupt({ kind: "deadline", timeoutMs }), timeoutMs);
      this.#cleanUps.push(() => timer.cancel());
    });
    // It may come when nobody waits any more.
    this.#never.catch(() => {});
  }

  /** How much of the timeout is left, in milliseconds, and at least 1. */
  get remainingMs(): number {
    return Math.max(1, this.#deadlineMs - this.#clock.now());
  }

  /** @throws {@link Interrupted} when it has come. For the moment before something is sent. */
  check(): void {
    if (this.#interrupted !== undefined) throw this.#interrupted;
  }

  /**
   * Waits for `work`, but no longer than allowed.
   * @throws {@link Interrupted}, or what `work` rejects with.
   */
  async orElse<Value>(work: Promise<Value>): Promise<Value> {
    return await Promise.race([this.#never, work]);
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
