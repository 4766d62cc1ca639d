import { describe, expect, it } from "vitest";
import { Trace } from "./trace.ts";

function traceOf(
  ...entries: readonly [identity: string, event: string, atMs: number, token?: bigint | undefined][]
): Trace {
  const trace = new Trace();
  for (const [identity, event, atMs, token] of entries) trace.add({ identity, event, atMs, token });
  return trace;
}

describe("a trace", () => {
  it("is safe when each term ends before the next begins, in whatever order it was told", () => {
    const trace = traceOf(
      ["b", "started", 30, 2n],
      ["a", "started", 10, 1n],
      ["a", "cancelled", 20],
      ["a", "stopped", 40],
      ["b", "killed", 50],
      ["a", "started", 60, 3n],
    );
    trace.assertSafe();
    expect(trace.terms).toMatchObject([
      { identity: "a", startMs: 10, endMs: 20 },
      { identity: "b", startMs: 30, endMs: 50 },
      { identity: "a", startMs: 60, endMs: Number.POSITIVE_INFINITY },
    ]);
  });

  it("is not when two terms overlap", () => {
    const trace = traceOf(["a", "started", 10, 1n], ["b", "started", 19, 2n], ["a", "cancelled", 20]);
    expect(() => trace.assertSafe()).toThrow("b began to lead 1 ms before a stopped");
  });

  it("is not when the first one never ended", () => {
    expect(() => traceOf(["a", "started", 10, 1n], ["b", "started", 19, 2n]).assertSafe()).toThrow(
      "b began to lead",
    );
  });

  it("is not when a token does not grow, or is missing", () => {
    for (const token of [1n, 0n, undefined]) {
      const trace = traceOf(["a", "started", 10, 1n], ["a", "killed", 20], ["b", "started", 30, token]);
      expect(() => trace.assertSafe()).toThrow("Expected tokens to grow");
    }
  });
});
