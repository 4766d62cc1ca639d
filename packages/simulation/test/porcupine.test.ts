import { expect, it } from "vitest";
import type {
  RegisterHistory,
  RegisterOperation,
  RegisterRead,
  RegisterWrite,
  UnknownRead,
  UnknownWrite,
} from "../src/register-history.ts";
import { findPorcupine, judge, runGo } from "./porcupine.ts";
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
