import {
  type Clock,
  LeaderElectionError,
  type LockEvent,
  type Random,
  type VersionedRecord,
} from "@tenure/core";
import { rearmDelayMs, sleep } from "@tenure/core/backend";
import { callFailure, closedError, type Operation } from "./call-failure.ts";
import { EtcdFailure } from "./etcd-failure.ts";
import type { EtcdKeyValue, EtcdKv, EtcdWatchMessage } from "./etcd-kv.ts";
import { GrpcCode } from "./grpc-status.ts";
import { decodeRecord, UnreadableRecord } from "./record-value.ts";

/** Time for the server to confirm the watch; it does at once. */
const OPEN_TIMEOUT_MS = 10_000;
/** A healthy server tells its progress every ten minutes. Silence for longer than this, plus up to a third, proves nothing. */
const SILENCE_MS = 15 * 60_000;
/** After so many failures in a row the revision to go on from is not trusted any more: it may be the reason. */
const FAILURES_TO_FORGET = 3;
/** A stream that stood for so long worked, also when it had nothing to tell. */
const WORKED_MS = 10_000;

/** What a watch needs besides the key. */
export interface EtcdLockWatchOptions {
  readonly kv: EtcdKv;
  readonly operation: Operation;
  readonly signal: AbortSignal;
  /** Aborts when the lock is closed. */
  readonly closing: AbortSignal;
  readonly from: VersionedRecord | undefined;
  readonly clock: Clock;
  readonly random: Random;
}

/** Where the watch has come to. */
interface Position {
  /** The revision to go on from; `undefined` to begin with now. */
  nextRevision: bigint | undefined;
  /** Whose revisions these are. */
  clusterId: string | undefined;
  /** Streams in a row that failed or brought nothing. */
  failures: number;
  /** Since the last stream that stood. */
  refusals: number;
}

/**
 * Watches one key for as long as the signal allows, over as many streams as it takes.
 *
 * A stream with a revision to go on from misses nothing, so a cut one is armed again in silence. One without (the first, when
 * no `from` is given, and any after a compaction, another cancellation, or a store that went back) begins with `resync`, once
 * it stands: what is read after that is not older than what it tells.
 *
 * @throws `ERR_LOCK_FORBIDDEN` and `ERR_LOCK_CLOSED`; everything else is tried again, later and later.
 */
export async function* watchKey(options: EtcdLockWatchOptions): AsyncGenerator<LockEvent, void, void> {
  const { operation, signal, closing, clock, random } = options;
  const position: Position = {
    nextRevision: options.from && BigInt(options.from.version) + 1n,
    clusterId: undefined,
    failures: 0,
    refusals: 0,
  };
  while (!signal.aborted) {
    if (closing.aborted) throw closedError(operation);
    try {
      yield* watchOnce(options, position);
    } catch (error) {
      if (signal.aborted) return;
      if (isClosed(error) || closing.aborted) throw closedError(operation);
      const failure = callFailure(error, operation);
      if (!LeaderElectionError.is(failure)) throw failure;
      // Not after the first: the token may be old, which etcd 3.4 calls "permission denied", too.
      if (failure.code === "ERR_LOCK_FORBIDDEN" && position.refusals > 0) throw failure;
      if (failure.code === "ERR_LOCK_FORBIDDEN") position.refusals += 1;
      position.failures += 1;
    }
    if (position.failures >= FAILURES_TO_FORGET) position.nextRevision = undefined;
    await sleep(clock, rearmDelayMs(position.failures, undefined, random), [signal, closing]);
  }
}

/** One stream, from its request to its end. Throws what ended it, if that was no clean end. */
async function* watchOnce(
  { kv, operation, signal, closing, clock, random }: EtcdLockWatchOptions,
  position: Position,
): AsyncGenerator<LockEvent, void, void> {
  const startRevision = position.nextRevision;
  const stream = await kv.watch(
    { key: operation.key, startRevision: startRevision?.toString() },
    { timeoutMs: OPEN_TIMEOUT_MS, signal, closing },
  );
  const startedAtMs = clock.now();
  const silenceMs = SILENCE_MS * (1 + random() / 3);
  const next = async (): Promise<EtcdWatchMessage | undefined> => {
    const silence = clock.setTimer(() => stream.destroy(), silenceMs);
    try {
      return await stream.next();
    } finally {
      silence.cancel();
    }
  };
  try {
    for (let message = await next(); message !== undefined; message = await next()) {
      switch (message.kind) {
        case "created":
          position.refusals = 0;
          if (startRevision === undefined) {
            position.nextRevision = BigInt(message.revision);
            yield { kind: "resync" };
          } else if (isElsewhere(message, position, startRevision)) {
            // Without a revision, then: the one asked for may be long in coming.
            position.nextRevision = undefined;
            return;
          }
          position.clusterId = message.clusterId;
          break;
        case "progress":
          moveTo(position, BigInt(message.revision) + 1n);
          break;
        case "put":
          moveTo(position, BigInt(message.current.modRevision) + 1n);
          yield { kind: "changed", current: readable(operation.key, message.current) };
          break;
        case "delete":
          moveTo(position, BigInt(message.modRevision) + 1n);
          yield { kind: "deleted", fencingToken: BigInt(message.modRevision) };
          break;
        case "canceled":
          position.nextRevision = undefined;
          throw canceled(message.reason);
      }
    }
    // A server that ends streams at once, again and again, must not make this a hot loop.
    if (clock.now() - startedAtMs < WORKED_MS) position.failures += 1;
  } finally {
    if (clock.now() - startedAtMs >= WORKED_MS) position.failures = 0;
    stream.destroy();
  }
}

/** Whether the stream comes from a store that was restored from a backup, or from a member that is behind. */
function isElsewhere(
  { revision, clusterId }: EtcdWatchMessage & { kind: "created" },
  position: Position,
  startRevision: bigint,
): boolean {
  if (position.clusterId !== undefined && position.clusterId !== clusterId) return true;
  return BigInt(revision) < startRevision - 1n;
}

/** Never back: a watch may repeat what it told. */
function moveTo(position: Position, nextRevision: bigint): void {
  if (position.nextRevision === undefined || nextRevision > position.nextRevision) {
    position.nextRevision = nextRevision;
  }
}

/** The record that was put; `undefined` when it is none, and the reader has to see for itself. */
function readable(key: string, stored: EtcdKeyValue): VersionedRecord | undefined {
  try {
    return decodeRecord(key, stored);
  } catch (error) {
    if (error instanceof UnreadableRecord) return undefined;
    throw error;
  }
}

/** Compaction, a lost token or permission, a server that goes down: the text is all that says which. */
function canceled(reason: string): EtcdFailure {
  const code = reason.includes("permission denied") ? GrpcCode.permissionDenied : GrpcCode.cancelled;
  return new EtcdFailure(
    { kind: "status", code, details: reason || "the watch was canceled" },
    { sent: true },
  );
}

function isClosed(error: unknown): boolean {
  return error instanceof EtcdFailure && error.failure.kind === "closed";
}
