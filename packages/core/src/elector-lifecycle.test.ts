import { describe, expect, it } from "vitest";
import { LeaderElector } from "./leader-elector.ts";
import type { CallOptions, LockEvent, VersionedRecord } from "./resource-lock.ts";
import { CellLock } from "./testing/cell-lock.ts";
import { usurp } from "./testing/usurp.ts";
import { world } from "./world.fixture.ts";

async function leader(options: { watch?: boolean } = {}) {
  const w = world(options);
  const a = w.candidate("a");
  const running = a.run();
  await w.clock.advance(100);
  return { ...w, a, running };
}

/** Every task that a test starts must come to its end; this collects how. */
async function outcome(promise: Promise<unknown>): Promise<string> {
  return await promise.then(
    () => "resolved",
    (error: unknown) => `rejected ${error instanceof Error ? error.message : String(error)}`,
  );
}

describe("R9 lose", () => {
  it("R9: aborts at once, waits for the task, stands back one P, campaigns again", async () => {
    const { clock, cell, a } = await leader();
    const letGo = a.holdTask();
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(2_000);
    expect(a.log.slice(-3)).toEqual(["abort taken-over", "stop taken-over", "leader usurper"]);
    await clock.advance(9_000); // free for long, but the task still runs
    expect(cell.current?.record.holderIdentity).toBe("usurper");
    letGo();
    await clock.flush();
    const endedAtMs = clock.now();
    await clock.advance(1_990);
    expect(cell.current?.record.holderIdentity).toBe("usurper");
    await clock.advance(50);
    expect(a.terms).toHaveLength(2);
    expect(clock.now() - endedAtMs).toBeLessThan(2_100);
  });

  it("R9: one start and one stop per term, no stop without a start", async () => {
    const { clock, cell, a } = await leader();
    for (let i = 0; i < 5; i += 1) {
      await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
      await clock.advance(12_000);
    }
    void a.elector.stop();
    await clock.advance(1_000);
    const order = a.log.filter((line) => /^(start|stop|end)/.test(line)).map((line) => line.split(" ")[0]);
    expect(order.length % 3).toBe(0);
    for (let i = 0; i < order.length; i += 3) {
      expect(order[i]).toBe("start");
      expect(order.slice(i + 1, i + 3).toSorted()).toEqual(["end", "stop"]);
    }
    expect(a.terms.length).toBe(6);
  });

  it("R9: a task that ignores its signal after a loss is an anomaly once it outlives the drain timeout", async () => {
    const { clock, cell, a } = await leader();
    a.holdTask();
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(60_000);
    expect(a.log.filter((line) => line === "anomaly drain-timeout")).toHaveLength(1);
    expect(a.terms).toHaveLength(1);
    expect(cell.current?.record.holderIdentity).toBe("usurper");
  });
});

