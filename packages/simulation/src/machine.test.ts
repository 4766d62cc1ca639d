import { describe, expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";
import { Machine } from "./machine.ts";

const WALL_MS = Date.UTC(2026, 0, 1);

function start(rate = 1): { queue: EventQueue; machine: Machine; advance(ms: number): void } {
  const queue = new EventQueue();
  const machine = new Machine(queue, { rate, wallMs: WALL_MS });
  const advance = (ms: number): void => {
    const untilMs = queue.nowMs + ms;
    for (let next = queue.next(untilMs); next !== undefined; next = queue.next(untilMs)) next();
  };
  return { queue, machine, advance };
}

/** By how much the three clocks move while `happen` runs. */
function passed(machine: Machine, happen: () => void): { monotonic: number; boot: number; wall: number } {
  const before = { monotonic: machine.now(), boot: machine.bootTime(), wall: machine.wallTime() };
  happen();
  return {
    monotonic: machine.now() - before.monotonic,
    boot: machine.bootTime() - before.boot,
    wall: machine.wallTime() - before.wall,
  };
}

describe("a machine's clocks", () => {
  it("stand still in a sleep where they are monotonic, and go on where they are boot and wall time", () => {
    const { machine, advance } = start();
    const clocks = passed(machine, () => {
      advance(1000);
      machine.sleep();
      advance(60_000);
      machine.wakeUp();
      advance(500);
    });
    expect(clocks).toEqual({ monotonic: 1500, boot: 61_500, wall: 61_500 });
  });

  it("all run at the machine's rate, and at a new one from the moment it changes", () => {
    const { machine, advance } = start(1.5);
    const clocks = passed(machine, () => {
      advance(1000);
      machine.setRate(0.5);
      advance(1000);
    });
    expect(clocks).toEqual({ monotonic: 2000, boot: 2000, wall: 2000 });
  });

  it("tick boot time in ten milliseconds", () => {
    const { machine, advance } = start();
    const seen = new Set<number>();
    const began = machine.bootTime();
    for (let ms = 0; ms < 30; ms++) {
      seen.add(machine.bootTime() - began);
      advance(1);
    }
    expect([...seen]).toEqual([0, 10, 20]);
  });

  it("step as wall time alone, either way", () => {
    const { machine } = start();
    expect(passed(machine, () => machine.stepWallClock(3_600_000))).toEqual({
      monotonic: 0,
      boot: 0,
      wall: 3_600_000,
    });
    expect(passed(machine, () => machine.stepWallClock(-5)).wall).toBe(-5);
  });

  it("stand still while a virtual machine is paused, but for wall time", () => {
    const { machine, advance } = start();
    machine.freeze();
    expect(passed(machine, () => advance(5000))).toEqual({ monotonic: 0, boot: 0, wall: 5000 });
    machine.wakeUp();
    expect(passed(machine, () => advance(5000))).toEqual({ monotonic: 5000, boot: 5000, wall: 5000 });
  });

  it("keep a step of the wall clock through a sleep and a change of rate", () => {
    const { machine, advance } = start();
    machine.stepWallClock(1000);
    machine.sleep();
    advance(10);
    machine.setRate(2);
    advance(10);
    machine.wakeUp();
    expect(machine.wallTime()).toBe(WALL_MS + 1000 + 10 + 20);
  });
});

describe("a machine's timers", () => {
  it("ring by its own clock, not by true time", () => {
    const { queue, machine, advance } = start(0.5);
    let rangAtMs: number | undefined;
    machine.setTimer(() => {
      rangAtMs = queue.nowMs;
    }, 1000);
    advance(10_000);
    expect(rangAtMs).toBe(2000);
    expect(machine.pendingTimers).toBe(0);
  });

  it("are armed again when the rate changes", () => {
    const { queue, machine, advance } = start();
    const rang: number[] = [];
    machine.setTimer(() => rang.push(queue.nowMs), 1000);
    advance(400);
    machine.setRate(2);
    advance(10_000);
    expect(rang).toEqual([700]); // 400 at rate 1, and the 600 that were left at rate 2
  });

  it("wait for the rest of their time after a sleep", () => {
    const { queue, machine, advance } = start();
    const rang: number[] = [];
    machine.setTimer(() => rang.push(queue.nowMs), 1000);
    advance(400);
    machine.sleep();
    advance(50_000);
    expect(rang).toEqual([]);
    machine.wakeUp();
    advance(10_000);
    expect(rang).toEqual([51_000]);
  });

  it("do not ring once they are cancelled or dropped, whatever changes afterwards", () => {
    const { machine, advance } = start();
    const rang: string[] = [];
    machine.setTimer(() => rang.push("cancelled"), 100).cancel();
    machine.setTimer(() => rang.push("dropped"), 100);
    machine.dropTimers();
    machine.setRate(2);
    machine.sleep();
    machine.wakeUp();
    advance(1000);
    expect(rang).toEqual([]);
    expect(machine.pendingTimers).toBe(0);
  });
});
