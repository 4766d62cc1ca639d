import { Interrupted, type Interruption } from "@tenure/core/backend";
import { EtcdFailure } from "./etcd-failure.ts";
import type { EtcdWatchMessage, EtcdWatchRequest, EtcdWatchStream } from "./etcd-kv.ts";
import {
  type CallHeaders,
  type DuplexStream,
  type Etcd3Connection,
  StatusError,
} from "./etcd3-connection.ts";
import { readWatch, UnreadableAnswer, watchRequest } from "./etcd3-messages.ts";
import { GrpcCode, isTokenRefused } from "./grpc-status.ts";

/**
 * Opens one watch on one gRPC stream of its own, and waits until the server has it.
 *
 * etcd3's watcher is not used: it reconnects by itself without saying so, hides the revision that was compacted, throws inside
 * a stream's listener, and keeps all watches on one stream (docs/decisions/0002).
 *
 * @throws {@link EtcdFailure}, {@link Interrupted}.
 */
export async function openWatch(options: {
  readonly connection: Etcd3Connection;
  readonly headers: CallHeaders;
  readonly request: EtcdWatchRequest;
  /** For the opening alone. */
  readonly interruption: Interruption;
  /** Any of them ends the stream. */
  readonly ends: readonly AbortSignal[];
  readonly redact: (text: string) => string;
  /** The member, or the way to it, is not to be trusted any more. */
  readonly onBroken: () => void;
  readonly onTokenRefused: () => Promise<unknown>;
}): Promise<EtcdWatchStream> {
  const stream = options.connection.stream("watch", options.headers);
  const watch = new Etcd3WatchStream({ ...options, stream });
  try {
    stream.write(watchRequest(options.request));
    await options.interruption.orElse(watch.opened());
    return watch;
  } catch (error) {
    watch.destroy();
    if (error instanceof Interrupted && error.interrupt.kind === "deadline") options.onBroken();
    throw error;
  }
}

class Etcd3WatchStream implements EtcdWatchStream {
  readonly #stream: DuplexStream;
  readonly #responses: AsyncIterator<unknown>;
  readonly #ends: readonly AbortSignal[];
  readonly #redact: (text: string) => string;
  readonly #onBroken: () => void;
  readonly #onTokenRefused: () => Promise<unknown>;
  readonly #ready: EtcdWatchMessage[] = [];
  readonly #destroy = (): void => this.destroy();

  constructor(options: {
    readonly stream: DuplexStream;
    readonly ends: readonly AbortSignal[];
    readonly redact: (text: string) => string;
    readonly onBroken: () => void;
    readonly onTokenRefused: () => Promise<unknown>;
  }) {
    this.#stream = options.stream;
    this.#ends = options.ends;
    this.#redact = options.redact;
    this.#onBroken = options.onBroken;
    this.#onTokenRefused = options.onTokenRefused;
    this.#responses = options.stream[Symbol.asyncIterator]();
    for (const end of this.#ends) end.addEventListener("abort", this.#destroy);
  }

  /** Resolves once the server has answered, whatever it has answered: that is the first message of {@link next}. */
  async opened(): Promise<void> {
    const first = await this.next();
    if (first !== undefined) this.#ready.unshift(first);
  }

  async next(): Promise<EtcdWatchMessage | undefined> {
    while (this.#ready.length === 0) {
      let response: IteratorResult<unknown>;
      try {
        response = await this.#responses.next();
        if (response.done === true) return undefined;
        this.#ready.push(...readWatch(response.value));
      } catch (error) {
        throw await this.#failure(error);
      }
    }
    const message = this.#ready.shift();
    if (message?.kind !== "canceled") return message;
    const refusal = { code: GrpcCode.unauthenticated, details: message.reason };
    // etcd 3.4 answers "permission denied" to a watch whose token it does not know.
    if (isTokenRefused(refusal) || message.reason.includes("permission denied")) await this.#onTokenRefused();
    return { kind: "canceled", reason: this.#redact(message.reason) };
  }

  destroy(): void {
    for (const end of this.#ends) end.removeEventListener("abort", this.#destroy);
    this.#stream.cancel();
    // Cancelling makes its reader fail; by now that is no news to anybody.
    this.#responses.return?.().catch(() => {});
  }

  async #failure(error: unknown): Promise<unknown> {
    if (error instanceof UnreadableAnswer) {
      return new EtcdFailure({ kind: "unreadable", message: error.message }, { sent: true });
    }
    if (!(error instanceof StatusError)) return error;
    const { status } = error;
    if (isTokenRefused(status)) await this.#onTokenRefused();
    else if (status.code !== GrpcCode.permissionDenied) this.#onBroken();
    return new EtcdFailure(
      { kind: "status", code: status.code, details: this.#redact(status.details) },
      { sent: true },
    );
  }
}
