import assert from "node:assert/strict";
import type { ResourceLock } from "@tenure/core";
import type { CaseContext } from "../case-context.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { present, settle, show } from "../expectations.ts";
import { record } from "../record.ts";

/** Locks for those of the names that are not refused when the lock is made. Refusing is fine, colliding is not. */
async function openNamed(c: CaseContext, names: readonly string[]): Promise<Map<string, ResourceLock>> {
  const locks = new Map<string, ResourceLock>();
  for (const name of names) {
    const made = await settle(() => c.lock({ name }));
    if (!("error" in made)) {
      locks.set(name, made.value);
    } else {
      const { error } = made;
      assert.ok(
        error instanceof RangeError || error instanceof TypeError,
        `Expected ${show(name)} to be refused with a RangeError or TypeError, got ${show(error)}`,
      );
    }
  }
  return locks;
}

async function assertApart(c: CaseContext, names: readonly string[]): Promise<void> {
  const locks = await openNamed(c, names);
  for (const name of locks.keys()) c.after(() => c.stranger.remove(name));
  for (const [name, lock] of locks) {
    const created = await lock.create(record({ holderIdentity: `holder of ${name.slice(-20)}` }), c.call);
    assert.equal(created.record.holderIdentity, `holder of ${name.slice(-20)}`);
  }
  for (const [name, lock] of locks) {
    assert.equal(
      present(await lock.get(c.call), `the record of ${show(name)}`).record.holderIdentity,
      `holder of ${name.slice(-20)}`,
    );
  }
}

/** What may be a name. */
export const nameCases: readonly ConformanceCase[] = [
  {
    id: "name/01",
    title: "names that look alike or hold odd characters are kept apart, or refused when the lock is made",
    async run(c) {
      const odd = [
        "app",
        "APP",
        "app/",
        "a/p",
        "a:p",
        "a{p}",
        "{a}p",
        "a p",
        "a.p",
        "a_p",
        "a%2Fp",
        "ä",
        "a\u0308",
      ];
      await assertApart(
        c,
        odd.map((name) => `${c.name}-${name}`),
      );
    },
  },
  {
    id: "name/02",
    title: "names that are empty or very long are kept apart, or refused when the lock is made",
    async run(c) {
      const long = `${c.name}-${"x".repeat(2_000)}`;
      await assertApart(c, [`${long}1`, `${long}2`]);
      // Nothing is written with it: an empty name would be the same for everybody.
      await openNamed(c, [""]);
    },
  },
];
