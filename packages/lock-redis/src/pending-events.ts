import type { LockEvent } from "@tenure/core";

/**
 * What a watch has to tell and its reader has not taken yet: at most one `resync` and the newest change, so that a slow
 * reader costs no memory.
 */
export class PendingEvents {
  #resync = false;
  #change: LockEvent | undefined;
  #wake: () => void = () => {};

  /** Events may have been missed. What was told before is no news any more. */
  resync(): void {
    this.#resync = true;
    this.#change = undefined;
    this.#wake();
  }

  changed(event: LockEvent): void {
    this.#change = event;
    this.#wake();
  }

  /** The next event, `resync` before a change. */
  take(): LockEvent | undefined {
    if (this.#resync) {
      this.#resync = false;
      return { kind: "resync" };
    }
    const event = this.#change;
    this.#change = undefined;
    return event;
  }

  /** Resolves when there may be something to take, or {@link wake} was called. */
  wait(): Promise<void> {
    if (this.#resync || this.#change !== undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }

  wake(): void {
    this.#wake();
  }
}
