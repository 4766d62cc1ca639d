import { describe, expect, it } from "vitest";
import { EventHistory } from "./event-history.ts";
import { lease } from "./leases.fixture.ts";

function historyOf(limit: number, revisions: readonly bigint[]): EventHistory {
  const history = new EventHistory(limit, 10n);
  for (const revision of revisions) {
    history.add({ type: "MODIFIED", revision, object: lease("x"), previous: undefined });
  }
  return history;
}

function after(history: EventHistory, revision: bigint): readonly bigint[] | undefined {
  return history.after(revision)?.map((event) => event.revision);
}

describe("EventHistory", () => {
  it("gives what came after a revision, also one between two changes or one to come", () => {
    const history = historyOf(10, [11n, 12n, 15n]);
    expect(after(history, 10n)).toEqual([11n, 12n, 15n]);
    expect(after(history, 12n)).toEqual([15n]);
    expect(after(history, 13n)).toEqual([15n]);
    expect(after(history, 15n)).toEqual([]);
    expect(after(history, 99n)).toEqual([]);
  });

  it("knows nothing of what was before it", () => {
    expect(after(historyOf(10, [11n]), 9n)).toBeUndefined();
  });

  it("keeps no more than its limit, through any number of changes", () => {
    const limit = 3;
    const revisions = Array.from({ length: 50 }, (_, index) => BigInt(11 + index));
    for (let count = 1; count <= revisions.length; count++) {
      const history = historyOf(limit, revisions.slice(0, count));
      const kept = revisions.slice(Math.max(0, count - limit), count);
      const first = (kept[0] as bigint) - 1n; // there is at least one
      expect(history.compactedRevision).toBe(count <= limit ? 10n : first);
      expect(after(history, first)).toEqual(kept);
      expect(after(history, first - 1n)).toEqual(undefined);
    }
  });

  it("forgets on demand, never less than before", () => {
    const history = historyOf(10, [11n, 12n, 13n]);
    history.compact(12n);
    history.compact(11n);
    expect(history.compactedRevision).toBe(12n);
    expect(after(history, 12n)).toEqual([13n]);
    expect(after(history, 11n)).toBeUndefined();
  });
});
