import { beforeAll, describe, expect, it } from "vitest";
import type {
  RegisterHistory,
  RegisterOperation,
  RegisterRead,
  RegisterWrite,
  UnknownRead,
  UnknownWrite,
} from "../src/register-history.ts";
import { findPorcupine, judge, runGo } from "./porcupine.ts";
import { type RegisterWorld, runRegisterWorlds } from "./register-worlds.ts";
import { describeWithTool } from "./tool.ts";

describeWithTool("the porcupine program", await findPorcupine(), (porcupine) => {
  it("passes its own tests", async () => {
    const { exitCode, stdout, stderr } = await runGo(["test", "./..."]);
    expect(exitCode, `${stdout}${stderr}`).toBe(0);
  });

  it("accepts histories of a register that fences", async () => {
    const good = [
      history("nothing happened"),
      history(
        "terms one after another",
        wrote(0, "12", 5, [1.25, 2.5]),
        read(1, "12", 5, [3, 4]),
        wrote(1, "9007199254740993", 6, [5, 6]),
        { ...wrote(0, "9007199254740992", 7, [7, 8]), outcome: "rejected" },
        read(2, "9007199254740993", 6, [9, 10]),
      ),
      history(
        "a write lands after its term, and is rejected",
        unansweredWrite(0, "12", 5, 1),
        wrote(1, "13", 6, [2, 3]),
        read(1, "13", 6, [900, 901]),
      ),
      history(
        "a write lands late, before the next term",
        unansweredWrite(0, "12", 5, 1),
        read(1, "0", 0, [2, 3]),
        read(1, "12", 5, [900, 901]),
        unansweredRead(1, 902),
        wrote(1, "13", 6, [903, 904]),
      ),
    ];
    const { exitCode, verdicts } = await judge(porcupine, good);
    expect(verdicts).toEqual(good.map(({ name }) => ({ name, result: "ok" })));
    expect(exitCode).toBe(0);
  });

  it("refuses histories of a register that does not", async () => {
    const bad = [
      history("an older token after a newer one", wrote(0, "12", 5, [1, 2]), wrote(1, "11", 6, [3, 4])),
      history(
        "an older token after a newer one was seen",
        unansweredWrite(0, "12", 5, 1),
        read(1, "12", 5, [2, 3]),
        wrote(1, "11", 6, [4, 5]),
      ),
      history("a newer token is rejected", wrote(0, "12", 5, [1, 2]), {
        ...wrote(1, "13", 6, [3, 4]),
        outcome: "rejected",
      }),
      history("an accepted write is lost", wrote(0, "12", 5, [1, 2]), read(1, "0", 0, [3, 4])),
    ];
    const good = history("a good one among them", wrote(0, "1", 1, [1, 2]));
    const { exitCode, verdicts } = await judge(porcupine, [...bad, good]);
    expect(verdicts).toEqual([
      ...bad.map(({ name }) => ({ name, result: "illegal" })),
      { name: good.name, result: "ok" },
    ]);
    expect(exitCode).toBe(1);
  });

  describe("in histories of simulated worlds, with pauses, crashes, lost answers and late landings", () => {
    let worlds: readonly RegisterWorld[] = [];
    beforeAll(async () => {
      worlds = await runRegisterWorlds(67);
    });

    it("finds nothing wrong with the fenced register, whatever clocks do (S5)", async () => {
      const histories = worlds.map(({ fenced }) => fenced);
      const { verdicts } = await judge(porcupine, histories);
      expect(verdicts).toEqual(histories.map(({ name }) => ({ name, result: "ok" })));
      // It was put to the test: callers saw all that can become of a write.
      const operations = histories.flatMap((history) => history.operations);
      const counts = { read: 0, accepted: 0, rejected: 0, unknown: 0 };
      for (const { kind, outcome } of operations) counts[kind === "read" ? "read" : outcome] += 1;
      expect(counts.read).toBeGreaterThan(10_000);
      expect(counts.accepted).toBeGreaterThan(10_000);
      expect(counts.unknown).toBeGreaterThan(1000);
      expect(counts.rejected).toBeGreaterThan(10);
    });

    it("finds the unfenced register out, in worlds where it took what a fence refuses", async () => {
      const violated = worlds.filter(({ unfencedViolations }) => unfencedViolations > 0);
      const { verdicts } = await judge(
        porcupine,
        violated.map(({ unfenced }) => unfenced),
        "200ms",
      );
      const illegal = verdicts.filter(({ result }) => result === "illegal");
      expect(illegal.length).toBeGreaterThan(0);
    });

    it("finds nothing wrong with the unfenced register where no late write came", async () => {
      const spared = worlds.filter(({ unfencedViolations }) => unfencedViolations === 0);
      const histories = spared.map(({ unfenced }) => unfenced);
      const { verdicts } = await judge(porcupine, histories);
      expect(histories.length).toBeGreaterThan(0);
      expect(verdicts).toEqual(histories.map(({ name }) => ({ name, result: "ok" })));
    });
  });
});

function history(name: string, ...operations: RegisterOperation[]): RegisterHistory {
  return { name, operations };
}

type Times = readonly [callMs: number, returnMs: number];

function wrote(client: number, token: string, value: number, [callMs, returnMs]: Times): RegisterWrite {
  return { client, kind: "write", token, value, callMs, returnMs, outcome: "accepted" };
}

function unansweredWrite(client: number, token: string, value: number, callMs: number): UnknownWrite {
  return { client, kind: "write", token, value, callMs, returnMs: null, outcome: "unknown" };
}

function unansweredRead(client: number, callMs: number): UnknownRead {
  return { client, kind: "read", callMs, returnMs: null, outcome: "unknown" };
}

function read(client: number, token: string, value: number, [callMs, returnMs]: Times): RegisterRead {
  return { client, kind: "read", token, value, callMs, returnMs, outcome: "accepted" };
}
