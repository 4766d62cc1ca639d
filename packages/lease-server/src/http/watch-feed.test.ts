import { describe, expect, it } from "vitest";
import { keyOfLease, lease, put, remove } from "../store/leases.fixture.ts";
import { ObjectStore } from "../store/object-store.ts";
import type { StoredObject } from "../store/stored-object.ts";
import { listOptions } from "./list-options.ts";
import { type WatchEvent, WatchFeed } from "./watch-feed.ts";

function newStore(historyLimit = 1_000): ObjectStore {
  return new ObjectStore({ firstRevision: 100n, historyLimit });
}

function feedOf(
  store: ObjectStore,
  query: string,
  { namespace = "default", shape = "object" } = {},
): WatchFeed {
  return new WatchFeed(store, {
    kind: "Lease",
    namespace,
    options: listOptions(new URLSearchParams(`watch=1&${query}`)),
    shape: {
      shape: shape === "table" ? { kind: "table", version: "v1" } : { kind: "object" },
      includeObject: "",
      now: () => Date.parse("2026-11-25T10:00:30Z"),
    },
  });
}

/** Everything that is there to be sent: type, name and version, and the labels of what has some. */
function taken(feed: WatchFeed): string[] {
  const lines: string[] = [];
  for (let event = feed.next(); event !== undefined; event = feed.next()) lines.push(line(event));
  return lines;
}

function line({ type, object }: WatchEvent): string {
  const { metadata, code } = object as StoredObject & { readonly code?: number };
  if (code !== undefined) return `${type} ${code}`;
  const labels = Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  return [type, metadata.name, metadata.resourceVersion, ...labels]
    .filter((word) => word !== undefined)
    .join(" ");
}

