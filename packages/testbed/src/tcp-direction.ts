import type { Socket } from "node:net";

// Enough to keep a connection busy; beyond it the sender is made to wait, as by a full network.
const MAX_QUEUED_BYTES = 1_048_576;

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

  /** Passes bytes on, those that came earlier first. */
  flow(delayMs: number): void {
    this.#delayMs = delayMs;
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
      this.#queue.shift();
      this.#queuedBytes -= next.chunk?.length ?? 0;
      if (next.chunk === undefined) this.#to.end();
      else this.#to.write(next.chunk);
    }
    if (this.#queuedBytes > MAX_QUEUED_BYTES) this.#from.pause();
    else this.#from.resume();
  }
}
