import { ApiError } from "../api-error.ts";
import type { ObjectStore } from "../store/object-store.ts";
import type { StoredObject, StoreEvent } from "../store/stored-object.ts";
import { type ListOptions, parseRevision } from "./list-options.ts";
import { type ShapeRequest, shapedObject } from "./shapes.ts";

/** What is watched. */
export interface WatchRequest {
  readonly kind: StoredObject["kind"];
  /** `undefined`: all of them. */
  readonly namespace: string | undefined;
  readonly options: ListOptions;
  readonly shape: ShapeRequest;
  /** What goes out for an object. */
  readonly present?: ((object: StoredObject) => StoredObject) | undefined;
}

/** One line of a watch. */
export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK" | "ERROR";
  readonly object: object;
}

/**
 * The events of one watch, one at a time, as fast as its reader takes them. It keeps its place and not the events: whoever is so
 * slow that the store has forgotten what comes next is told 410, and begins anew.
 */
export class WatchFeed {
  readonly #store: ObjectStore;
  readonly #request: WatchRequest;
  readonly #from: bigint;
  /** What there was at the beginning and is not sent yet; `undefined` when all of it is. */
  #initial: Iterator<StoredObject> | undefined;
  /** Changes that come next, as far as they were asked for. */
  #next: readonly StoreEvent[] = [];
  #at = 0;
  /** Of the newest change that was sent or left out. */
  #revision: bigint;
  #sentColumns = false;
  #ended = false;

  /** @throws `ApiError` when the version is none. */
  constructor(store: ObjectStore, request: WatchRequest) {
    const { resourceVersion, sendInitialEvents } = request.options;
    this.#store = store;
    this.#request = request;
    this.#from = resourceVersion === "" ? 0n : parseRevision(resourceVersion);
    const wantsState = sendInitialEvents ?? this.#from === 0n;
    this.#revision = wantsState || this.#from === 0n ? store.revision : this.#from;
    if (wantsState) this.#initial = store.list(request.kind, request.namespace).values();
  }

  /** Whether an error was the last that comes. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The next event; `undefined` when there is none yet. */
  next(): WatchEvent | undefined {
    return this.#nextInitial() ?? this.#nextChange();
  }

  /** Says how far this watch has come; `undefined` when it is not where the store is. */
  bookmark(): WatchEvent | undefined {
    const isBehind = this.#initial !== undefined || this.#revision < this.#store.revision;
    return this.#ended || isBehind ? undefined : this.#bookmark();
  }

  #nextInitial(): WatchEvent | undefined {
    while (this.#initial !== undefined) {
      const { done, value } = this.#initial.next();
      if (!done) {
        if (this.#request.options.selects(value)) return this.#event("ADDED", value);
        continue;
      }
      this.#initial = undefined;
      const { sendInitialEvents, allowWatchBookmarks } = this.#request.options;
      if (sendInitialEvents && allowWatchBookmarks) {
        return this.#bookmark({ "k8s.io/initial-events-end": "true" });
      }
    }
    return undefined;
  }

  #nextChange(): WatchEvent | undefined {
    while (!this.#ended) {
      const change = this.#next[this.#at++];
      if (change !== undefined) {
        this.#revision = change.revision;
        const event = this.#eventOf(change);
        if (event !== undefined) return event;
        continue;
      }
      const more = this.#store.eventsAfter(this.#revision);
      if (more === undefined) return this.#tooOld();
      this.#next = more;
      this.#at = 0;
      if (more.length === 0) return undefined;
    }
    return undefined;
  }

  #eventOf({ type, revision, object, previous }: StoreEvent): WatchEvent | undefined {
    const { kind, namespace, options } = this.#request;
    if (object.kind !== kind) return undefined;
    if (namespace !== undefined && object.metadata.namespace !== namespace) return undefined;
    const is = type !== "DELETED" && options.selects(object);
    const was = previous !== undefined && options.selects(previous);
    if (is) return this.#event(was ? "MODIFIED" : "ADDED", object);
    // One that is no more, or no longer selected, goes with its last selected state, at the version of its end.
    return was ? this.#event("DELETED", withVersion(previous, revision)) : undefined;
  }

  #tooOld(): WatchEvent {
    this.#ended = true;
    const message = `too old resource version: ${this.#revision} (${this.#store.compactedRevision})`;
    return { type: "ERROR", object: new ApiError(410, "Expired", message).toStatus() };
  }

  #bookmark(annotations?: Readonly<Record<string, string>>): WatchEvent {
    const { kind } = this.#request;
    const metadata = {
      resourceVersion: String(this.#revision),
      ...(annotations === undefined ? {} : { annotations }),
    };
    const object =
      kind === "Lease"
        ? { kind, apiVersion: "coordination.k8s.io/v1", metadata, spec: {} }
        : { kind, apiVersion: "v1", metadata, spec: {}, status: {} };
    return this.#event("BOOKMARK", object as StoredObject); // but for the name: it is of no object
  }

  #event(type: WatchEvent["type"], object: StoredObject): WatchEvent {
    const { shape, present } = this.#request;
    const presented = type === "BOOKMARK" || present === undefined ? object : present(object);
    const event = { type, object: shapedObject(presented, shape, !this.#sentColumns) };
    this.#sentColumns = true;
    return event;
  }
}

function withVersion(object: StoredObject, revision: bigint): StoredObject {
  return { ...object, metadata: { ...object.metadata, resourceVersion: String(revision) } };
}
