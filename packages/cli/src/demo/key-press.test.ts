import { expect, it } from "vitest";
import { FIRST_LEADS, stateAfter } from "./demo.fixture.ts";
import type { Deed } from "./demo-event.ts";
import { type ReplicaState, replicaOf } from "./demo-state.ts";
import { deedOf, readKey } from "./key-press.ts";

it.each([
  ["q", { kind: "quit" }],
  ["3", { kind: "choose", index: 2 }],
  ["up", { kind: "move", by: -1 }],
  ["down", { kind: "move", by: 1 }],
  ["l", { kind: "choose-leader" }],
  ["k", { kind: "act", act: "kill" }],
  ["r", { kind: "act", act: "start" }],
  ["x", undefined],
  ["0", undefined],
  ["constructor", undefined],
])("reads %s", (name, meaning) => {
  expect(readKey({ name })).toEqual(meaning);
});

it("quits with Ctrl-C, and does not cut anybody off", () => {
  expect(readKey({ name: "c", ctrl: true })).toEqual({ kind: "quit" });
  expect(readKey({ name: "k", ctrl: true })).toBeUndefined();
});

it("undoes a freeze and a cut with the same key", () => {
  const after = (deed: Deed): ReplicaState => {
    const state = stateAfter([...FIRST_LEADS, [2_000, 1, { kind: "deed", deed }]]);
    return replicaOf(state, "replica-1") as ReplicaState; // it has three
  };
  expect(deedOf("freeze", after("freeze"))).toBe("thaw");
  expect(deedOf("freeze", after("thaw"))).toBe("freeze");
  expect(deedOf("cut", after("cut"))).toBe("heal");
  expect(deedOf("kill", after("cut"))).toBe("kill");
});
