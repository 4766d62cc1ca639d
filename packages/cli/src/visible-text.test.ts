import { expect, it } from "vitest";
import { visible } from "./visible-text.ts";

it("shows what could steer a terminal, and leaves the rest", () => {
  expect(visible("pod-1_ä日本🙂")).toBe("pod-1_ä日本🙂");
  expect(visible("a\u001b[2Jb\r\nc\u0007\u009b\u202e")).toBe(
    "a\\u001b[2Jb\\u000d\\u000ac\\u0007\\u009b\\u202e",
  );
});
