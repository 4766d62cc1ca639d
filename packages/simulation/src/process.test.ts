import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";
import { Machine } from "./machine.ts";
import { SimulatedProcess } from "./process.ts";

function start() {
  const queue = new EventQueue();
  const machine = new Machine(queue, { rate: 1, wallMs: 0 });
  const happened: string[] = [];
  const process = new SimulatedProcess(machine, () => happened.push("turn ended"));
  return {
    machine,
    process,
    happened,
    /** Something that says so when it happens. */
    does: (what: string) => () => void happened.push(what),
    advance(ms: number): void {
      const untilMs = queue.nowMs + ms;
      for (let next = queue.next(untilMs); next !== undefined; next = queue.next(untilMs)) next();
    },
  };
}

describe("a simulated process", () => {
  it("takes a turn at once while it runs, and says when each has ended", () => {
    const { process, does, happened } = start();
    process.deliver(does("a"));
    process.deliver(does("b"));
    expect(happened).toEqual(["a", "turn ended", "b", "turn ended"]);
  });

  it("lets turns wait in a pause, in the order of their arrival", () => {
    const { process, does, happened, advance } = start();
    process.pause();
    process.setTimer(does("timer"), 100);
    process.deliver(does("answer"));
    advance(1000);
    process.deliver(does("late answer"));
    expect(happened).toEqual([]);
    for (const turn of process.resume()) process.deliver(turn);
    expect(happened.filter((what) => what !== "turn ended")).toEqual(["answer", "timer", "late answer"]);
    expect(process.resume()).toEqual([]);
  });

  it("reads clocks that do not pause with it", () => {
    const { process, advance } = start();
    const beganAtMs = process.now();
    process.pause();
    advance(1000);
    expect(process.now() - beganAtMs).toBe(1000);
  });

  it("does not run while its machine sleeps, and stays paused when that wakes up", () => {
    const { process, machine, does, happened } = start();
    machine.sleep();
    process.deliver(does("a"));
    expect(process.running).toBe(false);
    expect(process.resume()).toEqual([]);
    process.pause();
    machine.wakeUp();
    expect(process.running).toBe(false);
    expect(happened).toEqual([]);
    expect(process.resume()).toHaveLength(1);
  });

  it("counts the timers that were set and neither rang nor were cancelled", () => {
    const { process, does, advance } = start();
    process.setTimer(does("a"), 10);
    const timer = process.setTimer(does("b"), 20);
    process.later(10, does("not the elector's"));
    expect(process.pendingTimers).toBe(2);
    advance(10);
    expect(process.pendingTimers).toBe(1);
    timer.cancel();
    expect(process.pendingTimers).toBe(0);
  });

  it("does not call back a timer that was cancelled while its turn waited", () => {
    const { process, does, happened, advance } = start();
    const timer = process.setTimer(does("timer"), 10);
    process.pause();
    advance(100);
    timer.cancel();
    for (const turn of process.resume()) process.deliver(turn);
    expect(happened).not.toContain("timer");
  });

  it("does nothing any more once it was killed: no turn, no timer, nothing that waited", () => {
    const { process, does, happened, advance } = start();
    process.setTimer(does("timer"), 10);
    process.later(10, does("later"));
    process.pause();
    process.deliver(does("waited"));
    process.kill();
    process.deliver(does("arrived"));
    advance(100);
    expect(process.alive).toBe(false);
    expect(process.resume()).toEqual([]);
    expect(happened).toEqual([]);
    expect(process.pendingTimers).toBe(0);
  });
});
