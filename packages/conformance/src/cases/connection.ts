import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import type { CallOptions, LeaderElectionErrorCode, ResourceLock, VersionedRecord } from "@tenure/core";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertSame, present, rejects, settle, show } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

/** Beyond `timeoutMs` a call has this long, for a machine that is busy. */
const GRACE_MS = 500;

/** Nothing may be known of a read that was not answered; it wrote nothing either way. */
const READ_FAILED: readonly LeaderElectionErrorCode[] = ["ERR_LOCK_UNAVAILABLE", "ERR_LOCK_OUTCOME_UNKNOWN"];

const next = (n: number) => record({ holderIdentity: `replica-${n}`, renewTime: renewTime(n) });

/** Runs a call that has to settle in time. */
async function inTime<T>(c: CaseContext, { timeoutMs }: CallOptions, call: () => Promise<T>): Promise<T> {
  const over = new AbortController();
  const running = call();
  try {
    return await Promise.race([
      running,
      sleep(timeoutMs + c.ms(GRACE_MS), undefined, { signal: over.signal }).then(() =>
        assert.fail(`Expected the call to settle within ${timeoutMs} ms, it did not with a grace either`),
      ),
    ]);
  } finally {
    over.abort();
    // One that comes too late has failed the case already.
    running.catch(() => {});
  }
}

/** The failed call must have told the truth: not applied means unchanged, for good. */
async function assertNeverApplied(
  c: CaseContext,
  reader: ResourceLock,
  expected: VersionedRecord | undefined,
): Promise<void> {
  await c.stays(async () => {
    const found = await reader.get(c.call);
    if (expected === undefined) assert.equal(found, undefined);
    else assertSame(found, expected);
  }, c.ms(400));
}

/** Waits until a lock whose way was healed works again. */
async function worksAgain(c: CaseContext, lock: ResourceLock): Promise<VersionedRecord | undefined> {
  const { found } = await c.until(
    "the lock to work again",
    async () => {
      const outcome = await settle(() => lock.get(c.shortCall));
      return "error" in outcome ? undefined : { found: outcome.value };
    },
    c.ms(10_000),
  );
  return found;
}

