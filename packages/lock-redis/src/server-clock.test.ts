import { FakeClock } from "@tenure/core/testing";
import { expect, it } from "vitest";
import { ServerClock } from "./server-clock.ts";

const MICROS = 1_764_093_600_123_456;

it("reckons the server's time at a moment from its last word, whatever time it is by now", async () => {
  const clock = new FakeClock();
  const server = new ServerClock(clock, MICROS);
  const deadlineMs = clock.now() + 5_000;
  const first = server.at(deadlineMs);
  expect(first).toBe(String(MICROS + 5_000_000));
  // The process stands still after it has looked how much time is left.
  await clock.advance(4_000);
  expect(server.at(deadlineMs)).toBe(first);
  server.note(MICROS + 60_000_000);
  expect(server.at(deadlineMs)).toBe(String(MICROS + 61_000_000));
});

it("rounds down, so that nothing is permitted that was not", () => {
  const clock = new FakeClock();
  expect(new ServerClock(clock, MICROS).at(clock.now() + 0.0005)).toBe(String(MICROS));
});
