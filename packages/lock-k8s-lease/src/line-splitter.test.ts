import { expect, it } from "vitest";
import { LineSplitter } from "./line-splitter.ts";

it("gives whole lines, however they are cut", () => {
  const bytes = Buffer.from('{"a":"ä😀"}\n\n{"b":1}\r\n{"c":');
  for (let size = 1; size <= bytes.length; size += 1) {
    const splitter = new LineSplitter(1000);
    const lines: string[] = [];
    for (let at = 0; at < bytes.length; at += size)
      lines.push(...splitter.push(bytes.subarray(at, at + size)));
    expect(lines).toEqual(['{"a":"ä😀"}', '{"b":1}']);
  }
});

it("refuses a line that never ends", () => {
  const splitter = new LineSplitter(10);
  expect(splitter.push(Buffer.from("12345\n12345"))).toEqual(["12345"]);
  expect(() => splitter.push(Buffer.from("678901"))).toThrow(/longer than 10 bytes/);
});