/** What a lock says and does when the way to its store breaks. */
export const connectionCases: readonly ConformanceCase[] = [
  {
    id: "err/03",
    title:
      "a write that was applied but not answered is ERR_LOCK_OUTCOME_UNKNOWN: not failed, not conflicting, not done",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      const options = c.shortCall;
      let known: VersionedRecord | undefined;
      for (const n of [1, 2]) {
        await way.setMode("cut-responses");
        const base = known;
        const call = settle(() =>
          inTime(c, options, () =>
            base === undefined ? lock.create(next(n), options) : lock.update(next(n), base, options),
          ),
        );
        const landed = await c.until("the write to land", async () => {
          const found = await direct.get(c.call);
          return found?.record.holderIdentity === `replica-${n}` ? found : undefined;
        });
        const outcome = await call;
        assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}`);
        await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
        await way.heal();
        assertSame(await worksAgain(c, lock), landed);
        known = landed;
      }
    },
  },
  {
    id: "err/04",
    title:
      "a connection lost after a write was applied: outcome unknown, applied exactly once, not sent again",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      let known: VersionedRecord | undefined;
      for (const n of [1, 2]) {
        await way.setMode("cut-responses");
        const base = known;
        const call = settle(() =>
          base === undefined ? lock.create(next(n), c.call) : lock.update(next(n), base, c.call),
        );
        const landed = await c.until("the write to land", async () => {
          const found = await direct.get(c.call);
          return found?.record.holderIdentity === `replica-${n}` ? found : undefined;
        });
        await way.heal();
        const outcome = await call;
        assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}: it was sent again`);
        await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
        assertSame(await worksAgain(c, lock), landed);
        await assertNeverApplied(c, direct, landed);
        known = landed;
      }
    },
  },
  {
    id: "err/05",
    title:
      "on a connection that swallows everything each call settles within its timeout, and a write told as not applied never is",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const created = await direct.create(next(0), c.call);
      const old = await c.lock({ route: way.route });
      assertSame(await old.get(c.call), created);
      const options = c.shortCall;
      let known = created;
      await way.setMode("silence");
      for (const [n, lock] of [old, await c.lock({ route: way.route })].entries()) {
        const base = known;
        const error = await inTime(c, options, () =>
          rejects(() => lock.update(next(n + 1), base, options), READ_FAILED),
        );
        await inTime(c, options, () => rejects(() => lock.get(options), READ_FAILED));
        await inTime(c, options, () => rejects(() => lock.create(next(n), options), READ_FAILED));
        // What was swallowed comes through late, as after a long dropout.
        await way.setMode("pass");
        await worksAgain(c, lock);
        if (error.outcome === "not-applied") await assertNeverApplied(c, direct, known);
        known = present(await direct.get(c.call));
        await way.setMode("silence");
      }
    },
  },
  {
    id: "err/06",
    title:
      "a store that refuses connections is ERR_LOCK_UNAVAILABLE, nothing written; afterwards the lock works, nothing is replayed",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      await way.setMode("refuse");
      const options = c.shortCall;
      // Until the lock has noticed, a write may leave on the dead connection.
      await rejects(() => lock.get(options), READ_FAILED);
      await rejects(() => lock.get(options), READ_FAILED);
      await inTime(c, options, () =>
        rejects(() => lock.create(next(1), options), "ERR_LOCK_UNAVAILABLE", "not-applied"),
      );
      const fresh = await c.lock({ route: way.route });
      await inTime(c, options, () =>
        rejects(() => fresh.create(next(2), options), "ERR_LOCK_UNAVAILABLE", "not-applied"),
      );
      await way.setMode("pass");
      assert.equal(await worksAgain(c, lock), undefined);
      assert.equal(await worksAgain(c, fresh), undefined);
      await assertNeverApplied(c, direct, undefined);
      await lock.create(next(3), c.call);
    },
  },
  {
    id: "err/07",
    title:
      "a write that timed out before it reached the store is not applied later, when the connection comes back",
    needs: ["servers"],
    budgetMs: 30_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const created = await direct.create(next(0), c.call);
      const connected = await c.lock({ route: way.route });
      assertSame(await connected.get(c.call), created);
      for (const mode of ["silence", "refuse"] as const) {
        await way.setMode(mode);
        const connecting = await c.lock({ route: way.route });
        const options = c.shortCall;
        await Promise.all(
          [connected, connecting].map((lock, i) =>
            rejects(() => lock.update(next(i + 1), created, options), READ_FAILED),
          ),
        );
        // What the network still holds is dropped: only the client could bring it back now.
        await way.heal();
        assertSame(await worksAgain(c, connected), created);
        assertSame(await worksAgain(c, connecting), created);
        // A lock of its own looks, in case the other ones only hide it.
        await assertNeverApplied(c, direct, created);
      }
    },
  },
  {
    id: "err/10",
    title: "200 calls to a store that is gone leave no sockets, timers or listeners behind",
    needs: ["servers"],
    budgetMs: 40_000,
    async run(c) {
      const way = await c.way();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      const { signal } = new AbortController();
      for (const mode of ["refuse", "silence"] as const) {
        await way.setMode(mode);
        const options = { timeoutMs: c.ms(100), signal };
        const batch = async (): Promise<void> => {
          await Promise.all(
            Array.from({ length: 25 }, (_, i) =>
              rejects(() => (i % 2 ? lock.get(options) : lock.create(next(i), options)), READ_FAILED),
            ),
          );
          await sleep(20);
        };
        await batch();
        await batch();
        // The proxy's own sockets are in this process, too: those that it may not read do not see their end.
        way.reset();
        await sleep(50);
        const before = resources();
        for (let i = 0; i < 8; i++) await batch();
        way.reset();
        await c.until(`no more resources than ${before} at ${mode}`, () => resources() <= before + 20);
        assert.equal(getEventListeners(signal, "abort").length, 0);
      }
      await way.heal();
      await lock.close();
      await c.until("the connections to end", () => way.connectionCount === 0);
    },
  },
  {
    id: "err/12",
    title:
      "an answer cut in its middle, held or reset, is no answer: a write is done or unknown, a read is right or fails",
    needs: ["servers"],
    budgetMs: 60_000,
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      let current = await lock.create(next(0), c.call);
      let n = 0;
      for (const responseBytes of [0, 1, 7, 40, 200]) {
        for (const after of ["reset", "hold"] as const) {
          // Each that is held takes a whole timeout.
          if (after === "hold" && responseBytes !== 1 && responseBytes !== 40) continue;
          n += 1;
          const options = c.shortCall;
          const base = current;
          await way.setMode({ responseBytes, after });
          const outcome = await settle(() => inTime(c, options, () => lock.update(next(n), base, options)));
          await way.heal();
          const stored = present(await direct.get(c.call));
          if (!("error" in outcome)) {
            assertSame(stored, outcome.value);
          } else {
            await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
            if (stored.version !== base.version) assert.equal(stored.record.holderIdentity, `replica-${n}`);
          }
          assertSame(await worksAgain(c, lock), stored);
          await way.setMode({ responseBytes, after });
          const read = await settle(() => inTime(c, options, () => lock.get(options)));
          await way.heal();
          if ("error" in read) await rejects(() => Promise.reject(read.error), READ_FAILED);
          else assertSame(read.value, stored);
          await worksAgain(c, lock);
          current = stored;
        }
      }
    },
  },
  {
    id: "err/13",
    title:
      "a write whose connection is reset before it reached the store is unknown or not applied, and not sent again",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      assert.equal(await lock.get(c.call), undefined);
      await way.setMode("silence");
      const call = settle(() => lock.create(next(1), c.call));
      // Long enough for the bytes to leave; they are held on the way, and dropped with it.
      await sleep(c.ms(100));
      await way.heal();
      const outcome = await call;
      assert.ok("error" in outcome, `Expected no answer, got ${show(outcome)}: it was sent again`);
      await rejects(() => Promise.reject(outcome.error), READ_FAILED);
      assert.equal(await worksAgain(c, lock), undefined);
      await assertNeverApplied(c, direct, undefined);
    },
  },
  {
    id: "err/14",
    title: "a write under way that is aborted settles at once, as unknown with the signal's reason as cause",
    needs: ["servers"],
    async run(c) {
      const way = await c.way();
      const direct = await c.lock();
      const lock = await c.lock({ route: way.route });
      const created = await lock.create(next(0), c.call);
      await way.setMode("cut-responses");
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      const options = { ...c.longCall, signal: controller.signal };
      const call = settle(() => lock.update(next(1), created, options));
      await c.until("the write to land", async () => {
        return (await direct.get(c.call))?.record.holderIdentity === "replica-1";
      });
      const abortedAtMs = performance.now();
      controller.abort(reason);
      const outcome = await call;
      const tookMs = performance.now() - abortedAtMs;
      assert.ok(
        tookMs < options.timeoutMs / 4,
        `Expected it to settle at once, took ${Math.round(tookMs)} ms`,
      );
      assert.ok("error" in outcome);
      const error = await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_OUTCOME_UNKNOWN", "unknown");
      assert.equal(error.cause, reason);
    },
  },
];

/** What keeps this process alive: sockets, timers, requests. */
function resources(): number {
  return process.getActiveResourcesInfo().length;
}
