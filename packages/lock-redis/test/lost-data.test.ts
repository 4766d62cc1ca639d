import { LeaderElectionError, LeaderElector, type StopReason, type Term } from "@tenure/core";
import { type RedisSentinels, startRedis, startRedisSentinel } from "@tenure/testbed";
import { describeWith } from "@tenure/testbed/vitest";
import { expect, it, onTestFinished } from "vitest";
import { RedisLock, type RedisLockOptions } from "../src/index.ts";

const TIMING = { leaseDurationMs: 3_000, renewDeadlineMs: 2_000, retryPeriodMs: 300 };
const PATIENCE = { timeout: 30_000, interval: 20 };

/** One campaign, and what came of it. */
interface Candidate {
  readonly elector: LeaderElector;
  readonly terms: Term[];
  readonly stops: StopReason[];
  readonly errors: string[];
}

/** How many tasks run at once; never more than one on one primary. */
let running = 0;
let overlaps = 0;

function join(identity: string, redis: RedisLockOptions["redis"]): Candidate {
  const lock = new RedisLock({ redis, name: "app" });
  const elector = new LeaderElector({ lock, identity, ...TIMING });
  const candidate: Candidate = { elector, terms: [], stops: [], errors: [] };
  elector
    .on("stoppedLeading", ({ reason }) => candidate.stops.push(reason))
    .on("error", (error) =>
      candidate.errors.push(LeaderElectionError.is(error) ? error.code : String(error)),
    );
  const ended = elector.run(async (term) => {
    candidate.terms.push(term);
    running += 1;
    if (running > 1) overlaps += 1;
    await new Promise<void>((resolve) => {
      if (term.signal.aborted) resolve();
      term.signal.addEventListener("abort", () => resolve());
    });
    running -= 1;
  });
  onTestFinished(async () => {
    await elector.stop();
    await ended;
    await lock.close();
  });
  return candidate;
}

function tokens({ terms }: Candidate): readonly bigint[] {
  return terms.map(({ fencingToken }) => fencingToken);
}

async function leads(candidate: Candidate, count = 1): Promise<bigint> {
  await expect.poll(() => candidate.terms.length, PATIENCE).toBeGreaterThanOrEqual(count);
  // Just waited for.
  return tokens(candidate)[count - 1] as bigint;
}

/** The largest token stored: what every candidate with a watch has seen, but for the last instant. */
async function storedVersion(node: { command(...args: string[]): Promise<unknown> }): Promise<bigint> {
  return BigInt(String(await node.command("HGET", "lease:{app}", "version")));
}

/** Lets the replica fall behind: it is thrown out, and may not come back in. */
async function cutReplication({ nodes }: RedisSentinels): Promise<void> {
  const [primary, replica] = nodes;
  await replica.command("CONFIG", "SET", "masteruser", "nobody");
  await replica.command("CONFIG", "SET", "masterauth", "wrong");
  await primary.command("CLIENT", "KILL", "TYPE", "replica");
  await expect
    .poll(async () => (await replica.info("replication")).get("master_link_status"), PATIENCE)
    .toBe("down");
}

function options({ sentinels, masterName }: RedisSentinels): RedisLockOptions["redis"] {
  return { sentinels: sentinels.map(({ port }) => ({ host: "127.0.0.1", port })), name: masterName };
}

await describeWith(["redis", "faketime"], "when Redis loses what it has acknowledged", () => {
  it("by FLUSHALL, the term ends and the next token is larger", async () => {
    await using server = await startRedis();
    const redis = { port: server.port };
    const first = join("first", redis);
    const token = await leads(first);
    const second = join("second", redis);
    await expect.poll(() => second.elector.leader, PATIENCE).toBe("first");
    const before = await storedVersion(server);
    await server.command("FLUSHALL");
    await expect.poll(() => first.stops, PATIENCE).toEqual(["deleted"]);
    await expect.poll(() => first.terms.length + second.terms.length, PATIENCE).toBe(2);
    const next = [...tokens(first), ...tokens(second)].find((each) => each !== token);
    expect(next).toBeGreaterThan(before);
    expect(overlaps).toBe(0);
  });

  it("by a fail-over to a replica that lags, the term ends and the next token is larger", async () => {
    await using all = await startRedisSentinel();
    const redis = options(all);
    const first = join("first", redis);
    const token = await leads(first);
    const second = join("second", redis);
    await expect.poll(() => second.elector.leader, PATIENCE).toBe("first");
    await cutReplication(all);
    const lagging = await storedVersion(all.nodes[1]);
    await expect.poll(async () => (await storedVersion(all.nodes[0])) > lagging, PATIENCE).toBe(true);
    const acknowledged = await storedVersion(all.nodes[0]);
    await all.failover("kill");
    await expect.poll(() => first.stops.length, PATIENCE).toBe(1);
    await expect.poll(() => first.terms.length + second.terms.length, PATIENCE).toBe(2);
    const next = [...tokens(first), ...tokens(second)].find((each) => each !== token);
    expect(next).toBeGreaterThan(acknowledged);
    expect(overlaps).toBe(0);
  });

  it("and the new primary's clock is behind, who saw a larger token says so and does not lead, and who is new does", async () => {
    await using all = await startRedisSentinel({ replicaClockOffsetSeconds: -3_600 });
    const redis = options(all);
    const first = join("first", redis);
    const token = await leads(first);
    const second = join("second", redis);
    await expect.poll(() => second.elector.leader, PATIENCE).toBe("first");
    await cutReplication(all);
    const lagging = await storedVersion(all.nodes[1]);
    // Long enough for both to have seen more than what the replica has, and one more for the last renewal of the first.
    let seen = lagging;
    for (let renewals = 0; renewals < 3; renewals++) {
      await expect.poll(async () => (await storedVersion(all.nodes[0])) > seen, PATIENCE).toBe(true);
      seen = await storedVersion(all.nodes[0]);
    }
    await all.failover("kill");
    await expect.poll(() => first.errors, PATIENCE).toContain("ERR_TOKEN_REGRESSION");
    await expect.poll(() => second.errors, PATIENCE).toContain("ERR_TOKEN_REGRESSION");
    expect(first.elector.isLeading()).toBe(false);
    const fresh = join("fresh", redis);
    // What a fresh process cannot know: its token is from a time that others have left behind.
    expect(await leads(fresh)).toBeLessThan(seen);
    await fresh.elector.stop();
    // The lock is free, and for all they know nobody leads.
    await new Promise((resolve) => setTimeout(resolve, 2 * TIMING.leaseDurationMs));
    expect(tokens(first)).toEqual([token]);
    expect(tokens(second)).toEqual([]);
    expect(overlaps).toBe(0);
  });
});
