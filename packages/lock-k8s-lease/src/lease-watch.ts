import { LeaderElectionError, type LockEvent, type Random, type VersionedRecord } from "@tenure/core";
import { rearmDelayMs, sleep } from "@tenure/core/backend";
import { closedError } from "./call-failure.ts";
import type { LeaseKey } from "./lease-key.ts";
import { leasesPath } from "./lease-path.ts";
import { NetworkError } from "./network-error.ts";
import type { Operation } from "./operation.ts";
import { refusal } from "./refusal.ts";
import type { Transport } from "./transport.ts";
import { WatchStream } from "./watch-stream.ts";

/** Time for the head of the answer; the server sends it at once. */
const START_TIMEOUT_MS = 15_000;
/** The server ends a stream after five to ten minutes, as client-go's reflectors ask: watches spread over servers again. */
const STREAM_SECONDS = 300;
/** A healthy server sends a bookmark every minute. Silence for longer than this, plus up to a third, proves nothing. */
const SILENCE_MS = 90_000;
/** After so many failures in a row the version to go on from is not trusted any more: it may be the reason. */
const FAILURES_TO_FORGET = 3;
/** A stream that stood for so long worked, also when it had nothing to tell. */
const WORKED_MS = 10_000;

/** What a watch needs besides the transport. */
export interface LeaseWatchOptions {
  readonly transport: Transport;
  readonly key: LeaseKey;
  readonly signal: AbortSignal;
  /** Aborts when the lock is closed. */
  readonly closing: AbortSignal;
  readonly from: VersionedRecord | undefined;
  readonly random: Random;
}

/** Where the watch has come to. */
interface Position {
  /** The version to go on from; `undefined` to begin with the Lease as it is. */
  resumeFrom: string | undefined;
  /** Streams in a row that failed or brought nothing. */
  failures: number;
}

/**
 * Watches one Lease for as long as the signal allows, over as many connections as it takes.
 *
 * A stream with a version to go on from misses nothing, so a cut one is armed again in silence. One without (the first,
 * when no `from` is given, and any after "410 Gone") begins with `resync` as soon as it stands, and then the Lease as it is.
 *
 * @throws `ERR_LOCK_FORBIDDEN` and `ERR_LOCK_CLOSED`; everything else is tried again, later and later.
 */
export async function* watchLease(options: LeaseWatchOptions): AsyncGenerator<LockEvent, void, void> {
  const { transport, signal, closing, random } = options;
  const operation: Operation = { verb: "watch", key: options.key };
  const ends = [signal, closing, transport.closing];
  const position: Position = { resumeFrom: options.from?.version, failures: 0 };
  while (!signal.aborted) {
    let retryAfterMs: number | undefined;
    try {
      yield* watchOnce(operation, options, position, ends);
    } catch (error) {
      if (signal.aborted) return;
      if (closing.aborted || transport.closing.aborted) throw closedError(operation);
      if (LeaderElectionError.is(error)) {
        if (error.code === "ERR_LOCK_FORBIDDEN") throw error;
        retryAfterMs = error.retryAfterMs;
      }
      position.failures += 1;
    }
    if (position.failures >= FAILURES_TO_FORGET) position.resumeFrom = undefined;
    await sleep(transport.clock, rearmDelayMs(position.failures, retryAfterMs, random), ends);
  }
}

/** One stream, from its request to its end. Throws what ended it, if that was no clean end. */
async function* watchOnce(
  operation: Operation,
  options: LeaseWatchOptions,
  position: Position,
  ends: readonly AbortSignal[],
): AsyncGenerator<LockEvent, void, void> {
  const { clock } = options.transport;
  const stream = await openStream(operation, options, position, ends);
  const startedAtMs = clock.now();
  try {
    if (position.resumeFrom === undefined) yield { kind: "resync" };
    for (let event = await stream.next(); event !== undefined; event = await stream.next()) {
      if (event.kind === "expired") position.resumeFrom = undefined;
      if (event.kind === "expired" || event.kind === "broken") throw new NetworkError(event.kind);
      position.resumeFrom = event.resourceVersion;
      if (event.kind === "changed") yield { kind: "changed", current: event.current };
      if (event.kind === "deleted") yield { kind: "deleted", fencingToken: event.fencingToken };
    }
    // A server that ends streams at once, again and again, must not make this a hot loop.
    if (clock.now() - startedAtMs < WORKED_MS) position.failures += 1;
  } finally {
    if (clock.now() - startedAtMs >= WORKED_MS) position.failures = 0;
    stream.destroy();
  }
}

async function openStream(
  operation: Operation,
  { transport, key, signal, closing, random }: LeaseWatchOptions,
  position: Position,
  ends: readonly AbortSignal[],
): Promise<WatchStream> {
  const { resumeFrom } = position;
  const query = new URLSearchParams({
    watch: "1",
    fieldSelector: `metadata.name=${key.name}`,
    allowWatchBookmarks: "true",
    timeoutSeconds: String(Math.round(STREAM_SECONDS * (1 + random()))),
    ...(resumeFrom !== undefined && { resourceVersion: resumeFrom }),
  });
  const limits = { timeoutMs: START_TIMEOUT_MS, signal, closing };
  const answer = await transport.open(
    operation,
    { method: "GET", path: `${leasesPath(key)}?${query}` },
    limits,
  );
  if ("body" in answer) {
    if (answer.status === 410) position.resumeFrom = undefined;
    throw refusal(operation, answer);
  }
  const silenceMs = SILENCE_MS * (1 + random() / 3);
  return new WatchStream({ answer, key, clock: transport.clock, silenceMs, ends });
}
