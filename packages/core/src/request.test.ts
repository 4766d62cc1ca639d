import { describe, expect, it } from "vitest";
import type { Answer } from "./elector-state.ts";
import { LeaderElectionError } from "./errors.ts";
import { asLockError, request } from "./request.ts";
import type { CallOptions, VersionedRecord } from "./resource-lock.ts";
import { FakeClock } from "./testing/fake-clock.ts";

const found: VersionedRecord = {
  record: {
    holderIdentity: "a",
    leaseDurationMs: 15_000,
    acquireTime: undefined,
    renewTime: undefined,
    leaderTransitions: 0,
  },
  version: "1",
  incarnation: "one",
  fencingToken: 1n,
};

/** Asks a lock that the test answers for. */
function ask(timeoutMs = 1_000) {
  const clock = new FakeClock();
  const answers: Answer[] = [];
  let resolve = (_found: VersionedRecord | undefined): void => {};
  let reject = (_error: unknown): void => {};
  const promise = new Promise<VersionedRecord | undefined>((onFound, onError) => {
    resolve = onFound;
    reject = onError;
  });
  let options: CallOptions | undefined;
  const { cancel } = request(
    clock,
    timeoutMs,
    (given) => {
      options = given;
      return promise;
    },
    (answer) => answers.push(answer),
  );
  return {
    clock,
    answers,
    resolve,
    reject,
    cancel,
    signal: () => options?.signal,
    timeoutMs: () => options?.timeoutMs,
  };
}

describe("request", () => {
  it("hands the lock its deadline and a signal, and the answer on", async () => {
    const { clock, answers, resolve, signal, timeoutMs } = ask();
    expect(timeoutMs()).toBe(1_000);
    expect(signal()?.aborted).toBe(false);
    resolve(found);
    expect(answers).toEqual([]); // never before the caller knows of the request
    await clock.flush();
    expect(answers).toEqual([{ ok: true, found }]);
    expect(signal()?.aborted).toBe(false);
  });

  it("leaves no timer behind an answer, a failure or a cancel", async () => {
    for (const end of ["resolve", "reject", "cancel"] as const) {
      const asked = ask();
      expect(asked.clock.pendingTimers).toBe(1);
      if (end === "resolve") asked.resolve(undefined);
      else if (end === "reject") asked.reject(new Error("broken"));
      else asked.cancel();
      await asked.clock.flush();
      expect(asked.clock.pendingTimers).toBe(0);
    }
  });

  it("tells nothing found from no answer", async () => {
    const { clock, answers, resolve } = ask();
    resolve(undefined);
    await clock.flush();
    expect(answers).toEqual([{ ok: true, found: undefined }]);
  });

  it("answers unknown at the deadline of a lock that is deaf to its signal, and drops what it says later", async () => {
    const { clock, answers, resolve, signal } = ask(1_000);
    await clock.advance(999);
    expect(answers).toEqual([]);
    await clock.advance(1);
    expect(answers).toMatchObject([
      {
        ok: false,
        error: {
          code: "ERR_LOCK_OUTCOME_UNKNOWN",
          outcome: "unknown",
          message: "The lock did not answer within 1000 ms",
        },
      },
    ]);
    expect(signal()?.aborted).toBe(true);
    resolve(found);
    await clock.flush();
    expect(answers).toHaveLength(1);
    expect(clock.pendingTimers).toBe(0);
  });

  it("a rejection after the deadline is nobody's, and no crash", async () => {
    const { clock, answers, reject } = ask(1_000);
    await clock.advance(1_000);
    reject(new Error("too late"));
    await clock.flush();
    expect(answers).toHaveLength(1);
  });

  it("cancel aborts the lock's signal, and drops its answer", async () => {
    for (const settle of ["resolve", "reject"] as const) {
      const asked = ask();
      asked.cancel();
      expect(asked.signal()?.aborted).toBe(true);
      expect(asked.signal()?.reason).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
      if (settle === "resolve") asked.resolve(found);
      else asked.reject(asked.signal()?.reason);
      await asked.clock.advance(5_000);
      expect(asked.answers).toEqual([]);
    }
  });

  it("cancel after the answer takes nothing back", async () => {
    const { clock, answers, resolve, cancel } = ask();
    resolve(found);
    await clock.flush();
    cancel();
    expect(answers).toHaveLength(1);
  });

  it("lets the lock's own error for the same deadline speak", async () => {
    const clock = new FakeClock();
    const answers: Answer[] = [];
    const error = new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "could not be asked within 1000 ms");
    request(
      clock,
      1_000,
      ({ timeoutMs }) => new Promise((_, reject) => clock.setTimer(() => reject(error), timeoutMs)),
      (answer) => answers.push(answer),
    );
    await clock.advance(1_000);
    expect(answers).toEqual([{ ok: false, error }]);
  });

  it("takes null for nothing found", async () => {
    const clock = new FakeClock();
    const answers: Answer[] = [];
    const lock = async () => null as unknown as undefined; // as JavaScript may
    request(clock, 1_000, lock, (answer) => answers.push(answer));
    await clock.flush();
    expect(answers).toEqual([{ ok: true, found: undefined }]);
  });

  it("a lock that throws at once answers like one that rejects", async () => {
    const clock = new FakeClock();
    const answers: Answer[] = [];
    request(
      clock,
      1_000,
      () => {
        throw new Error("not even a promise");
      },
      (answer) => answers.push(answer),
    );
    expect(answers).toEqual([]);
    await clock.flush();
    expect(answers).toMatchObject([{ ok: false, error: { code: "ERR_LOCK_OUTCOME_UNKNOWN" } }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it("hands a lock error on as it is", async () => {
    const { clock, answers, reject } = ask();
    const error = new LeaderElectionError("ERR_LOCK_THROTTLED", "later", { retryAfterMs: 5_000 });
    reject(error);
    await clock.flush();
    expect(answers).toEqual([{ ok: false, error }]);
    expect(answers[0]).toHaveProperty("error", error);
  });
});

describe("asLockError", () => {
  it("takes what is no lock error for an unknown outcome, and keeps it as the cause", () => {
    for (const [thrown, said] of [
      [new TypeError("fetch failed"), "fetch failed"],
      ["just a string", "just a string"],
      [undefined, "undefined"],
    ] as const) {
      const error = asLockError(thrown);
      expect(error).toMatchObject({ code: "ERR_LOCK_OUTCOME_UNKNOWN", outcome: "unknown" });
      expect(error.message).toBe(`The lock failed in its own way: ${said}`);
      expect(error.cause).toBe(thrown);
    }
  });

  it("leaves a lock error alone", () => {
    const error = new LeaderElectionError("ERR_LOCK_CONFLICT", "taken");
    expect(asLockError(error)).toBe(error);
  });
});
