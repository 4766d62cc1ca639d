import type {
  EtcdKeyValue,
  EtcdTxnAnswer,
  EtcdTxnRequest,
  EtcdWatchMessage,
  EtcdWatchRequest,
} from "./etcd-kv.ts";

/** An answer that is not what its proto file says. */
export class UnreadableAnswer extends Error {}

// Messages as etcd3's proto loader has them: int64 and enums as strings, bytes as Buffers, defaults filled in. It writes
// strings as int64 digit for digit, too.

const DECIMAL = /^\d+$/;

/** A linearizable read of one key. */
export function rangeRequest(key: string): object {
  return { key: Buffer.from(key) };
}

/** Put if the revisions are these, else read the key: what stands there comes back in the same round trip. */
export function txnRequest({ key, compare, value }: EtcdTxnRequest): object {
  const bytes = Buffer.from(key);
  const { createRevision, modRevision } = compare;
  return {
    compare: [
      { key: bytes, result: "Equal", target: "Create", create_revision: createRevision },
      ...(modRevision === undefined
        ? []
        : [{ key: bytes, result: "Equal", target: "Mod", mod_revision: modRevision }]),
    ],
    success: [{ request_put: { key: bytes, value: Buffer.from(value) } }],
    failure: [{ request_range: rangeRequest(key) }],
  };
}

/** A watch on one key. Progress notifications move the revision to resume from while nothing changes. */
export function watchRequest({ key, startRevision }: EtcdWatchRequest): object {
  return {
    create_request: {
      key: Buffer.from(key),
      progress_notify: true,
      ...(startRevision !== undefined && { start_revision: startRevision }),
    },
  };
}

/** @throws {@link UnreadableAnswer} */
export function readRange(answer: unknown): EtcdKeyValue | undefined {
  const [first] = listIn(answer, "kvs");
  return first === undefined ? undefined : keyValue(first);
}

/** @throws {@link UnreadableAnswer} */
export function readTxn(answer: unknown): EtcdTxnAnswer {
  const [response] = listIn(answer, "responses");
  switch (fieldIn(answer, "succeeded")) {
    case true:
      return { succeeded: true, revision: decimalIn(fieldIn(answer, "header"), "revision") };
    case false:
      return { succeeded: false, current: readRange(fieldIn(response, "response_range")) };
    default:
      throw new UnreadableAnswer("it says neither that it succeeded nor that it did not");
  }
}

/** The messages in one response of a watch, in order. @throws {@link UnreadableAnswer} */
export function readWatch(response: unknown): EtcdWatchMessage[] {
  const header = fieldIn(response, "header");
  const revision = decimalIn(header, "revision");
  if (fieldIn(response, "canceled") === true) {
    const compacted = fieldIn(response, "compact_revision");
    const reason = fieldIn(response, "cancel_reason");
    const text = typeof reason === "string" ? reason : "";
    return [{ kind: "canceled", reason: compacted === "0" ? text : text || `compacted at ${compacted}` }];
  }
  if (fieldIn(response, "created") === true) {
    return [{ kind: "created", revision, clusterId: decimalIn(header, "cluster_id") }];
  }
  const events = listIn(response, "events");
  if (events.length === 0) return [{ kind: "progress", revision }];
  return events.map((event) => {
    const current = keyValue(fieldIn(event, "kv"));
    return fieldIn(event, "type") === "Delete"
      ? { kind: "delete", modRevision: current.modRevision }
      : { kind: "put", current };
  });
}

function keyValue(message: unknown): EtcdKeyValue {
  const value = fieldIn(message, "value");
  if (!(value instanceof Uint8Array)) throw new UnreadableAnswer("a key has no value");
  return {
    value,
    createRevision: decimalIn(message, "create_revision"),
    modRevision: decimalIn(message, "mod_revision"),
  };
}

function decimalIn(message: unknown, name: string): string {
  const value = fieldIn(message, name);
  if (typeof value !== "string" || !DECIMAL.test(value)) throw new UnreadableAnswer(`it has no ${name}`);
  return value;
}

function listIn(message: unknown, name: string): readonly unknown[] {
  const value = fieldIn(message, name);
  if (!Array.isArray(value)) throw new UnreadableAnswer(`it has no ${name}`);
  return value;
}

function fieldIn(message: unknown, name: string): unknown {
  return typeof message === "object" && message !== null
    ? (message as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
