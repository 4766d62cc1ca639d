import { describe, expect, it } from "vitest";
import { generate } from "./generate.ts";
import { type Outcome, run } from "./run.ts";

const SEEDS = [1, 2, 3, 4, 5, 6];

describe("RegisterRecorder", () => {
  it("leaves the world as it was", async () => {
    for (const seed of SEEDS) {
      const without = await runShort(seed, false);
      const recorded = await runShort(seed, true);
      expect(without.histories).toBeUndefined();
      expect({ ...recorded, histories: undefined }).toEqual(without);
    }
  });

  it("keeps every write that a task sent, once, with what its caller learnt, and what an onlooker read", async () => {
    const outcomes = await Promise.all(SEEDS.map((seed) => runShort(seed, true)));
    const seen = new Set<string>();
    for (const { histories } of outcomes) {
      const operations = histories?.fenced.operations ?? [];
      const values = operations.flatMap((operation) => (operation.kind === "write" ? [operation.value] : []));
      expect(values).toEqual(values.map((_, index) => index + 1));
      for (const { kind, outcome, callMs, returnMs } of operations) {
        seen.add(`${kind} ${outcome}`);
        expect(returnMs === null).toBe(outcome === "unknown");
        if (returnMs !== null) expect(returnMs).toBeGreaterThanOrEqual(callMs);
      }
    }
    for (const what of ["write accepted", "write unknown", "read accepted"]) expect(seen).toContain(what);
  });

  it("shows the unfenced register with the same calls, none of them rejected", async () => {
    const { histories } = await runShort(3, true);
    const calls = (which: "fenced" | "unfenced"): readonly number[] =>
      histories?.[which].operations.map(({ callMs }) => callMs) ?? [];
    expect(calls("unfenced")).toEqual(calls("fenced"));
    expect(histories?.unfenced.operations.some(({ outcome }) => outcome === "rejected")).toBe(false);
  });
});

function runShort(seed: number, history: boolean): Promise<Outcome> {
  const scenario = generate(seed, { settings: "default", chaosMs: 300_000 });
  return run({ ...scenario, workEveryMs: 1000 }, { history });
}
