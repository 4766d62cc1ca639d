import { describe, expect, it } from "vitest";
import { countTests } from "./test-counts.ts";

const strict = { exitedWell: true, skipsAllowed: false };

function report(statuses: readonly string[], fileStatus = "passed") {
  const count = (wanted: string) => statuses.filter((status) => status === wanted).length;
  return {
    numPassedTests: count("passed"),
    numFailedTests: count("failed"),
    numPendingTests: count("skipped"),
    numTodoTests: 0,
    testResults: [
      {
        name: "some.test.ts",
        status: fileStatus,
        assertionResults: statuses.map((status, i) => ({ status, fullName: `test ${i}` })),
      },
    ],
  };
}

describe("countTests", () => {
  it("counts what passed and names what failed", () => {
    expect(
      countTests(report(["passed", "failed", "passed"], "failed"), { ...strict, exitedWell: false }),
    ).toEqual({
      passed: 2,
      failed: 1,
      skipped: 0,
      failures: ["test 1"],
    });
  });

  it("counts a file that could not be loaded, although none of its tests failed", () => {
    const broken = report(["passed"]);
    broken.testResults.push({ name: "broken.test.ts", status: "failed", assertionResults: [] });
    expect(countTests(broken, { ...strict, exitedWell: false })).toMatchObject({
      failed: 1,
      failures: ["broken.test.ts did not run"],
    });
  });

  it("counts an unhandled error, a missing report, and a run in which nothing passed", () => {
    expect(countTests(report(["passed"]), { ...strict, exitedWell: false }).failed).toBe(1);
    expect(countTests(undefined, strict).failed).toBe(1);
    expect(countTests(report([]), strict).failed).toBe(1);
  });

  it("lets tests be skipped only where that is allowed", () => {
    expect(countTests(report(["passed", "skipped"]), strict)).toMatchObject({ failed: 1, skipped: 1 });
    expect(countTests(report(["passed", "skipped"]), { ...strict, skipsAllowed: true })).toMatchObject({
      failed: 0,
      skipped: 1,
    });
  });
});
