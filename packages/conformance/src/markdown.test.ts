import { describe, expect, it } from "vitest";
import { toMarkdown } from "./markdown.ts";
import type { ConformanceReport } from "./report.ts";

const report: ConformanceReport = {
  suiteVersion: "1.2.3",
  backend: "lock-x",
  variant: "X 1.0",
  versions: { x: "1.0", client: "2.0" },
  capabilities: { fencing: "monotonic", watch: "hint", granularityMs: 1, durability: "replicated" },
  node: "24.0.0",
  results: [
    { id: "cas/01", title: "reads | nothing", status: "passed", durationMs: 12 },
    { id: "cas/02", title: "two", status: "failed", reason: "Expected this\ngot that", durationMs: 7 },
    { id: "err/03", title: "three", status: "not-run", reason: "no servers" },
    { id: "err/04", title: "four", status: "not-run", reason: "no servers" },
    { id: "cas/03", title: "five", status: "known-failure", reason: "issue 7" },
  ],
};

describe("toMarkdown", () => {
  it("shows versions, claims, each case and why some were not run or failed", () => {
    expect(toMarkdown([report])).toBe(
      [
        "| # | backend | versions | fencing | watch | grain | durability | passed |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
        "| 1 | lock-x, X 1.0 | x 1.0, client 2.0 | monotonic | hint | 1 ms | replicated | 1 of 3 |",
        "",
        "| case |  | 1 |",
        "| --- | --- | --- |",
        "| cas/01 | reads \\| nothing | ✓ |",
        "| cas/02 | two | ✗ |",
        "| err/03 | three | – |",
        "| err/04 | four | – |",
        "| cas/03 | five | known |",
        "",
        "- **1, lock-x, X 1.0**",
        "  - cas/02: failed: Expected this",
        "  - err/03, err/04: not run: no servers",
        "  - cas/03: known-failure: issue 7",
      ].join("\n"),
    );
  });

  it("holds no durations, and orders backends by name: equal runs give equal text", () => {
    const other = { ...report, backend: "lock-a" };
    const slower = {
      ...report,
      results: report.results.map((result) => ({ ...result, durationMs: 999 })),
    };
    expect(toMarkdown([slower, other])).toBe(toMarkdown([other, report]));
  });
});
