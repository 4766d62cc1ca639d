import { describe, expect, it } from "vitest";
import { FAULT_KINDS, generate } from "./generate.ts";
import { run } from "./run.ts";
import type { Fault, Scenario } from "./scenario.ts";

const GOOD = { ignoresSignal: 0, hangs: 0, throws: 0, returnsEarly: 0 };
/** What a reader is told of the faults themselves, which shows nothing of what they do. */
const ABOUT_FAULTS: ReadonlySet<string> = new Set(["fault-began", "fault-ended", "stranger", "phase"]);

/** All that happened in a world, but for the faults. */
async function happeningsOf(scenario: Scenario): Promise<readonly string[]> {
  const { events, violation } = await run(scenario, { full: true });
  expect(violation).toBe(undefined);
  return events.filter(({ kind }) => !ABOUT_FAULTS.has(kind)).map((event) => JSON.stringify(event));
}

/** Kinds that do something only beside another. */
const COMPANIONS: Partial<Record<(typeof FAULT_KINDS)[number], (typeof FAULT_KINDS)[number]>> = {
  "bad tasks": "step down", // each term has its task, and only some are bad
  "rolling change": "crash", // it is what a process finds that starts again
  "watch refused": "watch cut", // it is met by whoever opens a watch again
};

function worldWith(kind: (typeof FAULT_KINDS)[number], seed: number): Scenario {
  const companion = COMPANIONS[kind];
  const kinds = companion === undefined ? [kind] : [kind, companion];
  // Of all flavours only Redis takes its order from the server's clock.
  const flavour = kind === "server clock" ? "redis" : "kubernetes";
  return generate(seed, {
    settings: "default",
    flavour,
    only: kinds,
    always: kinds,
    replicas: 3,
    rivals: 0,
    oneIdentity: false,
    watches: true,
    chaosMs: 10 * 60_000,
    faultEveryMs: 10_000,
  });
}

/** The same world, but for this kind of fault; its companion stays. */
function without(kind: (typeof FAULT_KINDS)[number], scenario: Scenario): Scenario {
  const replicas = scenario.replicas.map((plan) => ({ ...plan, habits: GOOD }));
  const [first] = replicas;
  const faults = scenario.faults.flatMap((fault): readonly Fault[] => {
    if (kind === "rolling change" && "durations" in fault && first !== undefined) {
      return [{ ...fault, durations: first.durations }];
    }
    return kind === "bad tasks" || (kind === "watch refused" && fault.kind === "watch-cut") ? [fault] : [];
  });
  return { ...scenario, replicas, faults };
}

describe("a kind of fault", () => {
  it.each(FAULT_KINDS)("changes what happens: %s", async (kind) => {
    let changed = 0;
    for (let seed = 1; seed <= 3; seed++) {
      const scenario = worldWith(kind, seed);
      const happened = await happeningsOf(scenario);
      if (happened.join("\n") !== (await happeningsOf(without(kind, scenario))).join("\n")) changed += 1;
    }
    expect(changed).toBeGreaterThan(0);
  });
});

it("faults end when they are over: a cut link carries requests again before the world is healed", async () => {
  const calm = generate(2, { settings: "default", only: [], replicas: 2, rivals: 0, chaosMs: 120_000 });
  const cut = {
    kind: "link",
    atMs: 20_000,
    untilMs: 25_000,
    who: 0,
    fault: "requestsCut",
    intensity: 1,
  } as const;
  const { events } = await run({ ...calm, faults: [cut] }, { full: true });
  const lostAt = events.filter(({ kind }) => kind === "lost").map(({ atMs }) => atMs);
  const inChaos = lostAt.filter((atMs) => atMs < calm.chaosMs);
  expect(inChaos.length).toBeGreaterThan(0);
  for (const atMs of inChaos) expect(atMs >= 20_000 && atMs < 25_000).toBe(true);
});

it("two troubles of one link last until the end of each", async () => {
  const calm = generate(2, { settings: "default", only: [], replicas: 2, rivals: 0, chaosMs: 120_000 });
  const trouble = { kind: "link", who: 0, fault: "requestsCut", intensity: 1 } as const;
  const faults = [
    { ...trouble, atMs: 20_000, untilMs: 25_000 },
    { ...trouble, atMs: 22_000, untilMs: 40_000 },
  ];
  const { events } = await run({ ...calm, faults }, { full: true });
  const lostAt = events.filter(({ kind }) => kind === "lost").map(({ atMs }) => atMs);
  expect(lostAt.some((atMs) => atMs > 30_000 && atMs < 40_000)).toBe(true);
  const landedBetween = events.filter(
    (event) => event.kind === "landed" && event.who === "a" && event.atMs > 25_100 && event.atMs < 40_000,
  );
  expect(landedBetween).toEqual([]);
});
