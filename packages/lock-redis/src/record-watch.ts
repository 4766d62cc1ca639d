import { type Clock, LeaderElectionError, type LockEvent, type Random } from "@tenure/core";
import { rearmDelayMs, sleep } from "@tenure/core/backend";
import { callFailure, closedError } from "./call-failure.ts";
import { readChange } from "./change-message.ts";
import type { Operation } from "./operation.ts";
import { PendingEvents } from "./pending-events.ts";
import type { RedisConnection, RedisConnector } from "./redis-connection.ts";
import { NetworkError, ServerError } from "./server-error.ts";

/** For connecting and subscribing. */
const START_TIMEOUT_MS = 10_000;

/** How a watch finds out that nobody is at the other end any more. */
export interface Pulse {
  /** After so long without a message it asks. A leader that renews is heard all the time, and nobody asks. */
  readonly silenceMs: number;
  /** So long it waits for the answer. */
  readonly answerMs: number;
}

/** The pulse of a watch where nothing else is said. */
export const DEFAULT_PULSE: Pulse = Object.freeze({ silenceMs: 15_000, answerMs: 5_000 });

/** What a watch needs. */
export interface RecordWatchOptions {
  readonly connector: RedisConnector;
  readonly operation: Operation;
  readonly channel: string;
  readonly signal: AbortSignal;
  /** Aborts when the lock is closed. */
  readonly closing: AbortSignal;
  readonly clock: Clock;
  readonly random: Random;
  readonly pulse: Pulse;
}

/**
 * Listens to what the scripts publish, for as long as the signal allows, over as many connections as it takes. Redis keeps
 * no message for those who were away, so every subscription begins with `resync`.
 *
 * @throws `ERR_LOCK_FORBIDDEN` and `ERR_LOCK_CLOSED`; everything else is tried again, later and later.
 */
export async function* watchRecord(options: RecordWatchOptions): AsyncGenerator<LockEvent, void, void> {
  const { connector, operation, signal, closing, clock, random } = options;
  const ends = [signal, closing];
  const progress = { failures: 0 };
  while (!signal.aborted) {
    try {
      yield* watchOnce(options, progress);
    } catch (error) {
      if (signal.aborted) return;
      if (closing.aborted) throw closedError(operation);
      const failure = callFailure(error, operation, connector.server, { sent: false });
      if (!LeaderElectionError.is(failure) || failure.code === "ERR_LOCK_FORBIDDEN") throw failure;
      progress.failures += 1;
    }
    await sleep(clock, rearmDelayMs(progress.failures, undefined, random), ends);
    if (closing.aborted && !signal.aborted) throw closedError(operation);
  }
}

/** One connection, until it ends: by throwing, or when the watch ends. */
async function* watchOnce(
  options: RecordWatchOptions,
  progress: { failures: number },
): AsyncGenerator<LockEvent, void, void> {
  const { signal, closing, clock } = options;
  const ended = AbortSignal.any([signal, closing]);
  const events = new PendingEvents();
  const life = { brokenBy: undefined as string | undefined, lastHeardMs: clock.now() };
  const broken = (why: string): void => {
    life.brokenBy ??= why;
    events.wake();
  };
  const connection = await subscribed(options, (message) => {
    life.lastHeardMs = clock.now();
    events.changed(readChange(message));
  });
  const stopPulse = takePulse(connection, options, life, broken);
  // At once, also when the reader is busy or has gone away without a word.
  const end = (): void => {
    stopPulse();
    connection.destroy();
    events.wake();
  };
  ended.addEventListener("abort", end);
  if (ended.aborted) end();
  connection.onClosed(() => broken("the connection has ended"));
  try {
    events.resync();
    progress.failures = 0;
    while (!ended.aborted) {
      const event = events.take();
      if (event !== undefined) yield event;
      else if (life.brokenBy !== undefined) throw new NetworkError(life.brokenBy);
      else await events.wait();
    }
    if (closing.aborted) throw new NetworkError("the lock is closed");
  } finally {
    ended.removeEventListener("abort", end);
    end();
  }
}

/** A connection that is subscribed, within {@link START_TIMEOUT_MS} whatever the other side does. */
async function subscribed(
  { connector, channel, signal, closing, clock }: RecordWatchOptions,
  listener: (message: string) => void,
): Promise<RedisConnection> {
  const late = new AbortController();
  const timer = clock.setTimer(() => late.abort(), START_TIMEOUT_MS);
  const given = AbortSignal.any([late.signal, signal, closing]);
  let connection: RedisConnection | undefined;
  const destroy = (): void => connection?.destroy();
  given.addEventListener("abort", destroy);
  try {
    connection = await connector.open({ timeoutMs: START_TIMEOUT_MS, signal: given });
    if (given.aborted) throw new NetworkError("connecting was given up");
    await connection.subscribe(channel, listener);
    return connection;
  } catch (error) {
    destroy();
    throw error;
  } finally {
    timer.cancel();
    given.removeEventListener("abort", destroy);
  }
}

/** Asks a silent connection whether it still lives; gives back how to stop. */
function takePulse(
  connection: RedisConnection,
  { clock, pulse }: RecordWatchOptions,
  life: { lastHeardMs: number },
  broken: (why: string) => void,
): () => void {
  let timer = clock.setTimer(check, pulse.silenceMs);
  let stopped = false;
  return () => {
    stopped = true;
    timer.cancel();
  };

  function check(): void {
    const silentMs = clock.now() - life.lastHeardMs;
    if (silentMs < pulse.silenceMs) {
      timer = clock.setTimer(check, pulse.silenceMs - silentMs);
      return;
    }
    timer = clock.setTimer(() => broken(`no answer to PING within ${pulse.answerMs} ms`), pulse.answerMs);
    const alive = (): void => {
      if (stopped) return;
      timer.cancel();
      life.lastHeardMs = clock.now();
      timer = clock.setTimer(check, pulse.silenceMs);
    };
    connection.send("ping", []).then(alive, (error: unknown) => {
      // Not permitted, say: whoever refuses is there.
      if (error instanceof ServerError) alive();
      else broken("the connection has ended");
    });
  }
}
