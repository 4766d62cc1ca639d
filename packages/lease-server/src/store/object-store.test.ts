import { describe, expect, it } from "vitest";
import { ApiError } from "../api-error.ts";
import type { Journal, JournalEntry } from "../journal/journal.ts";
import { keyOfLease, lease, put, remove } from "./leases.fixture.ts";
import { ObjectStore, type ObjectStoreOptions } from "./object-store.ts";
import type { StoreEvent } from "./stored-object.ts";

function newStore(options: Partial<ObjectStoreOptions> = {}): ObjectStore {
  return new ObjectStore({ firstRevision: 100n, historyLimit: 1_000, ...options });
}

/** A journal whose calls end when the test says so. */
class SlowJournal implements Journal {
  readonly calls: { readonly entries: readonly JournalEntry[]; end(error?: Error): void }[] = [];

  append(entries: readonly JournalEntry[]): Promise<void> {
    return new Promise((resolve, reject) => {
      this.calls.push({ entries, end: (error) => (error === undefined ? resolve() : reject(error)) });
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

function eventsOf(store: ObjectStore): StoreEvent[] {
  const events: StoreEvent[] = [];
  store.subscribe((event) => events.push(event));
  return events;
}

describe("ObjectStore", () => {
  it("gives every change a larger revision, and tells of it in order", async () => {
    const store = newStore();
    const events = eventsOf(store);
    const first = await store.write(() => put(lease("x", "a")));
    const second = await store.write(() => put(lease("x", "b")));
    const last = await store.write(() => remove("x"));
    expect([first, second, last].map(({ metadata }) => metadata.resourceVersion)).toEqual([
      "101",
      "102",
      "103",
    ]);
    expect(events.map(({ type, revision, previous }) => [type, revision, previous])).toEqual([
      ["ADDED", 101n, undefined],
      ["MODIFIED", 102n, first],
      ["DELETED", 103n, second],
    ]);
    expect(store.get(keyOfLease("x"))).toBeUndefined();
    expect(store.revision).toBe(103n);
  });

  it("takes a put of what there is already for no change", async () => {
    const store = newStore();
    const stored = await store.write(() => put(lease("x")));
    const events = eventsOf(store);
    expect(await store.write(() => put(stored))).toEqual(stored);
    expect(store.revision).toBe(101n);
    expect(events).toEqual([]);
  });

  it("has done a write when the call returns, without a journal", () => {
    const store = newStore();
    void store.write(() => put(lease("x")));
    expect(store.get(keyOfLease("x"))).toBeDefined();
  });

  it("changes nothing when a write refuses", async () => {
    const store = newStore();
    const refusal = new ApiError(409, "Conflict", "no");
    await expect(
      store.write(() => {
        throw refusal;
      }),
    ).rejects.toBe(refusal);
    expect(store.revision).toBe(100n);
  });

  it("lists by namespace and name, and the past as it was, until that is forgotten", async () => {
    const store = newStore();
    await store.write(() => put(lease("b")));
    await store.write(() => put(lease("a", "old")));
    await store.write(() => put(lease("a", "x", { namespace: "another" })));
    const names = (of = store.list("Lease")): string[] =>
      of.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    expect(names()).toEqual(["another/a", "default/a", "default/b"]);
    expect(names(store.list("Lease", "default"))).toEqual(["default/a", "default/b"]);

    const before = store.list("Lease");
    const then = store.revision;
    await store.write(() => put(lease("a", "new")));
    await store.write(() => remove("b"));
    await store.write(() => put(lease("c")));
    expect(store.listAt("Lease", undefined, then)).toEqual(before);
    expect(store.listAt("Lease", undefined, store.revision)).toEqual(store.list("Lease"));
    store.compact();
    expect(store.listAt("Lease", undefined, then)).toBeUndefined();
    expect(store.listAt("Lease", undefined, store.revision)).toEqual(store.list("Lease"));
  });

  it("begins with what its journal held, after whatever is larger: the journal's revision or the first one", () => {
    const contents = { revision: 500n, leases: [lease("x")], namespaces: [] };
    expect(newStore({ contents }).revision).toBe(500n);
    expect(newStore({ contents, firstRevision: 900n }).revision).toBe(900n);
    expect(newStore({ contents }).list("Lease")).toEqual(contents.leases);
    expect(newStore({ contents }).eventsAfter(499n)).toBeUndefined();
  });
});

describe("ObjectStore with a journal", () => {
  it("shows a write to nobody before it is durable", async () => {
    const journal = new SlowJournal();
    const store = newStore({ journal });
    const events = eventsOf(store);
    const write = store.write(() => put(lease("x")));
    expect(journal.calls).toHaveLength(1);
    expect([store.get(keyOfLease("x")), store.list("Lease"), store.revision, events]).toEqual([
      undefined,
      [],
      100n,
      [],
    ]);
    journal.calls[0]?.end();
    await write;
    expect(store.get(keyOfLease("x"))).toBeDefined();
    expect(events).toHaveLength(1);
  });

  it("makes the writes that wait durable together, each decided on those before it", async () => {
    const journal = new SlowJournal();
    const store = newStore({ journal });
    const first = store.write(() => put(lease("first")));
    const seen: unknown[] = [];
    const waiting = ["a", "b", "c"].map((holder) =>
      store.write((view) => {
        seen.push([view.get(keyOfLease("x"))?.metadata.resourceVersion, view.list("Lease").length]);
        return put(lease("x", holder));
      }),
    );
    journal.calls[0]?.end();
    await first;
    expect(journal.calls.map(({ entries }) => entries.map(({ revision }) => revision))).toEqual([
      [101n],
      [102n, 103n, 104n],
    ]);
    expect(seen).toEqual([
      [undefined, 1],
      ["102", 2],
      ["103", 2],
    ]);
    journal.calls[1]?.end();
    await Promise.all(waiting);
    expect(store.revision).toBe(104n);
  });

  it("tells of a refusal that rests on a write of the same batch no sooner than of that write", async () => {
    const journal = new SlowJournal();
    const store = newStore({ journal });
    const order: string[] = [];
    const first = store.write(() => put(lease("first")));
    const create = store.write(() => put(lease("x"))).then(() => order.push("created"));
    const refused = store
      .write((view) => {
        if (view.get(keyOfLease("x")) !== undefined) throw new ApiError(409, "AlreadyExists", "it exists");
        return put(lease("x"));
      })
      .catch((error: ApiError) => order.push(error.reason));
    journal.calls[0]?.end();
    await first;
    await Promise.resolve();
    expect(order).toEqual([]);
    journal.calls[1]?.end();
    await Promise.all([create, refused]);
    expect(order).toEqual(["created", "AlreadyExists"]);
  });

  it("refuses every write once the journal has failed, and goes on reading", async () => {
    const journal = new SlowJournal();
    const store = newStore({ journal });
    const kept = store.write(() => put(lease("kept")));
    journal.calls[0]?.end();
    await kept;
    const events = eventsOf(store);
    const lost = store.write(() => put(lease("lost")));
    const behind = store.write(() => put(lease("behind")));
    journal.calls[1]?.end(new Error("no space left on device"));
    const failure = {
      code: 500,
      message: "Internal error occurred: the journal failed: no space left on device",
    };
    for (const write of [lost, behind, store.write(() => remove("kept"))]) {
      await expect(write).rejects.toMatchObject(failure);
    }
    expect(journal.calls).toHaveLength(2);
    expect(store.list("Lease").map(({ metadata }) => metadata.name)).toEqual(["kept"]);
    expect([events, store.revision]).toEqual([[], 101n]);
    // A write that changes nothing, as a dry run, needs no journal.
    expect(await store.write(() => ({ changes: [], answer: () => "answered" }))).toBe("answered");
  });
});
