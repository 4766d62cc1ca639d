import { describe, expect, it } from "vitest";
import { ApiError } from "../api-error.ts";
import { createFaults } from "./create-faults.ts";
import type { FaultRule } from "./fault-rule.ts";
import type { Faults } from "./faults.ts";
import { answerFaultsRequest } from "./faults-endpoint.ts";

const REQUEST: Parameters<Faults["decide"]>[0] = {
  method: "PUT",
  path: "/apis/coordination.k8s.io/v1/namespaces/default/leases/demo",
  verb: "update",
  userAgent: "worker/1.0 replica-2",
  name: "demo",
};
const NOTHING = { delayMs: 0, decision: { kind: "none" } };

describe("faults", () => {
  it("do nothing until they are set and after they are cleared", () => {
    const faults = createFaults();
    expect(faults.decide(REQUEST)).toEqual(NOTHING);
    expect(faults.describe()).toEqual({ seed: undefined, rules: [] });
    faults.set({ rules: [{ hangRate: 1 }] });
    expect(faults.decide(REQUEST)).toEqual({ delayMs: 0, decision: { kind: "hang" } });
    faults.clear();
    expect(faults.decide(REQUEST)).toEqual(NOTHING);
    expect(faults.describe()).toEqual({ seed: undefined, rules: [] });
  });

  it("each have their decision", () => {
    expect(decided({ errorRate: 1 })).toEqual({ kind: "error", status: 503, retryAfterSeconds: undefined });
    expect(decided({ errorRate: 1, errorStatus: 429, retryAfterSeconds: 2 })).toEqual({
      kind: "error",
      status: 429,
      retryAfterSeconds: 2,
    });
    expect(decided({ hangRate: 1 })).toEqual({ kind: "hang" });
    expect(decided({ swallowAnswerRate: 1 })).toEqual({ kind: "swallow-answer" });
    expect(decided({ cutAnswerRate: 1 })).toEqual({ kind: "cut-answer" });
    expect(decided({})).toEqual({ kind: "none" });
  });

  it("are for the verbs, names and user agents that are named, all of them together", () => {
    const hit = { kind: "hang" };
    const missed = { kind: "none" };
    const cases: readonly [FaultRule, object][] = [
      [{ verbs: ["get", "update"] }, hit],
      [{ verbs: ["get"] }, missed],
      [{ names: ["demo"] }, hit],
      [{ names: ["dem"] }, missed],
      [{ userAgents: ["replica-1", "replica-2"] }, hit],
      [{ userAgents: ["replica-3"] }, missed],
      [{ verbs: ["update"], names: ["demo"], userAgents: ["worker"] }, hit],
      [{ verbs: ["update"], names: ["other"], userAgents: ["worker"] }, missed],
    ];
    for (const [rule, expected] of cases)
      expect(decided({ ...rule, hangRate: 1 }), JSON.stringify(rule)).toEqual(expected);
  });

  it("with names spare requests without one", () => {
    const faults = createFaults();
    faults.set({ rules: [{ names: ["demo"], hangRate: 1 }] });
    expect(faults.decide({ ...REQUEST, verb: "create", name: undefined })).toEqual(NOTHING);
  });

  it("come by the first rule that fits, also when that one spares the request", () => {
    const faults = createFaults();
    faults.set({ rules: [{ verbs: ["watch"] }, { errorRate: 1 }] });
    expect(faults.decide({ ...REQUEST, verb: "watch" })).toEqual(NOTHING);
    expect(faults.decide(REQUEST).decision.kind).toBe("error");
  });

  it("end after the next N that suffered, and the next rule takes over", () => {
    const faults = createFaults();
    faults.set({
      seed: 1,
      rules: [
        { errorRate: 1, next: 2 },
        { hangRate: 0.5, next: 3 },
      ],
    });
    const kinds = Array.from({ length: 100 }, () => faults.decide(REQUEST).decision.kind);
    expect(kinds.slice(0, 2)).toEqual(["error", "error"]);
    expect(kinds.filter((kind) => kind === "error")).toHaveLength(2);
    expect(kinds.filter((kind) => kind === "hang")).toHaveLength(3);
    expect(faults.describe().rules.map(({ suffered }) => suffered)).toEqual([2, 3]);
  });

  it("delay for the time that is set, or one from its range", () => {
    const faults = createFaults();
    faults.set({ rules: [{ latencyMs: 20 }] });
    expect(faults.decide(REQUEST)).toEqual({ delayMs: 20, decision: { kind: "none" } });
    faults.set({ seed: 5, rules: [{ latencyMs: [10, 30] }] });
    const delays = Array.from({ length: 1000 }, () => faults.decide(REQUEST).delayMs);
    expect(Math.min(...delays)).toBeGreaterThanOrEqual(10);
    expect(Math.max(...delays)).toBeLessThan(30);
    expect(new Set(delays).size).toBeGreaterThan(900);
  });

  it("strike as often as their rates say", () => {
    const faults = createFaults();
    faults.set({
      seed: 9,
      rules: [{ errorRate: 0.4, hangRate: 0.3, swallowAnswerRate: 0.2, cutAnswerRate: 0.1 }],
    });
    const counts: Record<string, number> = {};
    for (let index = 0; index < 10_000; index++) {
      const { kind } = faults.decide(REQUEST).decision;
      counts[kind] = (counts[kind] ?? 0) + 1;
    }
    expect(counts["none"]).toBeUndefined();
    for (const [kind, rate] of Object.entries({
      error: 0.4,
      hang: 0.3,
      "swallow-answer": 0.2,
      "cut-answer": 0.1,
    })) {
      expect(Math.abs((counts[kind] ?? 0) / 10_000 - rate), kind).toBeLessThan(0.02);
    }
  });

  it("repeat with the seed that describe tells", () => {
    const rules = [{ latencyMs: [0, 100] as const, errorRate: 0.5 }];
    const faults = createFaults();
    faults.set({ rules });
    const { seed } = faults.describe();
    const first = Array.from({ length: 50 }, () => faults.decide(REQUEST));
    faults.set({ seed, rules });
    expect(Array.from({ length: 50 }, () => faults.decide(REQUEST))).toEqual(first);
    faults.set({ seed: ((seed ?? 0) + 1) % 2 ** 32, rules });
    expect(Array.from({ length: 50 }, () => faults.decide(REQUEST))).not.toEqual(first);
  });
});

