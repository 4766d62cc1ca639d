import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "examples/*/*.test.ts", "tools/**/*.test.ts"],
          testTimeout: 15_000,
        },
      },
      {
        test: {
          name: "servers",
          include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
          globalSetup: ["packages/testbed/src/vitest-setup.ts"],
          testTimeout: 120_000,
          hookTimeout: 120_000,
          // One file at a time: they share two cores with an apiserver, and some of them measure order under faults.
          fileParallelism: false,
        },
      },
    ],
  },
});
