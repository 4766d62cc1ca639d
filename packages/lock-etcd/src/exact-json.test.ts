import { expect, it } from "vitest";
import { isJsonObject, numberIn, parseExactJson } from "./exact-json.ts";

it.each([
  '{"a":9007199254740993}',
  '{"a":-0,"b":0,"c":-1}',
  '{"a":1e400,"b":-1e400,"c":1E5,"d":1.0,"e":0.1000}',
  '{"a":123456789012345678901234567890.5}',
  '{"__proto__":{"x":1},"constructor":2,"toString":null}',
  '[1,"two",null,true,[],{}]',
  '{"text":"\\"1e400\\" \\u0001 ä 😀"}',
])("writes %s back as it was", (text) => {
  expect(JSON.stringify(parseExactJson(text))).toBe(text);
});

it("leaves ordinary numbers numbers", () => {
  expect(parseExactJson('{"a":15,"b":0.5,"c":[-3]}')).toEqual({ a: 15, b: 0.5, c: [-3] });
});

it("still tells what number an odd one is", () => {
  const { a, b, c } = parseExactJson('{"a":1e400,"b":15.0,"c":"15"}') as Record<string, unknown>;
  expect([a, b, c].map(numberIn)).toEqual([Number.POSITIVE_INFINITY, 15, Number.NaN]);
  expect([a, null, [], "x", undefined].some(isJsonObject)).toBe(false);
});

it("pollutes nothing", () => {
  const parsed = parseExactJson('{"__proto__":{"polluted":true}}');
  expect(Object.keys({ ...(parsed as object) })).toEqual(["__proto__"]);
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});
