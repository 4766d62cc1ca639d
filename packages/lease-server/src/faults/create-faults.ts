import { randomInt } from "node:crypto";
import { checkFaultSettings } from "./check-fault-settings.ts";
import type { FaultRule, FaultSettings } from "./fault-rule.ts";
import type { FaultDecision, Faults } from "./faults.ts";
import { seededRandom } from "./seeded-random.ts";

/** Faults that can be changed while the server runs. */
export interface AdjustableFaults extends Faults {
  /**
   * Puts these in the place of what was set before; counts and random numbers begin anew.
   * @throws TypeError or RangeError naming the setting; nothing is changed then.
   */
  set(settings: FaultSettings): void;
  /** From now on nothing goes wrong. What already hangs goes on hanging. */
  clear(): void;
  /** What is set, its seed, and how many requests have suffered from each rule. */
  describe(): FaultsDescription;
}

/** What {@link AdjustableFaults.describe} gives, and `GET /-/faults`. */
export interface FaultsDescription {
  /** `undefined` while nothing is set. */
  readonly seed?: number | undefined;
  readonly rules: readonly (FaultRule & { readonly suffered: number })[];
}

const NOTHING = { delayMs: 0, decision: { kind: "none" } } as const;

/** Faults of which none is set. */
export function createFaults(): AdjustableFaults {
  let seed: number | undefined;
  let random = seededRandom(0);
  let rules: { readonly rule: FaultRule; suffered: number }[] = [];
  return {
    set(settings) {
      const checked = checkFaultSettings(settings);
      seed = checked.seed ?? randomInt(2 ** 32);
      random = seededRandom(seed);
      rules = checked.rules.map((rule) => ({ rule, suffered: 0 }));
    },
    clear() {
      seed = undefined;
      rules = [];
    },
    describe() {
      return { seed, rules: rules.map(({ rule, suffered }) => ({ ...rule, suffered })) };
    },
    decide(request) {
      const found = rules.find(
        ({ rule, suffered }) => suffered < (rule.next ?? Infinity) && isFor(rule, request),
      );
      if (found === undefined) return NOTHING;
      // Always two numbers, so that what a request suffers does not depend on what an earlier one was spared.
      const delayMs = delayOf(found.rule, random());
      const decision = decisionOf(found.rule, random());
      if (delayMs > 0 || decision.kind !== "none") found.suffered++;
      return { delayMs, decision };
    },
  };
}

function isFor(rule: FaultRule, { verb, name, userAgent }: Parameters<Faults["decide"]>[0]): boolean {
  return (
    (rule.verbs?.includes(verb) ?? true) &&
    (rule.names?.some((wanted) => wanted === name) ?? true) &&
    (rule.userAgents?.some((part) => userAgent.includes(part)) ?? true)
  );
}

function delayOf({ latencyMs = 0 }: FaultRule, chance: number): number {
  const [from, to] = typeof latencyMs === "number" ? [latencyMs, latencyMs] : latencyMs;
  return from + (to - from) * chance;
}

/** Each rate has its own stretch between 0 and 1. */
function decisionOf(rule: FaultRule, chance: number): FaultDecision {
  const { errorRate = 0, hangRate = 0, swallowAnswerRate = 0, cutAnswerRate = 0 } = rule;
  const { errorStatus = 503, retryAfterSeconds } = rule;
  const stretches: readonly [rate: number, decision: FaultDecision][] = [
    [errorRate, { kind: "error", status: errorStatus, retryAfterSeconds }],
    [hangRate, { kind: "hang" }],
    [swallowAnswerRate, { kind: "swallow-answer" }],
    [cutAnswerRate, { kind: "cut-answer" }],
  ];
  let end = 0;
  for (const [rate, decision] of stretches) {
    end += rate;
    if (chance < end) return decision;
  }
  return { kind: "none" };
}
