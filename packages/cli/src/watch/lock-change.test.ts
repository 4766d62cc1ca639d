import type { LeaderElectionRecord, VersionedRecord } from "@tenure/core";
import { expect, it } from "vitest";
import { type ChangeKind, changeBetween } from "./lock-change.ts";

let version = 0;

function found(record: Partial<LeaderElectionRecord> = {}, incarnation = "one"): VersionedRecord {
  version += 1;
  return {
    record: {
      holderIdentity: "a",
      leaseDurationMs: 15_000,
      acquireTime: "t1",
      renewTime: "t1",
      leaderTransitions: 0,
      ...record,
    },
    version: String(version),
    incarnation,
    fencingToken: BigInt(version),
  };
}

const free = { holderIdentity: "", renewTime: "t2" };

it.each<readonly [string, VersionedRecord | undefined, VersionedRecord | undefined, ChangeKind | undefined]>([
  ["nothing after nothing", undefined, undefined, undefined],
  ["a first record", undefined, found(), "acquired"],
  ["a first record that is free", undefined, found(free), "released"],
  ["a renewal", found(), found({ renewTime: "t2" }), "renewed"],
  ["a label", found(), found(), "edited"],
  ["a release", found(), found(free), "released"],
  ["a label on a free one", found(free), found(free), "edited"],
  ["another holder", found(), found({ holderIdentity: "b", leaderTransitions: 1 }), "acquired"],
  ["the same holder again", found(), found({ acquireTime: "t9", renewTime: "t9" }), "acquired"],
  ["a new object", found(), found({ renewTime: "t2" }, "two"), "acquired"],
  ["a deletion", found(), undefined, "deleted"],
])("tells %s", (_what, before, after, kind) => {
  expect(changeBetween(before, after)).toBe(kind);
});

it("tells nothing of the same version", () => {
  const same = found();
  expect(changeBetween(same, { ...same })).toBeUndefined();
});
