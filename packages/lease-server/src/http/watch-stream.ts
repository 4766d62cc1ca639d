import { randomInt } from "node:crypto";
import type { ServerResponse } from "node:http";
import type { ObjectStore } from "../store/object-store.ts";
import type { Answer } from "./answer.ts";
import { type WatchEvent, WatchFeed, type WatchRequest } from "./watch-feed.ts";

const BOOKMARK_MS = 60_000;
/** As the real server: a watch without `timeoutSeconds` ends after 30 to 60 minutes. */
const LEAST_TIMEOUT_S = 1_800;
/** What a timer can wait. */
const LONGEST_TIMEOUT_MS = 2 ** 31 - 1;

/** Events as lines of JSON, until the time is over, the reader has gone or `signal` aborts. @throws `ApiError` 500 */
export function watchObjects(
  store: ObjectStore,
  request: WatchRequest & { readonly signal: AbortSignal },
): Answer {
  const feed = new WatchFeed(store, request);
  return { kind: "stream", run: (response) => new WatchStream(store, request, feed, response).run() };
}

class WatchStream {
  readonly #store: ObjectStore;
  readonly #request: WatchRequest & { readonly signal: AbortSignal };
  readonly #feed: WatchFeed;
  readonly #response: ServerResponse;
  /** Undoes what was begun. */
  readonly #cleanUp: (() => void)[] = [];

  constructor(
    store: ObjectStore,
    request: WatchRequest & { readonly signal: AbortSignal },
    feed: WatchFeed,
    response: ServerResponse,
  ) {
    this.#store = store;
    this.#request = request;
    this.#feed = feed;
    this.#response = response;
  }

  /** Resolves when it has ended, for whatever reason. */
  run(): Promise<void> {
    const { signal } = this.#request;
    const response = this.#response;
    response.writeHead(200, {
      "Cache-Control": "no-cache, private",
      "Content-Type": "application/json",
      "Transfer-Encoding": "chunked",
    });
    response.flushHeaders();
    return new Promise((resolve) => {
      const end = (): void => {
        for (const undo of this.#cleanUp.splice(0)) undo();
        response.end();
        resolve();
      };
      const pump = (): void => this.#pump(end);
      signal.addEventListener("abort", end, { once: true });
      response.once("close", end);
      response.on("drain", pump);
      const unsubscribe = this.#store.subscribe(pump);
      this.#cleanUp.push(unsubscribe, () => {
        signal.removeEventListener("abort", end);
        response.off("close", end);
        response.off("drain", pump);
      });
      this.#startTimers(end);
      if (signal.aborted || response.destroyed) end();
      else pump();
    });
  }

  /** Writes what there is, as much as the reader takes. */
  #pump(end: () => void): void {
    while (this.#isTaking()) {
      const event = this.#feed.next();
      if (event === undefined) return;
      this.#write(event);
      if (this.#feed.ended) end();
    }
  }

  #startTimers(end: () => void): void {
    const { timeoutSeconds = 0, allowWatchBookmarks } = this.#request.options;
    const seconds = timeoutSeconds === 0 ? randomInt(LEAST_TIMEOUT_S, 2 * LEAST_TIMEOUT_S) : timeoutSeconds;
    const timeout = setTimeout(
      () => {
        if (allowWatchBookmarks) this.#bookmark();
        end();
      },
      Math.min(seconds * 1000, LONGEST_TIMEOUT_MS),
    );
    this.#cleanUp.push(() => clearTimeout(timeout));
    if (!allowWatchBookmarks) return;
    const bookmarks = setInterval(() => this.#bookmark(), BOOKMARK_MS);
    this.#cleanUp.push(() => clearInterval(bookmarks));
  }

  /** A reader that has not taken what was sent last needs no bookmark. */
  #bookmark(): void {
    const event = this.#isTaking() ? this.#feed.bookmark() : undefined;
    if (event !== undefined) this.#write(event);
  }

  #isTaking(): boolean {
    const { destroyed, writableEnded, writableNeedDrain } = this.#response;
    return !destroyed && !writableEnded && !writableNeedDrain;
  }

  #write(event: WatchEvent): void {
    this.#response.write(`${JSON.stringify(event)}\n`);
  }
}
