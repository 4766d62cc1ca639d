import { LeaderElectionError, type LeaderElectionErrorCode } from "@tenure/core";
import { expect, it } from "vitest";
import { checked, describeFailure, usageError } from "./failure.ts";

it.each<readonly [LeaderElectionErrorCode, number]>([
  ["ERR_LOCK_UNAVAILABLE", 3],
  ["ERR_LOCK_THROTTLED", 3],
  ["ERR_LOCK_OUTCOME_UNKNOWN", 3],
  ["ERR_LOCK_UNAUTHENTICATED", 4],
  ["ERR_LOCK_FORBIDDEN", 4],
  ["ERR_LOCK_REJECTED", 5],
  ["ERR_LOCK_RECORD_INVALID", 5],
])("ends %s with %d", (code, exitCode) => {
  expect(describeFailure(new LeaderElectionError(code, "why"))).toMatchObject({ exitCode });
});

it("is one line, without the Role that `tenure check` prints", () => {
  const message =
    'update of lease d/a is forbidden: user "u" may not. This Role allows what is needed:\n\nkind: Role';
  expect(describeFailure(new LeaderElectionError("ERR_LOCK_FORBIDDEN", message)).line).toBe(
    'update of lease d/a is forbidden: user "u" may not. (`tenure check` prints what to allow)',
  );
});

it("describes anything that can be thrown", () => {
  const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
  expect(describeFailure(refused)).toEqual({ line: "connect", exitCode: 3 });
  expect(describeFailure(Object.assign(new Error(""), { code: "EMFILE" }))).toEqual({
    line: "EMFILE",
    exitCode: 5,
  });
  expect(describeFailure("text")).toEqual({ line: "text", exitCode: 5 });
  expect(describeFailure(undefined)).toEqual({ line: "undefined", exitCode: 5 });
});

it("makes a wrong option a wrong command line, and nothing else", () => {
  const check = (error: unknown) => () =>
    checked(() => {
      throw error;
    });
  expect(check(new RangeError("Expected"))).toThrow(
    expect.objectContaining({ exitCode: 2, message: "Expected" }),
  );
  const other = usageError("other");
  expect(check(other)).toThrow(other);
});