describe("WatchFeed", () => {
  it("begins with what there is, in order, and goes on with every change", async () => {
    const store = newStore();
    await store.write(() => put(lease("b")));
    await store.write(() => put(lease("a")));
    const feed = feedOf(store, "");
    expect(taken(feed)).toEqual(["ADDED a 102", "ADDED b 101"]);
    await store.write(() => put(lease("a", "new")));
    await store.write(() => remove("b"));
    expect(taken(feed)).toEqual(["MODIFIED a 103", "DELETED b 104"]);
    expect(taken(feed)).toEqual([]);
  });

  it("begins after a version that is given, without what there is", async () => {
    const store = newStore();
    await store.write(() => put(lease("a")));
    await store.write(() => put(lease("b")));
    expect(taken(feedOf(store, "resourceVersion=101"))).toEqual(["ADDED b 102"]);
    expect(taken(feedOf(store, "resourceVersion=102"))).toEqual([]);
  });

  it("leaves out nothing and repeats nothing that changes while the first state is being read", async () => {
    const store = newStore();
    for (const name of ["a", "b", "c"]) await store.write(() => put(lease(name)));
    const feed = feedOf(store, "");
    expect(line(feed.next() as WatchEvent)).toBe("ADDED a 101");
    await store.write(() => put(lease("b", "new")));
    await store.write(() => put(lease("d")));
    expect(taken(feed)).toEqual(["ADDED b 102", "ADDED c 103", "MODIFIED b 104", "ADDED d 105"]);
  });

  it("tells of an object that enters or leaves its selector as added or deleted", async () => {
    const store = newStore();
    const feed = feedOf(store, "labelSelector=app%3Ddemo");
    await store.write(() => put(lease("x")));
    await store.write(() => put(lease("x", "a", { labels: { app: "demo" } })));
    await store.write(() => put(lease("x", "b", { labels: { app: "demo" } })));
    await store.write(() => put(lease("x", "b", { labels: { app: "other" } })));
    await store.write(() => remove("x"));
    expect(taken(feed)).toEqual([
      "ADDED x 102 app=demo",
      "MODIFIED x 103 app=demo",
      "DELETED x 104 app=demo", // its last state that was selected, at the version in which it no longer was
    ]);
  });

  it("keeps to its namespace and its name", async () => {
    const store = newStore();
    const feed = feedOf(store, "fieldSelector=metadata.name%3Dmine");
    await store.write(() => put(lease("mine")));
    await store.write(() => put(lease("other")));
    await store.write(() => put(lease("mine", "a", { namespace: "elsewhere" })));
    expect(taken(feed)).toEqual(["ADDED mine 101"]);
  });

  it("says where the first state ends, when it is asked to, also of an empty one", async () => {
    const store = newStore();
    const query = "sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
    const ofNothing = feedOf(store, query);
    expect(ofNothing.next()).toMatchObject({
      type: "BOOKMARK",
      object: { metadata: { resourceVersion: "100", annotations: { "k8s.io/initial-events-end": "true" } } },
    });
    await store.write(() => put(lease("a")));
    expect(taken(ofNothing)).toEqual(["ADDED a 101"]);
    expect(taken(feedOf(store, query))).toEqual(["ADDED a 101", "BOOKMARK 101"]);
  });

  it("marks its place with the newest version that it has looked at, and not while it is behind", async () => {
    const store = newStore();
    const feed = feedOf(store, "allowWatchBookmarks=true&fieldSelector=metadata.name%3Dmine");
    await store.write(() => put(lease("other")));
    expect(feed.bookmark()).toBeUndefined();
    expect(taken(feed)).toEqual([]);
    expect(line(feed.bookmark() as WatchEvent)).toBe("BOOKMARK 101");
  });

  it("ends with 410 when what comes next is forgotten, at its beginning or later", async () => {
    const store = newStore(2);
    for (const name of ["a", "b", "c"]) await store.write(() => put(lease(name)));
    const tooLate = feedOf(store, "resourceVersion=100");
    expect(taken(tooLate)).toEqual(["ERROR 410"]);
    expect([tooLate.ended, tooLate.bookmark()]).toEqual([true, undefined]);

    const slow = feedOf(store, "");
    expect(line(slow.next() as WatchEvent)).toBe("ADDED a 101");
    for (const holder of ["x", "y", "z"]) await store.write(() => put(lease("a", holder)));
    expect(taken(slow)).toEqual(["ADDED b 102", "ADDED c 103", "ERROR 410"]);
    expect(slow.ended).toBe(true);
  });

  it("skips what is not newer than a version that was not given yet", async () => {
    const store = newStore();
    const feed = feedOf(store, "resourceVersion=102");
    for (const name of ["a", "b", "c"]) await store.write(() => put(lease(name)));
    expect(taken(feed)).toEqual(["ADDED c 103"]);
  });

  it("sends the columns of a table once, and ages as they are", async () => {
    const store = newStore();
    await store.write(() => put(lease("a", "pod-1")));
    await store.write(() => put(lease("b", "pod-2")));
    const feed = feedOf(store, "", { shape: "table" });
    const [first, second] = [feed.next(), feed.next()].map((event) => event?.object);
    expect(first).toMatchObject({
      kind: "Table",
      columnDefinitions: [{ name: "Name" }, { name: "Holder" }, { name: "Age" }],
      rows: [{ cells: ["a", "pod-1", "30s"], object: { kind: "PartialObjectMetadata" } }],
    });
    expect(second).toMatchObject({ columnDefinitions: null, rows: [{ cells: ["b", "pod-2", "30s"] }] });
  });

  it("does not change what is stored", async () => {
    const store = newStore();
    const stored = await store.write(() => put(lease("x", "a", { labels: { app: "demo" } })));
    const feed = feedOf(store, "labelSelector=app");
    taken(feed);
    await store.write(() => remove("x"));
    expect(taken(feed)).toEqual(["DELETED x 102 app=demo"]);
    expect(stored.metadata.resourceVersion).toBe("101");
    expect(store.get(keyOfLease("x"))).toBeUndefined();
  });
});
