import { describe, expect, it } from "vitest";
import { generate } from "./generate.ts";
import { FAIR_CONDITIONS, type LinkConditions } from "./link.ts";
import { runToEnd } from "./progress.ts";
import { World } from "./world.ts";

const CHAOS_MS = 60_000;
const CUT: LinkConditions = { ...FAIR_CONDITIONS, requestsCut: true };

/** A world without faults that is ready to run. */
function calmWorld(seed = 1): World {
  const scenario = generate(seed, {
    settings: "default",
    only: [],
    replicas: 3,
    rivals: 0,
    oneIdentity: false,
    chaosMs: CHAOS_MS,
  });
  return new World(scenario, { full: true });
}

/** From then on nobody reaches the store, healed or not. */
function cutForGood(world: World, fromMs: number): void {
  world.queue.schedule(fromMs, () => {
    for (const { link } of world.replicas) link.conditions = CUT;
  });
}

describe("progress, once a world is healed", () => {
  it("is made in a world without faults", async () => {
    const world = calmWorld();
    await runToEnd(world);
    expect(world.referee.violation).toBe(undefined);
    expect(world.coverage.counts.get("handovers")).toBe(1);
  });

  it("is demanded: it breaks L2 when nobody ever leads", async () => {
    const world = calmWorld();
    cutForGood(world, 0);
    cutForGood(world, CHAOS_MS + 1);
    await runToEnd(world);
    expect(world.referee.violation).toMatchObject({ property: "L2" });
  });

  it("is demanded of a world that had a leader, too: it breaks L2 when that one is lost for good", async () => {
    const world = calmWorld();
    cutForGood(world, CHAOS_MS + 12_000);
    await runToEnd(world);
    expect(world.coverage.counts.get("term lost by deadline")).toBe(1);
    expect(world.referee.violation).toMatchObject({ property: "L2" });
  });

  it("breaks L4 when a leader that gets through is replaced", async () => {
    const world = calmWorld();
    // Long after the healing, while every second request of the leader is lost.
    world.queue.schedule(CHAOS_MS + 35_000, () => world.leader?.stepDown());
    await runToEnd(world);
    expect(world.referee.violation).toMatchObject({ property: "L4" });
  });

  it("breaks L3 when nobody takes over from a leader that stopped", async () => {
    const world = calmWorld();
    // Between the end of L4's fault and the stop of the leader nothing happens: from L4 on the others do not get through.
    world.queue.schedule(CHAOS_MS + 35_000, () => {
      for (const { link, name } of world.replicas) {
        if (name !== world.leader?.name) link.conditions = CUT;
      }
    });
    await runToEnd(world);
    expect(world.referee.violation).toMatchObject({ property: "L3" });
  });

  it("breaks L1 when nobody takes over from a leader that crashed", async () => {
    const world = calmWorld(2);
    let crashes = 0;
    const watch = (): void => {
      // The first crash is the demands' own, of the leader that had stopped; the second that of its successor.
      crashes = world.recorder.events.filter(({ kind }) => kind === "process-crashed").length;
      if (crashes === 2) for (const { link } of world.replicas) link.conditions = CUT;
      else world.queue.after(100, watch);
    };
    world.queue.schedule(CHAOS_MS, watch);
    await runToEnd(world);
    expect(crashes).toBe(2);
    expect(world.referee.violation).toMatchObject({ property: "L1" });
  });
});

it("a turn that is taken from outside ends before time goes on", async () => {
  const world = calmWorld();
  for (const replica of world.replicas) replica.start(replica.plan.durations, true);
  await world.advance(30_000);
  const standby = world.replicas.find((replica) => replica !== world.leader);
  let stoppedAtMs: number | undefined;
  standby?.stop(() => {
    stoppedAtMs = world.nowMs;
  });
  await world.advance(60_000);
  expect(stoppedAtMs).toBe(30_000);
});

it("a world ends with its violation, also while progress is demanded: no crash of the demands' own follows it", async () => {
  const world = calmWorld();
  world.queue.schedule(CHAOS_MS + 35_000, () => world.referee.fail("S1", "made up"));
  await runToEnd(world);
  expect(world.nowMs).toBe(CHAOS_MS + 35_000);
  expect(world.recorder.events.map(({ kind }) => kind)).not.toContain("process-crashed");
});
