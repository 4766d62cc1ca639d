import type { Socket } from "node:net";

// Enough to keep a connection busy; beyond it the sender is made to wait, as by a full network.
const MAX_QUEUED_BYTES = 1_048_576;

/** How many bytes may still pass, of several connections together. */
export interface ByteBudget {
  left: number;
}

interface QueuedChunk {
  /** `undefined` stands for the end of the stream (FIN). */
  readonly chunk: Buffer | undefined;
  readonly dueAtMs: number;
}

/**
 * One direction of a proxied connection: bytes from one socket to another, in order, each `delayMs` after it came. While
 * held nothing is passed on and nothing is lost; the sender's kernel keeps what does not fit.
 */
export class TcpDirection {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #queue: QueuedChunk[] = [];
  #queuedBytes = 0;
  #delayMs = 0;
  #isHeld = false;
  #isClosed = false;
  #budget: ByteBudget | undefined;
  #onSpent: (() => void) | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on("data", (chunk: Buffer) => this.#enqueue(chunk));
    from.on("end", () => this.#enqueue(undefined));
    to.on("drain", () => this.#drain());
  }

  /** Stops passing bytes on, including those that were waiting for their time. */
  hold(): void {
    this.#isHeld = true;
    this.#from.pause();
    clearTimeout(this.#timer);
  }

  /**
   * Passes bytes on, those that came earlier first. With a budget only so many: at the first byte beyond them it holds, and
   * calls `onSpent` once what went before has been handed to the system.
   */
  flow(delayMs: number, budget?: ByteBudget, onSpent?: () => void): void {
    this.#delayMs = delayMs;
    this.#budget = budget;
    this.#onSpent = onSpent;
    this.#isHeld = false;
    this.#drain();
  }

  /** Forgets what is queued; no timer is left behind. */
  close(): void {
    this.#isClosed = true;
    this.#queue.length = 0;
    clearTimeout(this.#timer);
  }

  #enqueue(chunk: Buffer | undefined): void {
    if (this.#isClosed) return;
    // Never before its predecessor, also when the delay has become shorter in between.
    const dueAtMs = Math.max(performance.now() + this.#delayMs, this.#queue.at(-1)?.dueAtMs ?? 0);
    this.#queue.push({ chunk, dueAtMs });
    this.#queuedBytes += chunk?.length ?? 0;
    this.#drain();
  }

  #drain(): void {
    if (this.#isHeld || this.#isClosed) return;
    clearTimeout(this.#timer);
    for (
      let next = this.#queue[0];
      next !== undefined && !this.#to.writableNeedDrain;
      next = this.#queue[0]
    ) {
      const waitMs = next.dueAtMs - performance.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#drain(), Math.ceil(waitMs));
        break;
      }
      if (next.chunk !== undefined && next.chunk.length > (this.#budget?.left ?? Number.POSITIVE_INFINITY)) {
        this.#spend(next.chunk);
        return;
      }
      this.#queue.shift();
      if (this.#budget !== undefined) this.#budget.left -= next.chunk?.length ?? 0;
      this.#queuedBytes -= next.chunk?.length ?? 0;
      if (next.chunk === undefined) this.#to.end();
      else this.#to.write(next.chunk);
    }
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#from.pause();
    else this.#from.resume();
  }

  /** Passes the last bytes that may, keeps the rest. */
  #spend(chunk: Buffer): void {
    const left = this.#budget?.left ?? 0;
    const { dueAtMs } = this.#queue[0] ?? { dueAtMs: 0 };
    if (this.#budget !== undefined) this.#budget.left = 0;
    this.#queue[0] = { chunk: chunk.subarray(left), dueAtMs };
    this.#queuedBytes -= left;
    this.hold();
    const spent = this.#onSpent;
    // Not at once: a reset would overtake the bytes before it.
    this.#to.write(chunk.subarray(0, left), () => setTimeout(() => spent?.(), 2));
  }
}
