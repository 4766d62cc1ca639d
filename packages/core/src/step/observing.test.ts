import { describe, expect, it } from "vitest";
import { CONFLICT, Play, UNKNOWN } from "../elector-step.fixture.ts";

function messages(p: Play): string[] {
  return p.effects.flatMap((effect) => {
    if (effect.kind === "anomaly") return [effect.anomaly.message];
    return effect.kind === "error" ? [effect.error.message] : [];
  });
}

describe("reports", () => {
  it("R8: another's use of our name is not news again because the lock was free between", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    const anomalies = ["me", "me", "", "me", "me"].map((holderIdentity) => {
      p.find(p.stored({ holderIdentity }));
      const count = p.told.filter((what) => what.startsWith("anomaly")).length;
      p.pass(2_200);
      if (p.phase === "acquiring") p.answer(CONFLICT).pass(2_200);
      return count;
    });
    expect(anomalies).toEqual([0, 1, 0, 0, 0]);
  });

  it("a free record has no leader, and no lease to mention", () => {
    const p = new Play().feed({ kind: "start", goal: "run" });
    p.find(p.stored({ holderIdentity: "", leaseDurationMs: 4 * 3_600_000 }));
    expect(p.told).toEqual([]);
  });

  it("have the numbers and the names in them", () => {
    const long = new Play().feed({ kind: "start", goal: "run" });
    long.find(long.stored({ leaseDurationMs: 7_200_000 }));
    expect(messages(long)).toEqual([expect.stringMatching(/"x".* 7200000 ms/)]);

    const shorter = new Play().acquiring().confirm({}, { leaseDurationMs: 1_000 });
    expect(messages(shorter)).toEqual([expect.stringMatching(/ 1000 ms .* 15000 ms/)]);

    const regression = new Play().feed({ kind: "start", goal: "run" });
    regression.find({ ...regression.stored(), fencingToken: 20n }).pass(2_200);
    regression.find({ ...regression.stored(), fencingToken: 12n });
    expect(messages(regression)).toEqual([expect.stringContaining("from 20 to 12")]);

    const duplicate = new Play().feed({ kind: "start", goal: "run" });
    duplicate.find(duplicate.stored({ holderIdentity: "me" })).pass(2_200);
    duplicate.find(duplicate.stored({ holderIdentity: "me" }));
    expect(messages(duplicate)).toEqual([expect.stringContaining('"me"')]);

    const drained = new Play({ drainTimeoutMs: 1_500 }).draining().pass(1_500);
    expect(messages(drained)).toEqual([expect.stringContaining(" 1500 ms")]);
  });
});

describe("requests", () => {
  it("never bear a number again: a late answer is nobody else's", () => {
    const p = new Play().leading();
    const ids: number[] = [];
    for (let i = 0; i < 5; i += 1) {
      p.pass(2_000);
      ids.push(p.state.call?.id ?? Number.NaN);
      p.answer(CONFLICT);
      ids.push(p.state.call?.id ?? Number.NaN);
      p.find(p.state.view?.current).pass(2_200);
      ids.push(p.state.call?.id ?? Number.NaN);
      p.confirm();
    }
    expect(ids).toEqual([...new Set(ids)].sort((a, b) => a - b));
    expect(ids).not.toContain(Number.NaN);
  });

  it("leave the newest 32 fingerprints", () => {
    const p = new Play().leading();
    for (let i = 0; i < 40; i += 1) p.pass(2_000).confirm();
    expect(p.state.ownFingerprints).toHaveLength(32);
    expect(p.state.ownFingerprints.at(-1)).toBe(`${p.state.view?.current?.record.renewTime} me`);
    expect(p.pass(2_000).answer(UNKNOWN).phase).toBe("leading");
  });
});
