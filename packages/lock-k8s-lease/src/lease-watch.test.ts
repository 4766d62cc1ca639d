import type { ServerResponse } from "node:http";
import type { LockEvent, VersionedRecord } from "@tenure/core";
import { FakeClock } from "@tenure/core/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LeaseClient } from "./lease-client.ts";
import type { LeaseLock } from "./lease-lock.ts";
import {
  cut,
  json,
  kubeConfig,
  lease,
  RECORD,
  type Reply,
  StubApi,
  silence,
  status,
  stream,
} from "./stub-api.fixture.ts";

const FORBIDDEN = {
  reason: "Forbidden",
  message:
    'leases.coordination.k8s.io "app" is forbidden: User "u" cannot watch resource "leases" in API group "coordination.k8s.io" in the namespace "team"',
};

let stub: StubApi;
let clock: FakeClock;
let client: LeaseClient;
let lock: LeaseLock;
let ending: AbortController;

beforeEach(async () => {
  stub = await StubApi.start();
  clock = new FakeClock();
  // Half of every spread, so that waits are known numbers.
  client = new LeaseClient({ kubeConfig: kubeConfig(stub.url), clock, random: () => 0.5 });
  lock = client.lock({ name: "app", namespace: "team" });
  ending = new AbortController();
});

afterEach(async () => {
  ending.abort();
  await client.close();
  await stub[Symbol.asyncDispose]();
});

function watch(from?: VersionedRecord): AsyncIterator<LockEvent> {
  return lock.watch({ signal: ending.signal, from })[Symbol.asyncIterator]();
}

/** Reads all that comes, from version 100 on. */
async function readAll(): Promise<void> {
  for await (const _ of lock.watch({ signal: ending.signal, from: known("100") }));
}

/** The version known so far, as `get` would have given it. */
function known(resourceVersion: string): VersionedRecord {
  return {
    record: RECORD,
    version: resourceVersion,
    incarnation: "uid-1",
    fencingToken: 1n,
    raw: lease(resourceVersion),
  };
}

/** A watch that the test goes on writing to. */
function held(...lines: unknown[]): { readonly reply: Reply; readonly response: Promise<ServerResponse> } {
  let resolve = (_: ServerResponse): void => {};
  const response = new Promise<ServerResponse>((taken) => (resolve = taken));
  const begin = stream(...lines);
  return {
    response,
    reply: (answer, request) => {
      begin(answer, request);
      resolve(answer);
    },
  };
}

/** Lets fake time pass until the stub has seen so many requests. */
async function requestAfter(count: number, stepMs: number): Promise<number> {
  let waitedMs = 0;
  while (stub.requests.length < count) {
    await clock.advance(stepMs);
    waitedMs += stepMs;
    await new Promise((resolve) => setTimeout(resolve, 1));
    if (waitedMs > 3_600_000) throw new Error(`request ${count} never came`);
  }
  return waitedMs;
}

const added = (resourceVersion: string, spec = {}) => ({
  type: "ADDED",
  object: lease(resourceVersion, spec),
});
const modified = (resourceVersion: string, spec = {}) => ({
  type: "MODIFIED",
  object: lease(resourceVersion, spec),
});
const bookmark = (resourceVersion: string) => ({
  type: "BOOKMARK",
  object: { kind: "Lease", metadata: { resourceVersion } },
});
const gone = { type: "ERROR", object: { kind: "Status", code: 410, reason: "Expired" } };

