import assert from "node:assert/strict";
import { LeaderElector } from "@tenure/core";
import type { ConformanceCase } from "../conformance-case.ts";
import { present } from "../expectations.ts";
import { record, renewTime } from "../record.ts";

function assertLarger(token: bigint | undefined, last: bigint | undefined): bigint {
  assert.equal(typeof token, "bigint", `Expected a bigint as fencing token, got ${String(token)}`);
  assert.ok(token !== undefined);
  assert.ok(last === undefined || token > last, `Expected a token above ${last}, got ${token}`);
  return token;
}

/** The order that the store itself gives. */
export const tokenCases: readonly ConformanceCase[] = [
  {
    id: "token/01",
    title: "the token grows with every write, over 50 terms of clients that take turns",
    claims: ["fencing"],
    async run(c) {
      const clients = [await c.lock(), await c.lock(), await c.lock()];
      const [first] = clients;
      assert.ok(first);
      let current = await first.create(record({ holderIdentity: "" }), c.call);
      let last = assertLarger(current.fencingToken, undefined);
      for (let term = 0; term < 50; term++) {
        const lock = clients[term % clients.length] ?? first;
        for (const holderIdentity of [`replica-${term % clients.length}`, ""]) {
          current = await lock.update(
            record({ holderIdentity, leaderTransitions: term, renewTime: renewTime(term) }),
            current,
            c.call,
          );
          last = assertLarger(current.fencingToken, last);
        }
      }
      assert.equal(present(await first.get(c.call)).fencingToken, last);
    },
  },
  {
    id: "token/02",
    title: "the token grows over deletion and re-creation",
    claims: ["fencing"],
    async run(c) {
      const lock = await c.lock();
      let last: bigint | undefined;
      for (let round = 0; round < 5; round++) {
        let current = await lock.create(record({ renewTime: renewTime(round) }), c.call);
        last = assertLarger(current.fencingToken, last);
        for (let i = 0; i < round; i++) {
          current = await lock.update(record({ renewTime: renewTime(100 + i) }), current, c.call);
          last = assertLarger(current.fencingToken, last);
        }
        await c.stranger.remove(c.name);
      }
    },
  },
  {
    id: "token/03",
    title:
      "tokens are exact: 100 writes in a row give 100 different, growing ones, also beyond 2^53 where the store has them",
    claims: ["fencing"],
    async run(c) {
      const lock = await c.lock();
      let current = await lock.create(record({ renewTime: renewTime(0) }), c.call);
      let last = assertLarger(current.fencingToken, undefined);
      for (let i = 1; i < 100; i++) {
        current = await lock.update(record({ renewTime: renewTime(i) }), current, c.call);
        last = assertLarger(current.fencingToken, last);
        assert.equal(present(await lock.get(c.call)).fencingToken, last);
      }
    },
  },
  {
    id: "token/04",
    title: "over a restart of the store the record stays and the token grows",
    claims: ["fencing", "data that survives a restart"],
    needs: ["restart"],
    budgetMs: 60_000,
    async run(c) {
      const lock = await c.lock();
      const created = await lock.create(record(), c.call);
      await c.environment.faults?.restart?.();
      const found = await c.until(
        "the store to answer",
        () => lock.get(c.call).catch(() => undefined),
        c.ms(30_000),
      );
      assert.equal(found.version, created.version);
      const updated = await lock.update(record({ renewTime: renewTime(1) }), found, c.call);
      assertLarger(updated.fencingToken, created.fencingToken);
    },
  },
  {
    id: "token/05",
    title: "without fencing claimed there is no token, and an elector refuses the lock",
    claims: ["no fencing"],
    async run(c) {
      const lock = await c.lock();
      assert.equal((await lock.create(record(), c.call)).fencingToken, undefined);
      assert.throws(() => new LeaderElector({ lock }), TypeError);
    },
  },
];
