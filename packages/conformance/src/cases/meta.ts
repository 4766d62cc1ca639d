import assert from "node:assert/strict";
import type { ConformanceCase } from "../conformance-case.ts";
import { record } from "../record.ts";

/** What a lock says of itself. */
export const metaCases: readonly ConformanceCase[] = [
  {
    id: "meta/01",
    title: "capabilities are well formed, frozen, constant, and those that the fixture claims",
    async run(c) {
      const lock = await c.lock();
      const { capabilities } = lock;
      assert.deepEqual({ ...capabilities }, { ...c.capabilities });
      assert.ok(Object.isFrozen(capabilities), "Expected capabilities to be frozen");
      assert.ok(["none", "monotonic", "monotonic-unless-data-loss"].includes(capabilities.fencing));
      assert.ok(["none", "hint", "resumable"].includes(capabilities.watch));
      assert.ok(["replicated", "single-node", "best-effort"].includes(capabilities.durability));
      assert.ok(Number.isInteger(capabilities.granularityMs) && capabilities.granularityMs > 0);
      await lock.create(record(), c.call);
      await lock.close();
      assert.deepEqual({ ...lock.capabilities }, { ...c.capabilities });
    },
  },
  {
    id: "meta/02",
    title: "a lock has a watch if, and only if, it claims one, and a description that tells it from another",
    async run(c) {
      const lock = await c.lock();
      const other = await c.lock({ name: `${c.name}-2` });
      assert.equal(typeof lock.watch, c.capabilities.watch === "none" ? "undefined" : "function");
      assert.ok(lock.description.length > 0);
      assert.notEqual(lock.description, other.description);
    },
  },
];
