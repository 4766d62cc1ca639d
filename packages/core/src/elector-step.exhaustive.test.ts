import { describe, expect, it } from "vitest";
import { type Attempt, leadingTerm } from "./elector-state.ts";
import { step } from "./elector-step.ts";
import { LeaderElectionError } from "./errors.ts";
import { resolveOptions } from "./options.ts";
import { fingerprintOf } from "./own-writes.ts";
import { type Budget, NO_BUDGET, type Rules, TICK_MS } from "./small-world.fixture.ts";
import type { Law } from "./small-world-laws.fixture.ts";
import { type Found, search } from "./small-world-search.fixture.ts";
import { CellLock } from "./testing/cell-lock.ts";

/**
 * Two electors and one store, in ticks: every order in which requests land, are answered, get lost or come late, and in which time
 * passes, is walked. Set TENURE_EXHAUSTIVE=deep to walk each world until nothing new can ever happen (minutes).
 */
const DEEP = process.env["TENURE_EXHAUSTIVE"] === "deep";
const FOR_EVER = 60;
const LAWS: readonly Law[] = ["S1", "S2", "S3", "S4", "S6", "S7", "S8", "wake"];

/** D = 5, H = 4, P = T = 1 tick: as near to the bound as whole ticks come, and one retry fits. No jitter. */
function configOf(identity: string): ReturnType<Rules["config"]> {
  return resolveOptions({
    lock: new CellLock(),
    identity,
    leaseDurationMs: 5 * TICK_MS,
    renewDeadlineMs: 4 * TICK_MS,
    retryPeriodMs: TICK_MS,
    requestTimeoutMs: TICK_MS,
    drainTimeoutMs: 2 * TICK_MS,
    clockRateError: 0,
    random: () => 0,
  });
}

function rulesWith(budget: Partial<Budget>, change: Partial<Rules> = {}): Rules {
  const configs = new Map<string, ReturnType<typeof configOf>>();
  const config = (identity: string): ReturnType<typeof configOf> => {
    const known = configs.get(identity) ?? configOf(identity);
    configs.set(identity, known);
    return known;
  };
  return {
    step,
    config,
    budget: { ...NO_BUDGET, ...budget },
    watches: false,
    blindStore: false,
    ...change,
  };
}

interface Row {
  readonly world: string;
  readonly budget: Partial<Budget>;
  readonly ticks: number;
  readonly atLeast: number;
  readonly reaches: readonly string[];
  readonly watches?: boolean;
  /** Laws that this world may break, and why is in its name. */
  readonly without?: Law;
}

const ROWS: readonly Row[] = [
  {
    world: "any two requests get lost, land late or lose their answers",
    budget: { timeouts: 2 },
    ticks: 6,
    atLeast: 100_000,
    reaches: [
      "term started",
      "ambiguous acquire adopted",
      "acquire landed late",
      "renew landed late",
      "conflict on acquire",
      "conflict on a renewal that had landed",
      "renewal confirmed by a read",
      "term ended: deadline",
      "drain-timeout",
      "takeover after expiry",
    ],
  },
  {
    world: "one elector stops, steps down or returns, at any moment",
    budget: { ends: 1 },
    ticks: 6,
    atLeast: 50_000,
    reaches: ["term ended: shutdown", "term ended: stepped-down", "term ended: task-returned"],
  },
  {
    world: "it stops, and one request is lost or late, its release among them",
    budget: { ends: 1, timeouts: 1 },
    ticks: 2,
    atLeast: 50_000,
    reaches: ["release landed late", "conflict on release"],
  },
  {
    world: "one elector crashes and starts again, under its name or another",
    budget: { crashes: 1 },
    ticks: FOR_EVER,
    atLeast: 70_000,
    reaches: ["takeover after expiry", "duplicate-identity", "renew landed late"],
  },
  {
    world: "a stranger deletes the record once it was seen",
    budget: { deletions: 1 },
    ticks: FOR_EVER,
    atLeast: 30_000,
    reaches: ["term ended: deleted"],
  },
  {
    world: "a stranger edits a label",
    budget: { touches: 1 },
    ticks: FOR_EVER,
    atLeast: 30_000,
    reaches: ["conflict on renew", "takeover after expiry"],
  },
  {
    world: "one process pauses: its task cannot be told in time",
    budget: { pauses: 1 },
    ticks: FOR_EVER,
    atLeast: 50_000,
    reaches: ["term ended: stalled", "takeover after expiry"],
    without: "S2",
  },
  {
    world: "one request is refused, and lands all the same",
    budget: { refusals: 1 },
    ticks: FOR_EVER,
    atLeast: 20_000,
    reaches: ["acquire landed late", "renew landed late"],
  },
  {
    world: "both watch, and are told late, once for many, or of what is no longer true",
    budget: { deletions: 1 },
    ticks: 1,
    atLeast: 5_000,
    reaches: ["event", "stale event", "term ended: deleted"],
    watches: true,
  },
];

