/** What a test run amounts to. */
export interface TestCounts {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  /** What failed, in words. */
  readonly failures: readonly string[];
}

/** The parts of vitest's JSON report that count. */
interface Report {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

/**
 * Counts vitest's JSON report. What is no failed test and still wrong counts as a failure of its own: a file that could not
 * be loaded, an unhandled error, a run without tests or report, and skipped tests where none may be.
 */
export function countTests(
  report: unknown,
  options: { readonly exitedWell: boolean; readonly skipsAllowed: boolean },
): TestCounts {
  if (!isReport(report)) return { passed: 0, failed: 1, skipped: 0, failures: ["vitest wrote no report"] };
  const skipped = report.numPendingTests + report.numTodoTests;
  const failures = report.testResults.flatMap(({ name, status, assertionResults }) => {
    const failed = assertionResults.filter((test) => test.status === "failed");
    if (failed.length > 0) return failed.map(({ fullName }) => fullName);
    return status === "failed" ? [`${name} did not run`] : [];
  });
  if (report.numPassedTests === 0) failures.push("no test passed");
  if (skipped > 0 && !options.skipsAllowed) failures.push(`${skipped} tests were skipped where none may be`);
  if (!options.exitedWell && failures.length === 0) failures.push("vitest failed outside of any test");
  return { passed: report.numPassedTests, failed: failures.length, skipped, failures };
}

function isReport(value: unknown): value is Report {
  return typeof value === "object" && value !== null && "numPassedTests" in value && "testResults" in value;
}
