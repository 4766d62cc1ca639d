import { randomInt } from "node:crypto";
import type { ServerResponse } from "node:http";
import { ApiError } from "../api-error.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject, StoreEvent } from "../store/stored-object.ts";
import type { Answer } from "./answer.ts";
import { type ListOptions, parseRevision } from "./list-options.ts";
import { type ShapeRequest, shapedObject } from "./shapes.ts";

/** What is watched. */
export interface WatchRequest {
  readonly kind: StoredObject["kind"];
  /** `undefined`: all of them. */
  readonly namespace: string | undefined;
  readonly options: ListOptions;
  readonly shape: ShapeRequest;
  readonly present?: ((object: StoredObject) => StoredObject) | undefined;
  readonly signal: AbortSignal;
}

const BOOKMARK_MS = 60_000;
/** As the real server: a watch without `timeoutSeconds` ends after 30 to 60 minutes. */
const LEAST_TIMEOUT_S = 1_800;
/** A reader that leaves more than this lying is cut off; it will watch again from where it was. */
const MAX_UNREAD_BYTES = 4 * 1024 * 1024;

interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
}

/** Events as lines of JSON, until the time is over or the reader has gone. @throws `ApiError` 400. */
export function watchObjects(store: ObjectStore, request: WatchRequest): Answer {
  const { options } = request;
  const from = options.resourceVersion === "" ? 0n : parseRevision(options.resourceVersion);
  return { kind: "stream", run: (response) => new WatchStream(store, request, from, response).run() };
}

class WatchStream {
  readonly #store: ObjectStore;
  readonly #request: WatchRequest;
  readonly #from: bigint;
  readonly #response: ServerResponse;
  /** Of the newest event that went out or was left out. */
  #revision = 0n;
  #sentColumns = false;

  constructor(store: ObjectStore, request: WatchRequest, from: bigint, response: ServerResponse) {
    this.#store = store;
    this.#request = request;
    this.#from = from;
    this.#response = response;
  }

  run(): Promise<void> {
    const { signal, options } = this.#request;
    const response = this.#response;
    response.writeHead(200, {
      "Cache-Control": "no-cache, private",
      "Content-Type": "application/json",
      "Transfer-Encoding": "chunked",
    });
    response.flushHeaders();
    return new Promise((resolve) => {
      const timers: NodeJS.Timeout[] = [];
      let unsubscribe = (): void => {};
      const end = (): void => {
        signal.removeEventListener("abort", end);
        response.off("close", end);
        for (const timer of timers) clearTimeout(timer);
        unsubscribe();
        response.end();
        resolve();
      };
      signal.addEventListener("abort", end, { once: true });
      response.once("close", end);
      if (!this.#begin()) {
        end();
        return;
      }
      unsubscribe = this.#store.subscribe((event) => this.#take(event));
      const { timeoutSeconds = randomInt(LEAST_TIMEOUT_S, 2 * LEAST_TIMEOUT_S), allowWatchBookmarks } =
        options;
      timers.push(
        setTimeout(() => {
          if (allowWatchBookmarks) this.#bookmark();
          end();
        }, timeoutSeconds * 1000),
      );
      if (allowWatchBookmarks) timers.push(setInterval(() => this.#bookmark(), BOOKMARK_MS));
      if (signal.aborted) end();
    });
  }

  /** Sends what there is already. False when the past that is asked for is forgotten. */
  #begin(): boolean {
    const { kind, namespace, options } = this.#request;
    const { sendInitialEvents } = options;
    const wantsState = sendInitialEvents ?? this.#from === 0n;
    if (wantsState) {
      this.#revision = this.#store.revision;
      for (const object of this.#store.list(kind, namespace)) {
        if (options.selects(object)) this.#send("ADDED", object);
      }
      if (sendInitialEvents && options.allowWatchBookmarks) {
        this.#bookmark({ "k8s.io/initial-events-end": "true" });
      }
      return true;
    }
    this.#revision = this.#from === 0n ? this.#store.revision : this.#from;
    const past = this.#store.eventsAfter(this.#revision);
    if (past === undefined) {
      const error = new ApiError(
        410,
        "Expired",
        `too old resource version: ${this.#from} (${this.#store.compactedRevision})`,
      );
      this.#write({ type: "ERROR", object: error.toStatus() });
      return false;
    }
    for (const event of past) this.#take(event);
    return true;
  }

  #take({ type, revision, object, previous }: StoreEvent): void {
    const { kind, namespace, options } = this.#request;
    if (revision <= this.#revision) return; // a version from the future was asked for
    this.#revision = revision;
    if (object.kind !== kind || (namespace !== undefined && object.metadata.namespace !== namespace)) return;
    const is = type !== "DELETED" && options.selects(object);
    const was = previous !== undefined && options.selects(previous);
    if (is) this.#send(was ? "MODIFIED" : "ADDED", object);
    // One that is no more, or no longer selected, goes with its last selected state, at the version of its end.
    else if (was) this.#send("DELETED", withVersion(previous, revision));
  }

  #send(type: WatchEvent["type"], object: StoredObject): void {
    const { shape, present = (same: StoredObject) => same } = this.#request;
    this.#write({ type, object: shapedObject(present(object), shape, !this.#sentColumns) });
    this.#sentColumns = true;
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): void {
    const { kind, shape } = this.#request;
    const metadata = {
      resourceVersion: String(this.#revision),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object =
      kind === "Lease"
        ? { kind, apiVersion: "coordination.k8s.io/v1", metadata, spec: {} }
        : { kind, apiVersion: "v1", metadata, spec: {}, status: {} };
    if (shape.shape !== "table") {
      this.#write({ type: "BOOKMARK", object });
      return;
    }
    const partial = { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata };
    const table = {
      kind: "Table",
      apiVersion: "meta.k8s.io/v1",
      metadata: { resourceVersion: metadata.resourceVersion },
      columnDefinitions: null,
      rows: [{ cells: ["", "", "<unknown>"], object: partial }],
    };
    this.#write({ type: "BOOKMARK", object: table });
  }

  #write(event: WatchEvent): void {
    if (this.#response.writableLength > MAX_UNREAD_BYTES) this.#response.destroy();
    else this.#response.write(`${JSON.stringify(event)}\n`);
  }
}

function withVersion(object: StoredObject, revision: bigint): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