describe("R10 stop and step down", () => {
  it("R10: aborts the task, keeps renewing while it drains, is not leading when the release leaves", async () => {
    const { clock, cell, a, running } = await leader();
    const letGo = a.holdTask();
    const stopped = a.elector.stop();
    await clock.flush();
    expect(a.term.signal.aborted).toBe(true);
    expect(a.term.isLeading()).toBe(true);
    await clock.advance(9_000);
    expect(a.lock.calls.filter(({ operation }) => operation === "update").length).toBeGreaterThanOrEqual(4);
    expect(a.elector.isLeading()).toBe(true);
    let leadingAtRelease: boolean | undefined;
    const original = a.lock.update.bind(a.lock);
    a.lock.update = (record, expected, options) => {
      leadingAtRelease = a.elector.isLeading();
      expect(record).toMatchObject({ holderIdentity: "", leaseDurationMs: 1_000, leaderTransitions: 0 });
      return original(record, expected, options);
    };
    letGo();
    await clock.advance(1);
    await Promise.all([stopped, running]);
    expect(leadingAtRelease).toBe(false);
    expect(cell.current?.record.holderIdentity).toBe("");
    expect(a.log).toEqual(["leader a", "start 1", "abort shutdown", "end", "stop shutdown"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("R10: a deadline passed in drain is a loss: never renewed again, never released", async () => {
    const { clock, cell, a } = await leader();
    const letGo = a.holdTask();
    const stopped = a.elector.stop();
    a.lock.hang("update");
    await clock.advance(9_990);
    expect(a.elector.isLeading()).toBe(false);
    a.lock.heal();
    const calls = a.lock.calls.length;
    letGo();
    await clock.advance(5_000);
    await stopped;
    expect(a.lock.calls.length).toBe(calls);
    expect(cell.current?.record.holderIdentity).toBe("a");
  });

  it("R10: at drainTimeoutMs renewing stops with an anomaly, and the lock lapses instead of being released", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a", { drainTimeoutMs: 3_000 });
    const running = a.run();
    await clock.advance(100);
    a.holdTask();
    const stopped = a.elector.stop();
    await clock.advance(3_000);
    await Promise.all([stopped, running]);
    expect(a.log).toEqual([
      "leader a",
      "start 1",
      "abort shutdown",
      "anomaly drain-timeout",
      "stop shutdown",
    ]);
    expect(a.elector.isLeading()).toBe(false);
    const renewed = cell.current?.record.renewTime;
    await clock.advance(20_000);
    expect(cell.current?.record).toMatchObject({ holderIdentity: "a", renewTime: renewed });
    expect(clock.pendingTimers).toBe(0);
  });

  it("R10: releases by one compare-and-swap on its last confirmed version, with no read first", async () => {
    const { clock, a } = await leader();
    const before = a.lock.calls.length;
    void a.elector.stop();
    await clock.advance(1);
    expect(
      a.lock.calls.slice(before).map(({ operation, expected }) => [operation, expected?.version]),
    ).toEqual([["update", "1"]]);
  });

  it("R10: never empties a successor's record: after a conflict it repeats only on a record that it wrote", async () => {
    const { clock, cell, a } = await leader();
    await usurp(cell, "successor"); // not seen by a yet
    const stopped = a.elector.stop();
    await clock.advance(10);
    await stopped;
    expect(cell.current?.record.holderIdentity).toBe("successor");

    // The holder's name alone is no proof.
    const again = await leader();
    again.cell.overwrite({ renewTime: "2031-01-01T00:00:00.000000Z" });
    const stoppedAgain = again.a.elector.stop();
    await again.clock.advance(10);
    await stoppedAgain;
    expect(again.cell.current?.record.holderIdentity).toBe("a");
  });

  it("R10: a release that meets a label edit, or a renewal that had landed, is repeated once", async () => {
    const { clock, cell, a } = await leader();
    cell.touch();
    const stopped = a.elector.stop();
    await clock.advance(10);
    await stopped;
    expect(cell.current?.record.holderIdentity).toBe("");

    const other = await leader();
    other.a.lock.loseAnswer("update", 1);
    await other.clock.advance(2_500); // a renewal landed, its answer is lost
    const stoppedOther = other.a.elector.stop();
    await other.clock.advance(3_000);
    await stoppedOther;
    expect(other.cell.current?.record.holderIdentity).toBe("");
  });

  it("R10: a read under way that fails does not cost the release", async () => {
    const { clock, cell, a, running } = await leader();
    await clock.advance(1_800);
    a.lock.conflict("update", 1);
    a.lock.hang("get", { times: 1 });
    await clock.advance(300); // the renewal met a conflict; the read that follows hangs
    void a.elector.stop();
    await clock.advance(5_000);
    await running;
    expect(cell.current?.record.holderIdentity).toBe("");
  });

  it("R10: after stepDown stands back 2JP + T, observing, so that a polling standby wins; then campaigns again", async () => {
    const { clock, cell, a, candidate } = await leader();
    const stepped = a.elector.stepDown();
    await clock.advance(10);
    await stepped;
    expect(a.log.slice(-3)).toEqual(["abort stepped-down", "end", "stop stepped-down"]);
    await clock.advance(6_500); // 2 * 1.2 * 2 s + 1.733 s = 6.533 s
    expect(cell.current?.record.holderIdentity).toBe("");
    await clock.advance(100);
    expect(a.terms).toHaveLength(2);

    const b = candidate("b");
    void b.run();
    await clock.advance(3_000);
    void a.elector.stepDown();
    await clock.advance(2_500);
    expect(b.elector.isLeading()).toBe(true);
    await clock.advance(20_000);
    expect(a.elector.leader).toBe("b");
  });

  it("R10: stop() with an acquire of unknown fate reads once and releases it if it is ours", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "" });
    const a = candidate("a");
    a.lock.loseAnswer("update", 1);
    const running = a.run();
    await clock.advance(20);
    const stopped = a.elector.stop();
    await clock.advance(2_000);
    await Promise.all([stopped, running]);
    expect(a.terms).toHaveLength(0);
    expect(cell.current?.record.holderIdentity).toBe("");
    expect(a.lock.calls.map(({ operation }) => operation)).toEqual(["get", "update", "get", "update"]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("R10: stop() while an acquire is answered starts no term and gives the record back", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    a.lock.delayAnswer("create", 500, 1);
    const running = a.run();
    await clock.advance(20);
    const stopped = a.elector.stop();
    await clock.advance(600);
    await Promise.all([stopped, running]);
    expect(a.terms).toHaveLength(0);
    expect(cell.current?.record.holderIdentity).toBe("");
  });

  it("R10: stop() settles within drainTimeout + 4T although every request hangs", async () => {
    const { clock, a } = await leader();
    a.lock.hang("update", { deaf: true });
    a.lock.hang("get", { deaf: true });
    await clock.advance(2_000); // a renewal is under way
    a.holdTask();
    const stopped = a.elector.stop();
    let settled = false;
    void stopped.then(() => {
      settled = true;
    });
    await clock.advance(10_000 + 4 * 1_733);
    expect(settled).toBe(true);
    expect(clock.pendingTimers).toBe(0);
  });

  it("R10: stop() is idempotent, and prompt in every other state", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    await a.elector.stop();
    a.lock.hang("get");
    const running = a.run();
    await clock.advance(10);
    await Promise.all([a.elector.stop(), a.elector.stop(), running]);
    expect(clock.pendingTimers).toBe(0);
    a.lock.heal();
    void a.run(); // and can be used again
    await clock.advance(100);
    expect(a.elector.isLeading()).toBe(true);
  });
});

describe("R11 the task's end", () => {
  async function runTask(task: Parameters<LeaderElector["run"]>[0]) {
    const w = world();
    const a = w.candidate("a");
    const running = outcome(a.elector.run(task));
    await w.clock.advance(100);
    return { ...w, a, running };
  }

  it("R11: a task that returns ends its term, releases, and resolves run", async () => {
    const { cell, a, running } = await runTask(() => {});
    expect(await running).toBe("resolved");
    expect(cell.current?.record.holderIdentity).toBe("");
    expect(a.log).toContain("stop task-returned");
  });

  it("R11: a task that throws ends its term, releases, and rejects run with its error", async () => {
    const { cell, a, running } = await runTask(() => {
      throw new Error("disk full");
    });
    expect(await running).toBe("rejected disk full");
    expect(cell.current?.record.holderIdentity).toBe("");
    expect(a.log).toContain("stop task-failed");
  });

  it.each([
    ["its signal's reason", (reason: unknown) => reason],
    ["an AbortError", () => new DOMException("stop", "AbortError")],
    ["an error caused by the reason", (reason: unknown) => new Error("stopped", { cause: reason })],
  ])("R11: rejecting with %s after the signal is a normal end", async (_what, make) => {
    const { clock, cell, a } = await runTask(async (term) => {
      await new Promise<void>((resolve) => term.signal.addEventListener("abort", () => resolve()));
      throw make(term.signal.reason);
    });
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(20_000);
    expect(a.log.some((line) => line.startsWith("error"))).toBe(false);
    expect(a.terms.length).toBe(2);
  });

  it("R11: any other error after the signal is an error event, and the campaign goes on", async () => {
    const { clock, cell, a } = await runTask(async (term) => {
      await new Promise<void>((resolve) => term.signal.addEventListener("abort", () => resolve()));
      throw new Error("while cleaning up");
    });
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(20_000);
    expect(a.log).toContain("error while cleaning up");
    expect(a.terms.length).toBe(2);
  });

  it("R11: run resolves when its own signal aborts, also before anything happened", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const shutdown = new AbortController();
    const running = a.run({ signal: shutdown.signal });
    await clock.advance(100);
    shutdown.abort();
    await clock.advance(10);
    await running;
    expect(a.log).toContain("stop shutdown");
    expect(cell.current?.record.holderIdentity).toBe("");
    await a.run({ signal: AbortSignal.abort() });
    expect(a.lock.calls.length).toBe(3);
  });

  it("R11: one run or one unreleased term at a time", async () => {
    const { a, clock } = await leader();
    const busy = expect.objectContaining({ code: "ERR_ALREADY_RUNNING" });
    await expect(a.run()).rejects.toEqual(busy);
    await expect(a.elector.acquire()).rejects.toEqual(busy);
    void a.elector.stop();
    await clock.advance(10);

    const acquiring = a.elector.acquire();
    await clock.advance(100);
    const term = await acquiring;
    await expect(a.elector.acquire()).rejects.toEqual(busy);
    const released = term.release();
    await clock.advance(10);
    await released;
    void a.elector.acquire();
    await clock.advance(100);
    expect(a.terms).toHaveLength(3); // no standing back before acquire()
  });

  it("R11: acquire rejects with its signal's reason, and with ERR_NOT_LEADING when stop() comes first", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "x", leaseDurationMs: 60_000 });
    const a = candidate("a");
    const giveUp = new AbortController();
    const first = outcome(a.elector.acquire({ signal: giveUp.signal }));
    await clock.advance(10);
    giveUp.abort(new Error("bored"));
    expect(await first).toBe("rejected bored");
    await expect(a.elector.acquire({ signal: giveUp.signal })).rejects.toThrow("bored");
    const second = expect(a.elector.acquire()).rejects.toMatchObject({
      code: "ERR_NOT_LEADING",
      stopReason: "shutdown",
    });
    await clock.advance(10);
    await a.elector.stop();
    await second;
    expect(clock.pendingTimers).toBe(0);
  });

  it("R11: with acquire, draining lasts until term.release()", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const acquiring = a.elector.acquire();
    await clock.advance(100);
    const term = await acquiring;
    let stopped = false;
    void a.elector.stop().then(() => {
      stopped = true;
    });
    await clock.advance(8_000);
    expect(term.signal.aborted).toBe(true);
    expect(term.isLeading()).toBe(true);
    expect(stopped).toBe(false);
    const released = term.release();
    await clock.advance(10);
    await released;
    expect(stopped).toBe(true);
    expect(cell.current?.record.holderIdentity).toBe("");
    await term.release(); // idempotent
  });

  it("R11: a term that acquire lost is still to be released before the elector can be used again", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    const acquiring = a.elector.acquire();
    await clock.advance(100);
    const term = await acquiring;
    await usurp(cell, "usurper", { leaseDurationMs: 1_000 });
    await clock.advance(30_000);
    expect(term.isLeading()).toBe(false);
    await expect(a.elector.acquire()).rejects.toMatchObject({ code: "ERR_ALREADY_RUNNING" });
    await term.release();
    const again = a.elector.acquire();
    await clock.advance(3_000);
    expect((await again).fencingToken).toBeGreaterThan(term.fencingToken);
  });

  it("R11: a term that acquire lost and nobody releases sends nothing once its drain timeout is over", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    void a.elector.acquire();
    await clock.advance(100);
    await usurp(cell, "usurper");
    await clock.advance(2_000 + 10_000);
    expect(a.log).toEqual(expect.arrayContaining(["stop taken-over", "anomaly drain-timeout"]));
    const before = a.lock.calls.length;
    await clock.advance(60_000);
    expect(a.lock.calls.length).toBe(before);
    expect(clock.pendingTimers).toBe(0);
  });

  it("R7: a term of before that is released again says so at once, and touches nothing of the next one", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    const next = async () => {
      const acquiring = a.elector.acquire();
      await clock.advance(10_000);
      return await acquiring;
    };
    const first = await next();
    await Promise.all([first.release(), clock.advance(100)]);
    expect(a.log).toContain("stop released");
    const second = await next();
    await first.release();
    expect(second.isLeading()).toBe(true);
    await expect(a.elector.acquire()).rejects.toMatchObject({ code: "ERR_ALREADY_RUNNING" });
    await Promise.all([second.release(), clock.advance(100)]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("R11: the signal of a campaign that is over ends no later one", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    const controller = new AbortController();
    const first = a.elector.run(() => {}, { signal: controller.signal });
    await clock.advance(100);
    await first;
    void a.run();
    await clock.advance(10_000);
    expect(a.elector.isLeading()).toBe(true);
    controller.abort();
    await clock.advance(100);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R11: term.release() inside a task tells it to stop; the campaign goes on", async () => {
    const { clock, a } = await leader();
    await a.term.release();
    await clock.advance(10);
    expect(a.log.slice(-3)).toEqual(["abort released", "end", "stop released"]);
    await clock.advance(7_000);
    expect(a.terms).toHaveLength(2);
  });

  it("R11: a new campaign waits for a task that outlived its stop", async () => {
    const { clock, candidate } = world();
    const a = candidate("a", { drainTimeoutMs: 1_000 });
    void a.run();
    await clock.advance(100);
    const letGo = a.holdTask();
    void a.elector.stop();
    await clock.advance(1_500);
    void a.run();
    await clock.advance(40_000);
    expect(a.terms).toHaveLength(1);
    letGo();
    await clock.advance(2_100);
    expect(a.terms).toHaveLength(2);
  });
});

