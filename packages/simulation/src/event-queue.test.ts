import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";
import { RandomStream } from "./random.ts";

/** Runs what happens until then; returns nothing, the events keep their own book. */
function runUntil(queue: EventQueue, untilMs: number): void {
  for (let next = queue.next(untilMs); next !== undefined; next = queue.next(untilMs)) next();
}

describe("the event queue", () => {
  it("lets things happen in the order of time, whatever the order in which they were scheduled", () => {
    const queue = new EventQueue();
    const random = new RandomStream(1, "times");
    const happened: number[] = [];
    const times = Array.from({ length: 500 }, () => random.whole(0, 300));
    for (const atMs of times) queue.schedule(atMs, () => happened.push(queue.nowMs));
    runUntil(queue, 1000);
    expect(happened).toEqual(times.toSorted((a, b) => a - b));
  });

  it("keeps the order of scheduling for things at one time, also when others are taken out between", () => {
    const queue = new EventQueue();
    const happened: string[] = [];
    for (const name of ["a", "b", "c", "d", "e"]) {
      queue.schedule(10, () => happened.push(name));
      queue.schedule(5, () => happened.push("early"));
    }
    queue.schedule(10, () => queue.after(0, () => happened.push("last")));
    queue.schedule(10, () => happened.push("f"));
    runUntil(queue, 10);
    expect(happened).toEqual([...new Array(5).fill("early"), "a", "b", "c", "d", "e", "f", "last"]);
  });

  it("leaves out what was cancelled", () => {
    const queue = new EventQueue();
    const happened: string[] = [];
    const cancelled = queue.schedule(1, () => happened.push("cancelled"));
    queue.schedule(1, () => happened.push("kept"));
    cancelled.happen = undefined;
    runUntil(queue, 5);
    expect(happened).toEqual(["kept"]);
  });

  it("goes no further than it is told, and then stands exactly there", () => {
    const queue = new EventQueue();
    const happened: number[] = [];
    for (const atMs of [10, 20, 20.5]) queue.schedule(atMs, () => happened.push(queue.nowMs));
    runUntil(queue, 20);
    expect(happened).toEqual([10, 20]);
    expect(queue.nowMs).toBe(20);
    runUntil(queue, 30);
    expect(happened).toEqual([10, 20, 20.5]);
    expect(queue.nowMs).toBe(30);
  });

  it("lets what was due in the past happen now: time does not go back", () => {
    const queue = new EventQueue();
    const happened: number[] = [];
    queue.schedule(10, () => queue.schedule(3, () => happened.push(queue.nowMs)));
    runUntil(queue, 20);
    expect(happened).toEqual([10]);
  });
});
