import { expect, it } from "vitest";
import { parseStat } from "./process-tree.ts";

it("reads state, group and session, whatever the program calls itself", () => {
  const rest = "1 4711 4700 0 -1 4194304 100 0 0 0";
  expect(parseStat(`4712 (sleep) S ${rest}`)).toEqual({ state: "S", group: 4711, session: 4700 });
  expect(parseStat(`4712 (a) Z (b) R ${rest}`)).toEqual({ state: "R", group: 4711, session: 4700 });
});

it("has nothing to say of a process that is gone", () => {
  expect(parseStat("")).toBeUndefined();
});