describe("a watch", () => {
  it("selects one Lease by name, asks for bookmarks, and begins with resync and the current state", async () => {
    stub.reply(stream(added("100")));
    const events = watch();
    expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
    expect(await events.next()).toMatchObject({
      value: {
        kind: "changed",
        current: { record: RECORD, version: "100", fencingToken: 100n, incarnation: "uid-1" },
      },
    });
    expect(stub.requests[0]).toMatchObject({
      method: "GET",
      path: "/apis/coordination.k8s.io/v1/namespaces/team/leases",
    });
    expect(Object.fromEntries(stub.requests[0]?.query ?? [])).toEqual({
      watch: "1",
      fieldSelector: "metadata.name=app",
      allowWatchBookmarks: "true",
      timeoutSeconds: "450",
    });
  });

  it("goes on from a known version without resync", async () => {
    stub.reply(stream(modified("101")));
    const events = watch(known("100"));
    expect(await events.next()).toMatchObject({ value: { kind: "changed", current: { version: "101" } } });
    expect(stub.requests[0]?.query.get("resourceVersion")).toBe("100");
  });

  it("tells a deletion with the store's order of it", async () => {
    stub.reply(stream({ type: "DELETED", object: lease("107") }));
    expect(await watch(known("100")).next()).toEqual({
      done: false,
      value: { kind: "deleted", fencingToken: 107n },
    });
  });

  it("gives an object that can be written back", async () => {
    stub.reply(stream(modified("101")), json(200, lease("102")));
    const { value } = await watch(known("100")).next();
    const current = value?.kind === "changed" ? value.current : undefined;
    if (current === undefined) throw new Error("no current state");
    expect((await lock.update(RECORD, current, { timeoutMs: 5_000 })).version).toBe("102");
    expect(JSON.parse(stub.requests[1]?.body ?? "").metadata.resourceVersion).toBe("101");
  });

  it("reads lines wherever the chunks end", async () => {
    const text = Buffer.from(`${JSON.stringify(modified("101", { holderIdentity: "pöd-😀" }))}\n`);
    const open = held();
    stub.reply(open.reply);
    const next = watch(known("100")).next();
    const response = await open.response;
    for (const byte of text) {
      response.write(Buffer.of(byte));
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await next).toMatchObject({ value: { current: { record: { holderIdentity: "pöd-😀" } } } });
  });

  it("says that something changed where it cannot be read, and goes on", async () => {
    stub.reply(stream({ type: "MODIFIED", object: { ...lease("101"), kind: "Other" } }, modified("102")));
    const events = watch(known("100"));
    expect(await events.next()).toEqual({ done: false, value: { kind: "changed", current: undefined } });
    expect(await events.next()).toMatchObject({ value: { current: { version: "102" } } });
  });

  it("does not listen to another Lease, from a server that does not select", async () => {
    stub.reply(stream({ type: "MODIFIED", object: lease("101", {}, { name: "other" }) }, modified("102")));
    expect(await watch(known("100")).next()).toMatchObject({ value: { current: { version: "102" } } });
  });
});

describe("a stream that ends", () => {
  it("cleanly is armed again at once from the last bookmark, without resync", async () => {
    const first = held(modified("101"), bookmark("150"));
    stub.reply(first.reply, stream(modified("151")));
    const events = watch(known("100"));
    await events.next();
    const next = events.next();
    await clock.advance(20_000);
    (await first.response).end();
    expect(await requestAfter(2, 10)).toBeLessThanOrEqual(60);
    expect(stub.requests[1]?.query.get("resourceVersion")).toBe("150");
    expect(await next).toMatchObject({ value: { kind: "changed", current: { version: "151" } } });
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["is cut", (response) => response.destroy()],
    ["is cut within a line", (response) => response.write('{"type":', () => response.destroy())],
    ["turns into a page", (response) => response.end("<html>\n")],
    [
      "brings an error",
      (response) => response.end('{"type":"ERROR","object":{"kind":"Status","code":500}}\n'),
    ],
    [
      "brings an event without version",
      (response) => response.end('{"type":"MODIFIED","object":{"metadata":{"name":"app"}}}\n'),
    ],
  ])("because it %s is armed again from the kept version, without resync", async (_, end) => {
    const first = held(modified("101"));
    stub.reply(first.reply, stream(modified("102")));
    const events = watch(known("100"));
    await events.next();
    const next = events.next();
    end(await first.response);
    expect(await requestAfter(2, 10)).toBeLessThan(300);
    expect(stub.requests[1]?.query.get("resourceVersion")).toBe("101");
    expect(await next).toMatchObject({ value: { kind: "changed", current: { version: "102" } } });
  });

  it.each([
    ["the answer", status(410, { reason: "Expired" })],
    ["the stream", stream(gone)],
  ])("because its version is gone, as %s says, forgets it and says resync", async (_, reply) => {
    stub.reply(reply, stream(added("500")));
    const events = watch(known("100"));
    const next = events.next();
    await requestAfter(2, 10);
    expect(stub.requests[1]?.query.has("resourceVersion")).toBe(false);
    expect(await next).toEqual({ done: false, value: { kind: "resync" } });
    expect(await events.next()).toMatchObject({ value: { current: { version: "500" } } });
  });

  it("without a version yet says resync again", async () => {
    stub.reply(stream(), stream());
    const events = watch();
    expect(await events.next()).toEqual({ done: false, value: { kind: "resync" } });
    const next = events.next();
    for (const socket of stub.sockets) socket.destroy();
    await requestAfter(2, 10);
    expect(await next).toEqual({ done: false, value: { kind: "resync" } });
  });

  it("again and again is asked for less and less often, up to every 30 s, and then without its version", async () => {
    stub.reply(...Array.from({ length: 12 }, () => cut), stream(added("500")));
    const next = watch(known("100")).next();
    await stub.request(1);
    const waits: number[] = [];
    for (let count = 2; count <= 12; count += 1) waits.push(await requestAfter(count, count < 6 ? 25 : 250));
    expect(waits.slice(0, 4).map((ms) => Math.round(ms / 100) * 100)).toEqual([200, 400, 800, 1500]);
    for (const wait of waits.slice(8)) expect(wait).toBeLessThan(23_000);
    expect(stub.requests.map(({ query }) => query.get("resourceVersion")).slice(0, 5)).toEqual([
      "100",
      "100",
      "100",
      null,
      null,
    ]);
    await requestAfter(13, 100);
    expect(await next).toEqual({ done: false, value: { kind: "resync" } });
  });

  it("after every line is asked for less and less often, too", async () => {
    const oneBookmark: Reply = (response, request) => {
      stream(bookmark("101"))(response, request);
      setImmediate(() => response.destroy());
    };
    stub.reply(...Array.from({ length: 6 }, () => oneBookmark), stream(added("500")));
    void readAll();
    await stub.request(1);
    await requestAfter(5, 25);
    expect(await requestAfter(6, 25)).toBeGreaterThan(1_000);
  });

  it("at once, though cleanly, is no hot loop", async () => {
    const ended: Reply = (response) => response.writeHead(200).end();
    stub.reply(ended, ended, ended, ended, stream(added("500")));
    void readAll();
    await stub.request(1);
    await requestAfter(4, 25);
    expect(await requestAfter(5, 25)).toBeGreaterThan(1_000);
  });

  it("waits as long as the server asks", async () => {
    stub.reply(status(429, {}, { "retry-after": "20" }), stream());
    void watch(known("100")).next();
    await stub.request(1);
    expect(await requestAfter(2, 100)).toBeGreaterThanOrEqual(20_000);
  });

  it("is dropped when it has been silent for longer than bookmarks take", async () => {
    stub.reply(stream(modified("101")), stream(modified("102")));
    const events = watch(known("100"));
    await events.next();
    const next = events.next();
    const waited = await requestAfter(2, 1_000);
    expect(waited).toBeGreaterThan(90_000);
    expect(waited).toBeLessThan(125_000);
    expect(await next).toMatchObject({ value: { current: { version: "102" } } });
    expect(stub.requests[1]?.socket).not.toBe(stub.requests[0]?.socket);
  });

  it("before it stood is given up after its start timeout", async () => {
    stub.reply(silence, stream(modified("101")));
    const next = watch(known("100")).next();
    await stub.request(1);
    expect(await requestAfter(2, 500)).toBeLessThan(17_000);
    expect(await next).toMatchObject({ value: { current: { version: "101" } } });
  });
});

