import { describe, expect, it } from "vitest";
import { ask, hold, LEASES, leaseBody, started, watch } from "../client.fixture.ts";

/** So many bytes that no socket takes a few of them at once. */
const LARGE = { annotations: { large: "x".repeat(250_000) } };

describe("a watch", () => {
  it("hears of every write before its writer does", async () => {
    const { server } = await started();
    const watching = await watch(server, `${LEASES}?watch=1`);
    await ask(server, "POST", LEASES, leaseBody("a"));
    await hold(server, "a", "pod-2");
    await ask(server, "DELETE", `${LEASES}/a`);
    expect([await watching.next(), await watching.next(), await watching.next()]).toEqual([
      "ADDED a",
      "MODIFIED a",
      "DELETED a",
    ]);
  });

  it("ends after timeoutSeconds, with a last bookmark for whoever wants one", async () => {
    const { server } = await started();
    const plain = await watch(server, `${LEASES}?watch=1&timeoutSeconds=1`);
    const marked = await watch(server, `${LEASES}?watch=1&timeoutSeconds=1&allowWatchBookmarks=true`);
    expect(await marked.next()).toBe("BOOKMARK");
    expect([await marked.next(), await plain.next()]).toEqual([undefined, undefined]);
  });

  it("is forgotten when its client has gone", async () => {
    const { server, served } = await started();
    const watching = await watch(server, `${LEASES}?watch=1`);
    watching.leave();
    await expect.poll(() => served).toMatchObject([{ verb: "watch", status: 200 }]);
    expect((await ask(server, "POST", LEASES, leaseBody("a"))).status).toBe(201);
  });

  it("sends a state of any size, as fast as it is read", async () => {
    const { server } = await started();
    const names = Array.from({ length: 60 }, (_, index) => `lease-${String(index).padStart(2, "0")}`);
    for (const name of names) await ask(server, "POST", LEASES, leaseBody(name, "x", LARGE));
    const watching = await watch(server, `${LEASES}?watch=1`);
    watching.response.pause();
    await ask(server, "POST", LEASES, leaseBody("z"));
    watching.response.resume();
    for (const name of [...names, "z"]) expect(await watching.next()).toBe(`ADDED ${name}`);
  });

  it("tells a reader 410 that is so slow that what comes next is forgotten", async () => {
    const { server } = await started({ historyLimit: 5 });
    const slow = await watch(server, `${LEASES}?watch=1`);
    slow.response.pause();
    await ask(server, "POST", LEASES, leaseBody("a", "x", LARGE));
    for (let round = 0; round < 80; round++) {
      await hold(server, "a", `pod-${round}`);
    }
    slow.response.resume();
    const lines: (string | undefined)[] = [];
    do lines.push(await slow.next());
    while (lines.at(-1) !== undefined);
    expect(lines.at(0)).toBe("ADDED a");
    expect(lines.slice(-2)).toEqual(["ERROR 410", undefined]);
    expect(lines.length).toBeLessThan(82);
  });

  it("of a version that is compacted is told 410 in its stream, and so is a list of it", async () => {
    const { server } = await started();
    const { body } = await ask(server, "POST", LEASES, leaseBody("a"));
    const version = body.metadata.resourceVersion;
    await hold(server, "a", "pod-2");
    const before = await watch(server, `${LEASES}?watch=1&resourceVersion=${version}`);
    expect(await before.next()).toBe("MODIFIED a");
    server.compact();
    const after = await watch(server, `${LEASES}?watch=1&resourceVersion=${version}`);
    expect([await after.next(), await after.next()]).toEqual(["ERROR 410", undefined]);
    const list = await ask(server, "GET", `${LEASES}?resourceVersion=${version}&resourceVersionMatch=Exact`);
    expect([list.status, list.body.reason]).toEqual([410, "Expired"]);
    // One that is under way has missed nothing.
    await ask(server, "DELETE", `${LEASES}/a`);
    expect(await before.next()).toBe("DELETED a");
  });
});

describe("a list in pages", () => {
  it("is of one version, however much is written in between", async () => {
    const { server } = await started();
    for (const name of ["a", "b", "c"]) await ask(server, "POST", LEASES, leaseBody(name));
    const first = await ask(server, "GET", `${LEASES}?limit=2`);
    expect(first.body.metadata.remainingItemCount).toBe(1);
    await ask(server, "DELETE", `${LEASES}/c`);
    await ask(server, "POST", LEASES, leaseBody("d"));
    const second = await ask(server, "GET", `${LEASES}?limit=2&continue=${first.body.metadata.continue}`);
    const names = (body: { items: { metadata: { name: string } }[] }): string[] =>
      body.items.map(({ metadata }) => metadata.name);
    expect([names(first.body), names(second.body)]).toEqual([["a", "b"], ["c"]]);
    expect(second.body.metadata).toEqual({ resourceVersion: first.body.metadata.resourceVersion });
  });

  it("whose version is forgotten can go on in what there is, and says so with 410", async () => {
    const { server } = await started();
    for (const name of ["a", "b", "c"]) await ask(server, "POST", LEASES, leaseBody(name));
    const first = await ask(server, "GET", `${LEASES}?limit=1`);
    await ask(server, "DELETE", `${LEASES}/b`);
    server.compact();
    const gone = await ask(server, "GET", `${LEASES}?limit=5&continue=${first.body.metadata.continue}`);
    expect([gone.status, gone.body.reason]).toEqual([410, "Expired"]);
    const rest = await ask(server, "GET", `${LEASES}?limit=5&continue=${gone.body.metadata.continue}`);
    expect(rest.body.items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toEqual([
      "c",
    ]);
  });
});
