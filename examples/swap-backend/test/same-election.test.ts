/**
 * One program on each backend, three replicas, each behind a proxy of its own: what happens to a leader, and in which order, does
 * not depend on the store. Times are those of one machine's wall clock.
 */
import { readFile } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";
import { pollUntil } from "@tenure/testbed";
import { connectTestbed, describeWith } from "@tenure/testbed/vitest";
import { describe, expect, it } from "vitest";
import { Replica } from "./replica.ts";
import { etcd, kubernetes, redis, type Store } from "./stores.ts";

const LEASE_MS = 5_000;
const RENEW_DEADLINE_MS = 3_000;
/** What the lease leaves between the end of a belief and the next term, less what shared cores may take. */
const MARGIN_MS = (LEASE_MS - RENEW_DEADLINE_MS) / 2;

/** What is done to a leader. Returns what was seen, in the order in which it happened. */
type Story = (leader: Replica, standbys: readonly Replica[]) => Promise<readonly string[]>;

const killed: Story = async (leader, standbys) => {
  leader.signal("SIGKILL");
  const next = await successor(standbys);
  const followers = await others(standbys, next);
  return ["leader killed", "another leads, with a larger token", ...followers];
};

const partitioned: Story = async (leader, standbys) => {
  await leader.cutOff();
  const next = await successor(standbys);
  const told = await leader.waitFor("told to stop");
  expect(next.atMs - told.atMs).toBeGreaterThan(MARGIN_MS / 2);
  await leader.heal();
  await leader.waitFor("following", (line) => line.leader === next.identity);
  const followers = await others(standbys, next);
  return [
    "leader cut off",
    `leader told to stop: ${told.reason}, leading: ${told.isLeading}`,
    "another leads, with a larger token",
    ...followers,
    "healed, the old leader follows",
  ];
};

const frozen: Story = async (leader, standbys) => {
  const before = leader.events.length;
  leader.signal("SIGSTOP");
  const next = await successor(standbys);
  const followers = await others(standbys, next);
  await sleep(LEASE_MS / 2);
  leader.signal("SIGCONT");
  const told = await leader.waitFor("told to stop");
  await leader.waitFor("following", (line) => line.leader === next.identity);
  const sawItself = leader.events.slice(before).filter(({ isLeading }) => isLeading === true);
  expect(sawItself).toEqual([]);
  return [
    "leader frozen",
    "another leads, with a larger token",
    ...followers,
    `continued, the old leader is told to stop: ${told.reason}, leading: ${told.isLeading}`,
    "the old leader follows",
  ];
};

const stopped: Story = async (leader, standbys) => {
  const exit = leader.stop();
  const next = await successor(standbys);
  const told = await leader.waitFor("told to stop");
  expect(told.atMs).toBeLessThanOrEqual(next.atMs);
  const followers = await others(standbys, next);
  return [
    `leader asked to stop, told its task: ${told.reason}, ended with ${await exit}`,
    "another leads, with a larger token",
    ...followers,
  ];
};

describe("the programs", () => {
  it("differ in the lines that make the lock, and in nothing else", async () => {
    const programs = await Promise.all(["kubernetes", "redis", "etcd", "memory"].map(read));
    for (const program of programs) {
      const statements = program.split(";\n").map((statement) => statement.trim());
      expect(statements).toContain('import { runElection } from "./election.ts"');
      expect(statements.filter((statement) => statement.includes("runElection("))).toHaveLength(1);
      expect(statements.length).toBeLessThan(7);
    }
  });

  it("run in one process, too: it leads at once and ends well", async () => {
    const replica = new Replica("on-memory.ts", undefined, {});
    try {
      await replica.waitFor("leading");
      expect(await replica.stop()).toBe(0);
      expect(replica.first("told to stop")).toMatchObject({ reason: "shutdown" });
    } finally {
      await replica[Symbol.asyncDispose]();
    }
  });
});

function read(backend: string): Promise<string> {
  return readFile(new URL(`../on-${backend}.ts`, import.meta.url), "utf8");
}

await describeWith(["redis", "etcd-3.6"], "one election on three stores", () => {
  const testbed = connectTestbed();

  it.each([
    ["killed", killed],
    ["cut off", partitioned],
    ["frozen for longer than the lease", frozen],
    ["asked to stop", stopped],
  ] as const)("goes the same way when the leader is %s", async (_what, story) => {
    const stores = await Promise.all([kubernetes(testbed), redis(), etcd()]);
    try {
      const told = await Promise.all(stores.map(async (store) => [store.name, await tell(store, story)]));
      const [[, first] = []] = told;
      expect(Object.fromEntries(told)).toEqual({ Kubernetes: first, Redis: first, etcd: first });
      console.log(first);
    } finally {
      await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
    }
  });
});

async function tell(store: Store, story: Story): Promise<readonly string[]> {
  const replicas = await Promise.all([store.startReplica(), store.startReplica(), store.startReplica()]);
  try {
    const leader = await pollUntil(() => replicas.find((replica) => replica.first("leading")), {
      what: `a leader on ${store.name}`,
      timeoutMs: 60_000,
    });
    const standbys = replicas.filter((replica) => replica !== leader);
    const first = await leader.waitFor("leading");
    for (const standby of standbys)
      await standby.waitFor("following", (line) => line.leader === first.identity);
    const seen = await story(leader, standbys);
    const next = standbys.flatMap((standby) => standby.first("leading") ?? []);
    expect(next.map(({ token }) => BigInt(token ?? 0) > BigInt(first.token ?? 0))).toEqual([true]);
    for (const { events } of replicas) expect(events.filter(({ event }) => event === "anomaly")).toEqual([]);
    return seen;
  } finally {
    await Promise.all(replicas.map((replica) => replica[Symbol.asyncDispose]()));
  }
}

/** The one that leads next. */
async function successor(standbys: readonly Replica[]) {
  return await pollUntil(() => standbys.flatMap((standby) => standby.first("leading") ?? [])[0], {
    what: "a successor",
    timeoutMs: 60_000,
    intervalMs: 5,
  });
}

/** The others hear of it. */
async function others(standbys: readonly Replica[], next: { readonly identity: string }): Promise<string[]> {
  const rest = standbys.filter((standby) => standby.first("leading") === undefined);
  for (const standby of rest) await standby.waitFor("following", ({ leader }) => leader === next.identity);
  return rest.map(() => "the other follows it");
}