describe("a watch that may not be", () => {
  it("throws ERR_LOCK_FORBIDDEN with the Role", async () => {
    stub.reply(status(403, FORBIDDEN));
    await expect(watch().next()).rejects.toMatchObject({
      code: "ERR_LOCK_FORBIDDEN",
      message: expect.stringContaining('verbs: ["get", "update", "watch"]'),
    });
  });

  it("loads credentials anew once after a 401, and then waits", async () => {
    stub.reply(status(401), status(401), stream(modified("101")));
    const next = watch(known("100")).next();
    await stub.request(2);
    await requestAfter(3, 25);
    expect(await next).toMatchObject({ value: { current: { version: "101" } } });
  });
});

describe("the end of a watch", () => {
  it("comes with its signal at once, and frees the socket", async () => {
    stub.reply(stream());
    const events = watch(known("100"));
    const next = events.next();
    await stub.request(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    while (stub.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
    expect(clock.pendingTimers).toBe(0);
  });

  it("comes with its signal before what was still to be read", async () => {
    stub.reply(stream(added("101"), modified("102"), modified("103")));
    const events = watch(known("100"));
    await events.next();
    ending.abort();
    expect(await events.next()).toEqual({ done: true, value: undefined });
  });

  it("comes with its signal while it waits for another try", async () => {
    stub.reply(cut);
    const next = watch(known("100")).next();
    await stub.request(1);
    await new Promise((resolve) => setTimeout(resolve, 5));
    ending.abort();
    expect(await next).toEqual({ done: true, value: undefined });
    expect(clock.pendingTimers).toBe(0);
  });

  it("is immediate where the signal is aborted already", async () => {
    ending.abort();
    expect(await watch().next()).toEqual({ done: true, value: undefined });
    expect(stub.connections).toBe(0);
  });

  it("comes with the reader who leaves", async () => {
    stub.reply(stream(modified("101")));
    for await (const _ of lock.watch({ signal: ending.signal, from: known("100") })) break;
    while (stub.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });

  it.each(["lock", "client"] as const)("is ERR_LOCK_CLOSED when its %s is closed", async (which) => {
    stub.reply(stream());
    const next = watch(known("100")).next();
    await stub.request(1);
    await (which === "lock" ? lock : client).close();
    await expect(next).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
    while (stub.sockets.size > 0) await new Promise((resolve) => setImmediate(resolve));
  });
});

it("does not starve calls, however many watches there are", async () => {
  stub.reply(...Array.from({ length: 100 }, () => stream()), json(200, lease()));
  for (let i = 0; i < 100; i += 1) void watch(known("100")).next();
  await stub.request(100);
  expect((await lock.get({ timeoutMs: 5_000 }))?.version).toBe("100");
});
