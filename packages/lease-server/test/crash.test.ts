/** A lease-server that is killed with -9 while clients write to it. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { startLeaseServer } from "@tenure/lease-server";
import { describe, expect, it, onTestFinished } from "vitest";
import { seededRandom } from "../src/faults/seeded-random.ts";
import { exchange } from "./differential/exchange.ts";
import { type AnsweredLease, type Known, listLeases, writeUntilBroken } from "./lease-writer.fixture.ts";
import { startServerProcess } from "./server-process.fixture.ts";

const KILLS = 50;
const NAMES = Array.from({ length: 6 }, (_, index) => `lease-${index}`);

describe("a lease-server with a journal", () => {
  it(`loses nothing acknowledged in ${KILLS} kills, and its resource versions keep growing`, async () => {
    const random = seededRandom(20261125);
    const journalFile = temporaryJournal();
    let server = await startServerProcess({ journalFile });
    let { leases, revision } = await listLeases(server.said);
    let acknowledged = 0;
    let pending = 0;
    for (let kill = 0; kill < KILLS; kill++) {
      const writing = await startWriting(server.said, leases);
      await sleep(random() * 60);
      await server.kill();
      const known = await writing();

      server = await startServerProcess({ journalFile });
      const found = await listLeases(server.said);
      for (const { versions } of known) expectGrowing([revision, ...versions]);
      const newest = largest([revision, ...known.flatMap(({ versions }) => versions)]);
      expect(found.revision).toBeGreaterThanOrEqual(newest);
      for (const [index, name] of NAMES.entries()) {
        // One writer for each name.
        const each = known[index] as Known;
        acknowledged += each.versions.length;
        pending += each.pending === undefined ? 0 : 1;
        expectFound(found.leases.get(name), each, name);
      }
      ({ leases, revision } = found);
    }
    await server.kill();
    console.info(`${KILLS} kills, ${acknowledged} writes acknowledged, ${pending} under way when killed`);
    expect(acknowledged).toBeGreaterThan(KILLS);
    // Six writers without a pause: most kills come upon a write.
    expect(pending).toBeGreaterThan(KILLS);
  });

  it("refuses a second server on the same file in one line, until the first is gone", async () => {
    const journalFile = temporaryJournal();
    const first = await startServerProcess({ journalFile });
    const second = await startServerProcess({ journalFile });
    expect(second.said).toBe(`JournalError: The journal ${journalFile} is in use by another lease-server`);
    await first.kill();
    const third = await startServerProcess({ journalFile });
    expect(third.said).toMatch(/^http:/);
    await third.kill();
  });

  it("refuses writes once its file is not its own any more, tells nobody of them, and goes on answering reads", async () => {
    const journalFile = temporaryJournal();
    const server = await startLeaseServer({ journalFile });
    onTestFinished(() => server.close());
    const before = await create(server.url, "before");
    expect(before.status).toBe(201);
    const copy = readFileSync(journalFile);
    rmSync(journalFile);

    for (const name of ["lost", "lost-too"]) {
      const refused = await create(server.url, name);
      expect(refused.status).toBe(500);
      expect(JSON.parse(refused.text)).toMatchObject({ kind: "Status", reason: "InternalError" });
    }
    const { leases } = await listLeases(server.url);
    expect([...leases.keys()]).toEqual(["before"]);
    expect(copy.includes("lost")).toBe(false);
  });
});

describe("a lease-server without a journal", () => {
  it("forgets its Leases with its process, and its resource versions keep growing all the same", async () => {
    let newest = 0n;
    for (let life = 0; life < 5; life++) {
      const server = await startServerProcess({});
      const { revision, leases } = await listLeases(server.said);
      expect(leases.size).toBe(0);
      expect(revision).toBeGreaterThan(newest);
      const writing = await startWriting(server.said, leases);
      await server.kill();
      const versions = (await writing()).flatMap((known) => known.versions);
      expect(versions.length).toBeGreaterThan(0);
      newest = largest(versions);
      expect(newest).toBeGreaterThan(revision);
    }
  });

  it("gives larger ones still when it gets a journal, and when it loses it again", async () => {
    const journalFile = temporaryJournal();
    let newest = 0n;
    for (const options of [{}, { journalFile }, { journalFile }, {}]) {
      const server = await startLeaseServer(options);
      const { text } = await create(server.url, `lease-${newest}`);
      await server.close();
      const version = BigInt(JSON.parse(text).metadata.resourceVersion);
      expect(version).toBeGreaterThan(newest);
      newest = version;
    }
  });
});

/** One writer for each name; resolves once a write was acknowledged, with what waits for their end. */
async function startWriting(
  url: string,
  leases: ReadonlyMap<string, AnsweredLease>,
): Promise<() => Promise<readonly Known[]>> {
  let writing: Promise<readonly Known[]> = Promise.resolve([]);
  const acknowledged = new Promise<void>((resolve) => {
    writing = Promise.all(NAMES.map((name) => writeUntilBroken(url, name, leases.get(name), resolve)));
  });
  await Promise.race([acknowledged, writing]);
  return () => writing;
}

/** Checks that a Lease is as it was acknowledged, or as the write left it that was under way. */
function expectFound(found: AnsweredLease | undefined, { acknowledged, pending }: Known, name: string): void {
  const isAcknowledged =
    found?.metadata.resourceVersion === acknowledged?.metadata.resourceVersion &&
    found?.metadata.uid === acknowledged?.metadata.uid;
  const isPending =
    pending?.kind === "delete"
      ? found === undefined
      : pending !== undefined && found?.spec.leaseTransitions === pending.transitions;
  expect({ name, isRight: isAcknowledged || isPending, found, acknowledged, pending }).toMatchObject({
    isRight: true,
  });
}

function expectGrowing(versions: readonly bigint[]): void {
  for (const [index, version] of versions.entries()) {
    if (index > 0) expect(version).toBeGreaterThan(versions[index - 1] ?? 0n);
  }
}

function largest(versions: readonly bigint[]): bigint {
  return versions.toSorted((a, b) => Number(a - b)).at(-1) ?? 0n;
}

function create(origin: string, name: string) {
  return exchange({
    origin,
    ca: undefined,
    method: "POST",
    path: "/apis/coordination.k8s.io/v1/namespaces/default/leases",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({
      apiVersion: "coordination.k8s.io/v1",
      kind: "Lease",
      metadata: { name },
      spec: {},
    }),
  });
}

function temporaryJournal(): string {
  const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, "leases.journal");
}
