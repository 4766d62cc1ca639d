import { expect, it } from "vitest";
import { recordKey } from "./record-key.ts";

const key = (name: string, prefix = "lease:"): string => recordKey({ name, prefix, database: 0 }).key;

it("puts the name into braces, so that a cluster keeps all of it in one slot", () => {
  expect(key("scheduler")).toBe("lease:{scheduler}");
  expect(key("team-a/jobs:nightly_1.2")).toBe("lease:{team-a/jobs:nightly_1.2}");
});

it("keeps names apart that differ in one odd character only", () => {
  const names = [
    "a",
    "A",
    "a ",
    "a}",
    "a{",
    "{a}",
    "a%7D",
    "a*",
    "a?",
    "a[b]",
    "ä",
    "a\u0308",
    "a\n",
    "a/",
    "a:",
    "a'",
    "a(",
    "a~",
  ];
  expect(new Set(names.map((name) => key(name))).size).toBe(names.length);
  for (const name of names) expect(key(name)).toMatch(/^lease:\{[A-Za-z0-9%\-_.:/]+\}$/);
});

it("publishes per database, since channels know none", () => {
  expect(recordKey({ name: "a", prefix: "p:", database: 3 })).toEqual({
    key: "p:{a}",
    channel: "p:{a}@3",
    database: 3,
  });
});

it.each([
  [{ name: "" }, "Expected `name` not to be empty"],
  [{ name: "\ud800" }, "Expected `name` as well-formed Unicode"],
  [{ name: "x".repeat(513) }, "Expected `name` of at most 512 characters, got one of 513"],
  [{ prefix: "a{b" }, 'Expected `prefix` without braces, spaces and control characters, got "a{b"'],
  [{ database: Number.NaN }, "Expected the client's `db` as an integer from 0 on, got NaN"],
])("refuses %j", (wrong, message) => {
  expect(() => recordKey({ name: "a", prefix: "", database: 0, ...wrong })).toThrow(new RangeError(message));
});

it.each([
  [undefined, "undefined"],
  [null, "null"],
  [7, "number"],
])("refuses the name %s", (name, type) => {
  // What untyped callers pass.
  const options = { name: name as unknown as string, prefix: "", database: 0 };
  expect(() => recordKey(options)).toThrow(new TypeError(`Expected \`name\` as a string, got ${type}`));
});