function look(rules: Rules, ticks: number, laws: readonly Law[]): Found {
  return search(rules, { ticks, laws: new Set(laws) });
}

describe("two electors on one store, in every order of events", () => {
  it.each(ROWS)("keep every law when $world", { timeout: DEEP ? 3_600_000 : 120_000 }, (row) => {
    const rules = rulesWith(row.budget, { watches: row.watches ?? false });
    const ticks = DEEP && !row.watches ? FOR_EVER : row.ticks;
    const laws = LAWS.filter((law) => law !== row.without);
    const found = look(withWatch(rules), ticks, laws);
    expect(found.violation).toBeUndefined();
    expect(found.exhausted, "every state within the bound was expanded").toBe(true);
    expect(found.closed, "nothing new after the last tick").toBe(ticks === FOR_EVER);
    expect(found.states).toBeGreaterThan(row.atLeast);
    for (const what of row.reaches) expect(found.reached.get(what), what).toBeGreaterThan(0);
    console.info(`${found.states} states, ${found.moves} moves: ${row.world}`);
  });
});

/** `watches` is part of the configuration, too. */
function withWatch(rules: Rules): Rules {
  const { config, watches } = rules;
  return { ...rules, config: (identity) => ({ ...config(identity), watches }) };
}

/** Wrong electors and stores, each with the law that has to find it. */
const BROKEN: readonly { what: string; law: Law; rules: () => Rules; says: string }[] = [
  {
    what: "a renew deadline above the bound",
    law: "S1",
    says: "both lead",
    rules: () => {
      const rules = rulesWith({ pauses: 1 });
      return { ...rules, config: (id) => ({ ...rules.config(id), renewDeadlineMs: 6 * TICK_MS }) };
    },
  },
  ...(["S1", "S7"] as const).map((law) => ({
    what: "a belief that counts from the answer",
    law,
    says: law === "S1" ? "both lead" : "believes from",
    rules: () => {
      const rules = rulesWith({ pauses: 1 }, { step: countingFromReceipt });
      return { ...rules, config: (id: string) => ({ ...rules.config(id), requestTimeoutMs: 2 * TICK_MS }) };
    },
  })),
  {
    what: "a store that overwrites without comparing",
    law: "S1",
    says: "both lead",
    rules: () => rulesWith({}, { blindStore: true }),
  },
  {
    what: "an elector that shortens its wait by two ticks",
    law: "S1",
    says: "both lead",
    rules: () => rulesWith({ pauses: 1 }, { step: impatient }),
  },
  {
    what: "a release that does not wait for the task",
    law: "S3",
    says: "while its task runs",
    rules: () => rulesWith({ ends: 1 }, { step: withoutDraining }),
  },
  {
    what: "an ended term that is found again by its fingerprint",
    law: "S4",
    says: "after a term with",
    rules: () => rulesWith({ pauses: 1 }, { step: withoutR7 }),
  },
  {
    what: "an elector that forgets that a vanished record was held",
    law: "S1",
    says: "both lead",
    rules: () => rulesWith({ deletions: 1 }, { step: withoutR2 }),
  },
  {
    what: "a conflict that is not believed",
    law: "S6",
    says: "without a look",
    rules: () => rulesWith({ timeouts: 1 }, { step: stubborn }),
  },
  {
    what: "a lost answer taken for a success",
    law: "S7",
    says: "believes from",
    rules: () => rulesWith({ timeouts: 1 }, { step: hopeful }),
  },
  {
    what: "a term that ends without a word",
    law: "S8",
    says: "stopped without a stop",
    rules: () => rulesWith({ ends: 1 }, { step: silent }),
  },
  {
    what: "a timer that is set too late",
    law: "wake",
    says: "acts at",
    rules: () => rulesWith({}, { step: oversleeping }),
  },
];

