import { describe, expect, it } from "vitest";
import { LeaderElector } from "./leader-elector.ts";
import type { Term } from "./term.ts";
import { usurp } from "./testing/usurp.ts";
import { world } from "./world.fixture.ts";

/** A task that ends, with what `end` returns or throws, when its signal aborts. */
function untilAborted(term: Term, end: () => void = () => {}): Promise<void> {
  return new Promise<void>((resolve) =>
    term.signal.addEventListener("abort", () => resolve(), { once: true }),
  ).then(end);
}

describe("a term", () => {
  it("says who leads, since when, with which token, and for how much longer", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    expect(a.term).toMatchObject({ identity: "a", fencingToken: cell.current?.fencingToken });
    expect(a.term.startedAt.getTime()).toBeGreaterThan(clock.wallTime() - 100);
    expect(a.term.startedAt.getTime()).toBeLessThanOrEqual(clock.wallTime());
    expect(a.term.remainingMs()).toBe(10_000 - 87.5); // the acquire was sent after 12.5 ms
    expect(() => a.term.assertLeading()).not.toThrow();
  });

  it("that is over stays over, though its elector leads another", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(12_000);
    const [first, second] = a.terms;
    expect(second?.isLeading()).toBe(true);
    expect(first?.isLeading()).toBe(false);
    expect(first?.remainingMs()).toBe(0);
    expect(() => first?.assertLeading()).toThrow(
      expect.objectContaining({ code: "ERR_NOT_LEADING", stopReason: "taken-over" }),
    );
    await first?.release(); // whose time has passed: the second goes on
    await clock.advance(10);
    expect(second?.isLeading()).toBe(true);
  });

  it("is released at the end of its scope", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const acquiring = a.elector.acquire();
    await clock.advance(100);
    {
      await using term = await acquiring;
      expect(cell.current?.record.holderIdentity).toBe("a");
      expect(term.isLeading()).toBe(true);
    }
    expect(cell.current?.record.holderIdentity).toBe("");
    expect(clock.pendingTimers).toBe(0);
  });

  it("release() settles when the lock was given back, not before; the elector can then be used again", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const acquiring = a.elector.acquire();
    await clock.advance(100);
    const term = await acquiring;
    a.lock.delayRequest("update", 500, 1);
    let settled = false;
    void term.release().then(() => {
      settled = true;
    });
    await clock.advance(499);
    expect(settled).toBe(false);
    await clock.advance(1);
    expect(settled).toBe(true);
    expect(cell.current?.record.holderIdentity).toBe("");
    const again = a.elector.acquire();
    await clock.advance(100);
    expect((await again).isLeading()).toBe(true);
  });

  it("stepDown() settles when the task has stopped and the lock was given back; at once where nothing is led", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    await a.elector.stepDown();
    void a.run();
    await clock.advance(100);
    const letGo = a.holdTask();
    a.lock.delayRequest("update", 500, 1);
    let settled = false;
    const stepped = a.elector.stepDown().then(() => {
      settled = true;
    });
    await clock.advance(1_000);
    expect(settled).toBe(false); // the task still runs
    letGo();
    await clock.advance(499);
    expect(settled).toBe(false); // the release is on its way
    await clock.advance(1);
    expect(settled).toBe(true);
    expect(cell.current?.record.holderIdentity).toBe("");
    await stepped;
    const b = candidate("b");
    void b.run();
    await clock.advance(100);
    await a.elector.stepDown(); // it follows: nothing to wait for
    expect(b.elector.isLeading()).toBe(true);
  });

  it("whose time is up to the millisecond is over, and latched", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    const leftMs = a.term.remainingMs();
    clock.stepWall(leftMs);
    expect(a.term.isLeading()).toBe(false);
    clock.stepWall(-leftMs);
    expect(a.term.isLeading()).toBe(false);
  });

  it("is not asserted after its deadline, even before anybody could be told why", async () => {
    const { clock, cell } = world();
    const elector = new LeaderElector({ lock: cell, identity: "a", clock, random: () => 0.5 });
    let thrown: unknown;
    elector.on("startedLeading", (term) => {
      clock.stall(60_000); // a listener that blocks the event loop
      expect(term.signal.aborted).toBe(false);
      try {
        term.assertLeading();
      } catch (error) {
        thrown = error;
      }
    });
    void elector.run(untilAborted);
    await clock.advance(100);
    expect(thrown).toMatchObject({ code: "ERR_NOT_LEADING", stopReason: undefined });
    expect(elector.isLeading()).toBe(false);
  });
});

describe("R11 what a task rejects with, when it is no Error", () => {
  async function outcome(rejection: unknown) {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const errors: Error[] = [];
    a.elector.on("error", (error) => errors.push(error));
    void a.elector.run((term) =>
      untilAborted(term, () => {
        throw rejection;
      }),
    );
    await clock.advance(100);
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(12_000);
    expect(a.terms).toHaveLength(2); // the campaign goes on
    return errors;
  }

  it.each([
    ["a string", "disk full"],
    ["undefined", undefined],
    ["an object", { code: 7 }],
  ])("R11: %s after the signal is an error event that keeps it as its cause", async (_what, rejection) => {
    const [error, ...more] = await outcome(rejection);
    expect(more).toEqual([]);
    expect(error).toBeInstanceOf(Error);
    expect(error?.message).toBe(String(rejection));
    expect(error?.cause).toBe(rejection);
  });
});