describe("requests to /-/faults", () => {
  it("set, show and clear, and each tells what is set then", () => {
    const faults = createFaults();
    const body = { seed: 3, rules: [{ verbs: ["update"], latencyMs: [1, 2], hangRate: 1, next: 1 }] };
    const set = { seed: 3, rules: [{ ...body.rules[0], suffered: 0 }] };
    expect(answer(faults, "POST", body)).toEqual(set);
    expect(answer(faults, "GET")).toEqual(set);
    faults.decide(REQUEST);
    expect(answer(faults, "GET")).toEqual({ seed: 3, rules: [{ ...body.rules[0], suffered: 1 }] });
    expect(answer(faults, "DELETE")).toEqual({ seed: undefined, rules: [] });
  });

  it("refuse other methods", () => {
    expect(() => answer(createFaults(), "PUT", { rules: [] })).toThrow(
      expect.objectContaining({ code: 405 }),
    );
  });

  const refused: Record<string, [body: unknown, message: string]> = {
    "what is not JSON": ["{", "the body is not JSON: "],
    nothing: ["", "the body is not JSON: "],
    "a list": [[], "Expected `{ seed, rules }` as an object, got []"],
    "one rule without its list": [
      { hangRate: 1 },
      'Expected `{ seed, rules }` to have only seed, rules, got "hangRate"',
    ],
    "no rules": [{}, "Expected `rules` as a list, got nothing"],
    "a rule that is none": [{ rules: ["hang"] }, 'Expected `rules[0]` as an object, got "hang"'],
    "a misspelt key": [{ rules: [{ hang: 1 }] }, 'got "hang"'],
    "a rate in percent": [{ rules: [{ hangRate: 50 }] }, "Expected `rules[0].hangRate` from 0 to 1, got 50"],
    "a rate that is text": [
      { rules: [{ errorRate: "1" }] },
      'Expected `rules[0].errorRate` as a number, got "1"',
    ],
    "rates above 1": [
      { rules: [{ hangRate: 0.6, errorRate: 0.5 }] },
      "Expected the rates of `rules[0]` to add up to at most 1, got 1.1",
    ],
    "a status that is no error": [
      { rules: [{ errorStatus: 200 }] },
      "Expected `rules[0].errorStatus` from 400 to 599, got 200",
    ],
    "a negative delay": [
      { rules: [{ latencyMs: -1 }] },
      "Expected `rules[0].latencyMs` from 0 to 2147483647, got -1",
    ],
    "a range backwards": [
      { rules: [{ latencyMs: [5, 4] }] },
      "Expected `rules[0].latencyMs[1]` from 5 to 2147483647, got 4",
    ],
    "a range of one": [
      { rules: [{ latencyMs: [5] }] },
      "Expected `rules[0].latencyMs` as a number or two of them, got [5]",
    ],
    "no next requests": [{ rules: [{ next: 0 }] }, "Expected `rules[0].next` from 1 to "],
    "half a request": [{ rules: [{ next: 1.5 }] }, "Expected `rules[0].next` as an integer, got 1.5"],
    "an empty list of verbs": [
      { rules: [{ verbs: [] }] },
      "Expected `rules[0].verbs` as a list of at least one string",
    ],
    "a verb that is no list": [
      { rules: [{ verbs: "get" }] },
      "Expected `rules[0].verbs` as a list of at least one string",
    ],
    "a seed that is text": [{ seed: "x", rules: [] }, 'Expected `seed` as a number, got "x"'],
    "a fault that is null": [
      { rules: [{ hangRate: null }] },
      "Expected `rules[0].hangRate` as a number, got null",
    ],
  };
  for (const [what, [body, message]] of Object.entries(refused)) {
    it(`refuse ${what} with 400, and change nothing`, () => {
      const faults = createFaults();
      faults.set({ seed: 1, rules: [{ hangRate: 1 }] });
      const before = faults.describe();
      let refusal: unknown;
      try {
        answer(faults, "POST", body);
      } catch (error) {
        refusal = error;
      }
      expect(refusal).toBeInstanceOf(ApiError);
      expect(refusal).toMatchObject({
        code: 400,
        reason: "BadRequest",
        message: expect.stringContaining(`Cannot set faults: `),
      });
      expect(refusal).toHaveProperty("message", expect.stringContaining(message));
      expect(faults.describe()).toEqual(before);
    });
  }
});

function decided(rule: FaultRule) {
  const faults = createFaults();
  faults.set({ rules: [rule] });
  return faults.decide(REQUEST).decision;
}

function answer(faults: ReturnType<typeof createFaults>, method: string, body: unknown = "") {
  return answerFaultsRequest(faults, {
    method,
    body: Buffer.from(typeof body === "string" ? body : JSON.stringify(body)),
  });
}
