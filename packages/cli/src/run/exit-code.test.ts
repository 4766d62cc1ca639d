import { expect, it } from "vitest";
import { exitCodeOf } from "./exit-code.ts";

it.each([
  [{ kind: "exited", code: 0, signal: null }, 0],
  [{ kind: "exited", code: 42, signal: null }, 42],
  [{ kind: "exited", code: null, signal: "SIGTERM" }, 143],
  [{ kind: "exited", code: null, signal: "SIGKILL" }, 137],
  [{ kind: "not-started", code: "ENOENT" }, 127],
  [{ kind: "not-started", code: "EACCES" }, 126],
  [{ kind: "not-started", code: undefined }, 125],
  [{ kind: "guard-lost", message: "killed" }, 137],
] as const)("ends %j with %i, as a shell does", (end, code) => {
  expect(exitCodeOf(end)).toBe(code);
});
