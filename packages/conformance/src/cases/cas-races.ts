import assert from "node:assert/strict";
import type { ResourceLock, VersionedRecord } from "@tenure/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { assertRecord, present, rejects, settle } from "../expectations.ts";
import { record } from "../record.ts";

/** Of calls made at once exactly one may win; the others must say that nothing was written. */
async function assertOneWinner(
  calls: readonly (() => Promise<VersionedRecord>)[],
  reader: ResourceLock,
  timeoutMs: number,
): Promise<void> {
  const outcomes = await Promise.all(calls.map((call) => settle(call)));
  const won: VersionedRecord[] = [];
  for (const outcome of outcomes) {
    if (!("error" in outcome)) won.push(outcome.value);
    else await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_CONFLICT", "not-applied");
  }
  const [winner] = won;
  assert.equal(won.length, 1, `Expected one winner, got ${won.length}`);
  const stored = present(await reader.get({ timeoutMs }));
  assertRecord(stored.record, present(winner).record);
  assert.equal(stored.version, present(winner).version);
}

/** Compare and swap, by many at once. */
export const casRaceCases: readonly ConformanceCase[] = [
  {
    id: "cas/04",
    title: "of 64 creates at once exactly one wins, and the record is the winner's",
    async run(c) {
      const locks = await Promise.all(Array.from({ length: 4 }, () => c.lock()));
      const [reader] = locks;
      assert.ok(reader);
      const calls = Array.from({ length: 64 }, (_, i) => {
        const lock = locks[i % locks.length] ?? reader;
        return () => lock.create(record({ holderIdentity: `replica-${i}` }), c.call);
      });
      await assertOneWinner(calls, reader, c.call.timeoutMs);
    },
  },
  {
    id: "cas/07",
    title: "of 64 updates of one version at once exactly one wins",
    async run(c) {
      const locks = await Promise.all(Array.from({ length: 4 }, () => c.lock()));
      const [reader] = locks;
      assert.ok(reader);
      const created = await reader.create(record(), c.call);
      const calls = Array.from({ length: 64 }, (_, i) => {
        const lock = locks[i % locks.length] ?? reader;
        return () => lock.update(record({ holderIdentity: `replica-${i}` }), created, c.call);
      });
      await assertOneWinner(calls, reader, c.call.timeoutMs);
    },
  },
  {
    id: "cas/09",
    title: "500 increments by 8 writers that read, add one and swap lose none",
    budgetMs: 60_000,
    async run(c) {
      const first = await c.lock();
      await first.create(record({ leaderTransitions: 0 }), c.call);
      let left = 500;
      const work = async (lock: ResourceLock): Promise<void> => {
        let known = present(await lock.get(c.call));
        while (left > 0) {
          left -= 1;
          for (let done = false; !done; ) {
            const next = { ...known.record, leaderTransitions: known.record.leaderTransitions + 1 };
            const base = known;
            const outcome = await settle(() => lock.update(next, base, c.call));
            if (!("error" in outcome)) {
              known = outcome.value;
              done = true;
            } else {
              await rejects(() => Promise.reject(outcome.error), "ERR_LOCK_CONFLICT", "not-applied");
              known = present(await lock.get(c.call));
            }
          }
        }
      };
      const locks = await Promise.all(Array.from({ length: 8 }, () => c.lock()));
      await Promise.all(locks.map(work));
      assert.equal(present(await first.get(c.call)).record.leaderTransitions, 500);
    },
  },
];
