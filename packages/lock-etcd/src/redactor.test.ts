import { expect, it } from "vitest";
import { createRedactor } from "./redactor.ts";

it("takes out what was sent, the longest first", () => {
  const redact = createRedactor(["token-abc", "Bearer token-abc", ""]);
  expect(redact("you sent Bearer token-abc and token-abc")).toBe("you sent [redacted] and [redacted]");
});

it("leaves words alone that only look like a short secret", () => {
  expect(createRedactor(["a", "pw"])("a password")).toBe("a password");
});

it("makes one readable line", () => {
  expect(createRedactor([])("a\u001b[31m\r\nb\u0000")).toBe("a [31m b");
  expect(createRedactor([])("x".repeat(5000))).toHaveLength(1001);
});
