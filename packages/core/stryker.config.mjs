/** Mutation testing, nightly: see docs/mutation-testing.md. */
export default {
  mutate: ["src/**/*.ts", "!src/**/*.test.ts", "!src/**/*.fixture.ts", "!src/**/index.ts"],
  plugins: ["@stryker-mutator/vitest-runner"],
  testRunner: "vitest",
  vitest: { configFile: "vitest.stryker.config.ts", related: false },
  coverageAnalysis: "perTest",
  concurrency: 2,
  // A machine that others use too must not make a killed mutant of a slow run.
  timeoutMS: 10_000,
  // Stryker would rewrite it for its sandbox with an API that TypeScript 7 has not; the one above the sandbox serves as well.
  ignorePatterns: ["tsconfig*.json"],
  thresholds: { high: 95, low: 92, break: 90 },
  reporters: ["progress-append-only", "clear-text", "html", "json"],
  htmlReporter: { fileName: "reports/mutation/mutation.html" },
  jsonReporter: { fileName: "reports/mutation/mutation.json" },
};
