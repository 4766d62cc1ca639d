import { expect, it } from "vitest";
import { decodeReply, encodeCommand, RedisReplyError } from "./resp.ts";

it("writes a command with the length of each argument in bytes", () => {
  expect(encodeCommand(["SET", "é", 1]).toString("utf8")).toBe("*3\r\n$3\r\nSET\r\n$2\r\né\r\n$1\r\n1\r\n");
});

it.each([
  ["+OK\r\n", "OK"],
  [":-3\r\n", -3],
  ["$3\r\né1\r\n", "é1"],
  ["$0\r\n\r\n", ""],
  ["$-1\r\n", null],
  ["*-1\r\n", null],
  ["*3\r\n:1\r\n*1\r\n$1\r\na\r\n$-1\r\n", [1, ["a"], null]],
])("reads %j, and waits while any of it is missing", (text, reply) => {
  const bytes = Buffer.from(text, "utf8");
  expect(decodeReply(Buffer.concat([bytes, Buffer.from("+next")]))).toEqual({ reply, end: bytes.length });
  for (let length = 0; length < bytes.length; length++) {
    expect(decodeReply(bytes.subarray(0, length))).toBeUndefined();
  }
});

it("reads an error, and refuses what is no reply", () => {
  expect(decodeReply(Buffer.from("-ERR no\r\n"))).toEqual({ reply: new RedisReplyError("ERR no"), end: 9 });
  expect(() => decodeReply(Buffer.from("HTTP/1.1 200\r\n"))).toThrow("Expected a RESP2 reply");
});