describe("the search", () => {
  it.each(BROKEN)("finds $what by $law", { timeout: 60_000 }, ({ rules, law, says }) => {
    const { violation } = look(rules(), 14, [law]);
    expect(violation).toContain(says);
    expect(violation?.split("\n").length, "a path that can be read").toBeGreaterThan(3);
  });
});

type StepFunction = Rules["step"];

const countingFromReceipt: StepFunction = (config, state, input) => {
  const result = step(config, state, input);
  const term = leadingTerm(result.state);
  if (term === undefined || term.confirmedAt === leadingTerm(state)?.confirmedAt) return result;
  const { phase } = result.state;
  if (phase.kind !== "leading" && phase.kind !== "draining") return result;
  const late = { ...phase, term: { ...term, confirmedAt: input.at } };
  return { ...result, state: { ...result.state, phase: late } };
};

const impatient: StepFunction = (config, state, input) => {
  const found = input.kind === "answered" && input.answer.ok ? input.answer.found : undefined;
  if (input.kind !== "answered" || found === undefined || found.record.holderIdentity === config.identity) {
    return step(config, state, input);
  }
  const leaseDurationMs = found.record.leaseDurationMs - 2 * TICK_MS;
  const shorter = { ...found, record: { ...found.record, leaseDurationMs } };
  return step(config, state, { ...input, answer: { ok: true, found: shorter } });
};

const withoutDraining: StepFunction = (config, state, input) => {
  const result = step(config, state, input);
  if (input.kind !== "end" || result.state.phase.kind !== "draining") return result;
  const next = step(config, result.state, { kind: "taskSettled", at: input.at });
  return { ...next, effects: [...result.effects, ...next.effects] };
};

const withoutR7: StepFunction = (config, state, input) => {
  const term = leadingTerm(state);
  const result = step(config, state, input);
  if (term === undefined || leadingTerm(result.state) !== undefined) return result;
  const old = {
    purpose: "acquire",
    expectedVersion: "0",
    fingerprint: fingerprintOf(term.base.record),
    sentAt: input.at,
    tokenFloor: undefined,
  } as Attempt; // all that recognising it takes
  return { ...result, state: { ...result.state, pending: [old] } };
};

const withoutR2: StepFunction = (config, state, input) => step(config, { ...state, held: undefined }, input);

const stubborn: StepFunction = (config, state, input) => {
  const isConflict =
    input.kind === "answered" && !input.answer.ok && input.answer.error.code === "ERR_LOCK_CONFLICT";
  if (!isConflict) return step(config, state, input);
  const error = new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "taken for a refusal of another kind");
  return step(config, state, { ...input, answer: { ok: false, error } });
};

const hopeful: StepFunction = (config, state, input) => {
  const { view } = state;
  const isLost = input.kind === "answered" && !input.answer.ok && input.answer.error.outcome === "unknown";
  const found = view?.current;
  if (!isLost || state.call?.kind !== "write" || found === undefined) return step(config, state, input);
  const claimed = { ...found, fencingToken: (found.fencingToken ?? 0n) + 1n };
  return step(config, state, { ...input, answer: { ok: true, found: claimed } });
};

const silent: StepFunction = (config, state, input) => {
  const result = step(config, state, input);
  return { ...result, effects: result.effects.filter(({ kind }) => kind !== "endTerm") };
};

const oversleeping: StepFunction = (config, state, input) => {
  const result = step(config, state, input);
  return { ...result, wakeAtMs: result.wakeAtMs + 2 * TICK_MS };
};
