import { getEventListeners } from "node:events";
import { expect, it } from "vitest";
import { FakeClock } from "../testing/fake-clock.ts";
import { Interrupted, Interruption } from "./interruption.ts";

function world() {
  const clock = new FakeClock();
  const caller = new AbortController();
  const closing = new AbortController();
  const interruption = new Interruption({
    clock,
    timeoutMs: 100,
    signal: caller.signal,
    closing: [closing.signal],
  });
  return { clock, caller, closing, interruption };
}

const never = new Promise<never>(() => {});

it.each([
  ["its deadline", "deadline", { kind: "deadline", timeoutMs: 100 }],
  ["its caller", "caller", { kind: "aborted", reason: "enough" }],
  ["closing", "closing", { kind: "closed" }],
] as const)("%s ends the wait, and is known afterwards", async (_, by, interrupt) => {
  const { clock, interruption, ...ends } = world();
  const waiting = interruption.orElse(never).catch((error: unknown) => error);
  expect(() => interruption.check()).not.toThrow();
  if (by === "deadline") await clock.advance(100);
  else ends[by].abort("enough");
  expect(await waiting).toBeInstanceOf(Interrupted);
  expect(await waiting).toMatchObject({ interrupt });
  expect(() => interruption.check()).toThrow(Interrupted);
  // What came first stays the reason.
  ends.caller.abort("too late");
  ends.closing.abort();
  await expect(interruption.orElse(never)).rejects.toMatchObject({ interrupt });
  interruption.dispose();
});

it("gives what the work gives while nothing ends it", async () => {
  const { interruption } = world();
  expect(await interruption.orElse(Promise.resolve(7))).toBe(7);
  await expect(interruption.orElse(Promise.reject(new Error("no")))).rejects.toThrow("no");
  interruption.dispose();
});

it("is there from the start where a signal had aborted before", () => {
  const clock = new FakeClock();
  const signal = AbortSignal.abort("before");
  const interruption = new Interruption({ clock, timeoutMs: 100, signal, closing: [] });
  expect(() => interruption.check()).toThrow(Interrupted);
  interruption.dispose();
});

it("tells what is left of the timeout, and never less than one millisecond", async () => {
  const { clock, interruption } = world();
  await clock.advance(30);
  expect(interruption.remainingMs).toBe(70);
  await clock.advance(300);
  expect(interruption.remainingMs).toBe(1);
  interruption.dispose();
});

it("leaves no timer and no listener behind", () => {
  const { clock, caller, closing, interruption } = world();
  const listeners = () => [caller, closing].map(({ signal }) => getEventListeners(signal, "abort").length);
  expect([clock.pendingTimers, ...listeners()]).toEqual([1, 1, 1]);
  interruption.dispose();
  expect([clock.pendingTimers, ...listeners()]).toEqual([0, 0, 0]);
});
