import { inspect } from "node:util";
import { describe, expect, it } from "vitest";
import { LeaderElectionError, type LeaderElectionErrorCode } from "./errors.ts";

// A second copy of the module, as when two versions of the package are installed. TypeScript cannot follow the query.
const copyOfErrors = "./errors.ts?copy";
const other = (await import(copyOfErrors)) as typeof import("./errors.ts");

const CODES = [
  "ERR_LOCK_CONFLICT",
  "ERR_LOCK_UNAVAILABLE",
  "ERR_LOCK_THROTTLED",
  "ERR_LOCK_UNAUTHENTICATED",
  "ERR_LOCK_FORBIDDEN",
  "ERR_LOCK_REJECTED",
  "ERR_LOCK_OUTCOME_UNKNOWN",
  "ERR_LOCK_RECORD_INVALID",
  "ERR_LOCK_CLOSED",
  "ERR_NOT_LEADING",
  "ERR_ALREADY_RUNNING",
  "ERR_TOKEN_REGRESSION",
] as const satisfies readonly LeaderElectionErrorCode[];

describe("LeaderElectionError", () => {
  it.each(CODES)("carries %s and a message", (code) => {
    const error = new LeaderElectionError(code, "what happened");
    expect(error).toMatchObject({ name: "LeaderElectionError", code, message: "what happened" });
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).toBe("LeaderElectionError: what happened");
  });

  it("has every code that the type has", () => {
    type Missing = Exclude<LeaderElectionErrorCode, (typeof CODES)[number]>;
    const none: Missing[] = [];
    expect(none).toEqual([]);
  });

  it("says that nothing was written unless it is told otherwise", () => {
    expect(new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "no")).toMatchObject({
      outcome: "not-applied",
      retryAfterMs: undefined,
      stopReason: undefined,
    });
    expect(
      new LeaderElectionError("ERR_LOCK_OUTCOME_UNKNOWN", "hm", {
        outcome: "unknown",
        retryAfterMs: 1_500,
        stopReason: "deadline",
      }),
    ).toMatchObject({ outcome: "unknown", retryAfterMs: 1_500, stopReason: "deadline" });
  });

  it("keeps its cause, also one that is undefined, and has none where none was given", () => {
    const cause = new Error("ECONNRESET");
    expect(new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "no", { cause }).cause).toBe(cause);
    expect("cause" in new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "no", { cause: undefined })).toBe(true);
    expect("cause" in new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "no")).toBe(false);
    expect("cause" in new LeaderElectionError("ERR_LOCK_UNAVAILABLE", "no", {})).toBe(false);
  });
});

describe("LeaderElectionError.is", () => {
  it("knows an error of another installed copy, which instanceof does not", () => {
    const foreign = new other.LeaderElectionError("ERR_LOCK_CONFLICT", "taken");
    expect(other.LeaderElectionError).not.toBe(LeaderElectionError);
    expect(foreign).not.toBeInstanceOf(LeaderElectionError);
    expect(LeaderElectionError.is(foreign)).toBe(true);
    expect(other.LeaderElectionError.is(new LeaderElectionError("ERR_LOCK_CONFLICT", "taken"))).toBe(true);
  });

  it("knows it by a name that copies of other versions share", () => {
    expect(LeaderElectionError.is({ [Symbol.for("@tenure/core/LeaderElectionError")]: true })).toBe(true);
  });

  it("knows a subclass", () => {
    class LeaseError extends LeaderElectionError {}
    expect(LeaderElectionError.is(new LeaseError("ERR_LOCK_CONFLICT", "taken"))).toBe(true);
  });

  it.each([
    ["another error", new Error("taken")],
    ["one that looks like it", { name: "LeaderElectionError", code: "ERR_LOCK_CONFLICT", message: "taken" }],
    ["undefined", undefined],
    ["null", null],
    ["a string", "ERR_LOCK_CONFLICT"],
  ])("does not know %s", (_what, value) => {
    expect(LeaderElectionError.is(value)).toBe(false);
  });

  it("leaves no trace of its brand in what is printed or copied", () => {
    const error = new LeaderElectionError("ERR_LOCK_CONFLICT", "taken");
    expect(inspect(error)).not.toContain("@tenure");
    expect(Object.getOwnPropertySymbols({ ...error })).toEqual([]);
    expect(JSON.parse(JSON.stringify(error))).toEqual({
      name: "LeaderElectionError",
      code: "ERR_LOCK_CONFLICT",
      outcome: "not-applied",
    });
  });
});
