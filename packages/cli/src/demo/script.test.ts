import { expect, it } from "vitest";
import { checkScript, DEFAULT_SCRIPT, parseScript } from "./script.ts";

it.each([
  ["kill, freeze, cut, heal, stop", ["kill", "freeze", "cut", "heal", "stop"]],
  ["kill,kill", ["kill", "kill"]],
  [" cut  heal\ncut ", ["cut", "heal", "cut"]],
])("reads %j", (text, steps) => {
  expect(parseScript(text)).toEqual(steps);
});

it.each([
  ["", /Expected steps out of kill, freeze, cut, heal, stop\./],
  [" , ", /Expected steps out of/],
  ["kill, explode", /got "explode"/],
  ["heal", /"cut" before "heal"/],
  ["cut, heal, heal", /"cut" before "heal"/],
])("refuses %j", (text, message) => {
  expect(() => parseScript(text)).toThrow(message);
});

it("has a default that two replicas can do", () => {
  expect(() => checkScript(DEFAULT_SCRIPT, 2)).not.toThrow();
});

it("refuses a script that leaves nobody to take over", () => {
  expect(() => checkScript(["cut", "cut"], 3)).not.toThrow();
  expect(() => checkScript(["cut", "cut", "kill"], 3)).toThrow(/"heal" before "kill"/);
  expect(() => checkScript(["cut", "cut", "heal", "kill"], 3)).not.toThrow();
});