describe("R7 a dead term", () => {
  it("R7: stays dead while the next one is about to be announced, and cannot release it", async () => {
    const { clock, a } = await leader();
    const [dead] = a.terms;
    const said: unknown[] = [];
    a.elector.on("newLeader", () => {
      said.push(dead?.isLeading(), dead?.remainingMs());
      void dead?.release();
    });
    void a.elector.stepDown();
    await clock.advance(8_000);
    expect(a.terms).toHaveLength(2);
    expect(said).toEqual([false, 0]);
    expect(a.term.isLeading()).toBe(true);
  });
});

describe("R12 a good guest", () => {
  it("R12: closes its watch when it stops", async () => {
    const { clock, cell, a, running } = await leader({ watch: true });
    const original = cell.changes.bind(cell);
    const signals: AbortSignal[] = [];
    cell.changes = (options) => {
      signals.push(options.signal);
      return original(options);
    };
    await Promise.all([a.elector.stop(), running, clock.advance(100)]);
    void a.run();
    await clock.advance(100);
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await Promise.all([a.elector.stop(), clock.advance(100)]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
  });

  it.each(["tells", "ends", "fails"] as const)(
    "R12: a watch that is deaf to its signal, and %s when it was closed long ago, means nothing",
    async (late) => {
      const { clock } = world();
      const lock = new DeafWatch();
      lock.overwrite({ holderIdentity: "gone", leaseDurationMs: 3_600_000 });
      const told: string[] = [];
      const elector = new LeaderElector({ lock, identity: "a", clock, random: () => 0.5 });
      elector.on("anomaly", ({ kind }) => told.push(kind));
      void elector.run(() => {});
      await clock.advance(100);
      await elector.stop();
      void elector.run(() => {});
      await clock.advance(100);
      expect(lock.streams).toHaveLength(2);
      const before = lock.reads;
      lock.streams[0]?.(late);
      await clock.advance(2_000); // less than until the next poll
      expect(lock.reads).toBe(before);
      await clock.advance(10_000);
      expect(lock.streams).toHaveLength(2);
      expect(told.filter((kind) => kind !== "long-duration")).toEqual([]);
    },
  );

  it("R12: knows no leader of a lock that was seen without a record", async () => {
    const { clock, cell, candidate } = world();
    cell.overwrite({ holderIdentity: "gone" });
    const a = candidate("a");
    void a.run();
    await clock.advance(100);
    expect(a.elector.leader).toBe("gone");
    cell.delete();
    await clock.advance(2_200);
    expect(a.elector.leader).toBeUndefined();
  });

  it("R12: whatever is thrown, also what cannot be printed, breaks nothing", async () => {
    const { clock, cell, candidate } = world();
    const a = candidate("a");
    a.elector.on("newLeader", () => {
      throw Object.create(null);
    });
    const running = a.elector.run(async (term) => {
      await new Promise<void>((resolve) => term.signal.addEventListener("abort", () => resolve()));
      throw Object.create(null);
    });
    await clock.advance(100);
    expect(a.terms).toHaveLength(1);
    void a.elector.stop();
    await clock.advance(10);
    await running;
    expect(a.log).toContain("error something that cannot be printed");
    expect(cell.current?.record.holderIdentity).toBe("");
  });

  it("R12: installs no signal handler, and no crash comes of an error that nobody listens to", async () => {
    const before = process.eventNames().length;
    const { clock, cell } = world();
    const elector = new LeaderElector({ lock: new BrokenLock(), clock, random: () => 0.5 });
    const running = elector.run(() => {});
    await clock.advance(10_000);
    await elector.stop();
    await running;
    expect(process.eventNames().length).toBe(before);
    expect(clock.pendingTimers).toBe(0);
    expect(cell.current).toBeUndefined();
  });

  it("R12: a listener that throws or rejects changes nothing but a warning", async () => {
    const warnings: string[] = [];
    const onWarning = (warning: Error): void => {
      warnings.push(warning.message);
    };
    process.on("warning", onWarning);
    try {
      const { clock, candidate } = world();
      const a = candidate("a");
      a.elector.on("startedLeading", () => {
        throw new Error("listener is broken");
      });
      a.elector.on("newLeader", async () => {
        throw new Error("so is this one");
      });
      void a.run();
      await clock.advance(5_000);
      await clock.flush();
      expect(a.elector.isLeading()).toBe(true);
      expect(
        warnings.filter((text) => text.includes("is broken") || text.includes("so is this")),
      ).toHaveLength(2);
    } finally {
      process.off("warning", onWarning);
    }
  });

  it("R12: a lock that throws at once, or something that is no lock error, is an unknown outcome", async () => {
    const { clock } = world();
    const errors: unknown[] = [];
    const elector = new LeaderElector({ lock: new BrokenLock(), clock, random: () => 0.5 });
    elector.on("error", (error) => errors.push(error));
    void elector.run(() => {});
    await clock.advance(5_000);
    expect(errors.length).toBeGreaterThanOrEqual(2);
    expect(errors[0]).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
    await elector.stop();
  });

  it("R12: listeners can be removed, and may call back into the elector", async () => {
    const { clock, candidate } = world();
    const a = candidate("a");
    let calls = 0;
    const listener = (): void => {
      calls += 1;
      expect(a.elector.isLeading()).toBe(true);
      void a.elector.stop();
    };
    a.elector.on("startedLeading", listener);
    await Promise.all([a.run(), clock.advance(100)]);
    a.elector.off("startedLeading", listener);
    void a.run();
    await clock.advance(100);
    expect(calls).toBe(1);
    expect(a.elector.isLeading()).toBe(true);
  });

  it("R12: one lock may serve many electors, and is never closed by one", async () => {
    const { clock } = world();
    let closed = false;
    class Watched extends CellLock {
      override async close(): Promise<void> {
        closed = true;
      }
    }
    const lock = new Watched();
    const electors = ["a", "b", "c"].map((identity) => new LeaderElector({ lock, identity, clock }));
    for (const elector of electors) {
      void elector.run(
        (term) => new Promise((resolve) => term.signal.addEventListener("abort", () => resolve())),
      );
    }
    await clock.advance(5_000);
    expect(electors.filter((elector) => elector.isLeading())).toHaveLength(1);
    const stopped = Promise.all(electors.map((elector) => elector.stop()));
    await clock.advance(5_000);
    await stopped;
    expect(closed).toBe(false);
  });
});

class BrokenLock extends CellLock {
  override get(): never {
    throw new Error("not even a promise");
  }
}

/** Its watches neither hear their signal nor tell anything of their own: each says one last thing, when the test wants. */
class DeafWatch extends CellLock {
  override readonly capabilities = { ...new CellLock().capabilities, watch: "hint" as const };
  readonly streams: ((last: "tells" | "ends" | "fails") => void)[] = [];
  reads = 0;

  override get(options: CallOptions): Promise<VersionedRecord | undefined> {
    this.reads += 1;
    return super.get(options);
  }

  async *watch(): AsyncGenerator<LockEvent> {
    const last = await new Promise((resolve) => this.streams.push(resolve));
    if (last === "fails") throw new Error("cut");
    if (last === "tells") {
      yield { kind: "resync" };
      await new Promise(() => {});
    }
  }
}
