import type { Clock } from "@tenure/core";
import { MAX_BODY_BYTES } from "./exchange.ts";
import type { LeaseKey } from "./lease-key.ts";
import { LineSplitter } from "./line-splitter.ts";
import type { OpenAnswer } from "./transport.ts";
import { decodeWatchLine, type WatchEvent } from "./watch-event.ts";

/** The events of one watch connection. Whoever makes one destroys it. */
export class WatchStream {
  readonly #answer: OpenAnswer;
  readonly #key: LeaseKey;
  readonly #clock: Clock;
  readonly #silenceMs: number;
  readonly #ends: readonly AbortSignal[];
  readonly #chunks: AsyncIterator<Buffer>;
  readonly #lines = new LineSplitter(MAX_BODY_BYTES);
  readonly #ready: WatchEvent[] = [];
  readonly #destroy: () => void;

  constructor(options: {
    readonly answer: OpenAnswer;
    readonly key: LeaseKey;
    readonly clock: Clock;
    /** After so long without a byte the connection counts as dead. */
    readonly silenceMs: number;
    /** Any of them ends it. */
    readonly ends: readonly AbortSignal[];
  }) {
    this.#answer = options.answer;
    this.#key = options.key;
    this.#clock = options.clock;
    this.#silenceMs = options.silenceMs;
    this.#ends = options.ends;
    // Without an encoding set, chunks are buffers.
    this.#chunks = (options.answer.response as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
    this.#destroy = () => this.#answer.destroy();
    for (const end of this.#ends) end.addEventListener("abort", this.#destroy);
    if (this.#ends.some((end) => end.aborted)) this.#destroy();
  }

  /**
   * The next event; `undefined` at a clean end.
   * @throws when the connection is cut, silent for too long, or ended by a signal.
   */
  async next(): Promise<WatchEvent | undefined> {
    for (const end of this.#ends) end.throwIfAborted();
    while (this.#ready.length === 0) {
      const silence = this.#clock.setTimer(this.#destroy, this.#silenceMs);
      try {
        const { done, value } = await this.#chunks.next();
        if (done) return undefined;
        for (const line of this.#lines.push(value)) this.#ready.push(decodeWatchLine(line, this.#key));
      } finally {
        silence.cancel();
      }
    }
    return this.#ready.shift();
  }

  /** Closes the connection. */
  destroy(): void {
    for (const end of this.#ends) end.removeEventListener("abort", this.#destroy);
    this.#destroy();
    // Destroying makes its reader fail; by now that is no news to anybody.
    this.#chunks.return?.().catch(() => {});
  }
}
