import { defineConfig } from "vitest/config";

/** The suite that every backend passes: hundreds of cases that mostly wait. */
const CONFORMANCE = "{packages,examples}/*/test/conformance*.test.ts";

/** Tests that need servers or processes. */
const onServers = {
  globalSetup: ["packages/testbed/src/vitest-setup.ts"],
  testTimeout: 120_000,
  hookTimeout: 120_000,
};

export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: "unit",
          include: ["packages/*/src/**/*.test.ts", "examples/*/*.test.ts", "tools/**/*.test.ts"],
          testTimeout: 15_000,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          ...onServers,
          name: "servers",
          include: ["packages/*/test/**/*.test.ts", "examples/*/test/**/*.test.ts"],
          exclude: [CONFORMANCE],
          // One file at a time: they share two cores with an apiserver, and some of them measure order under faults.
          fileParallelism: false,
          sequence: { groupOrder: 1 },
        },
      },
      {
        test: {
          ...onServers,
          name: "conformance",
          include: [CONFORMANCE],
          // Each file has servers of its own, and its cases run one after another.
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
        },
      },
    ],
  },
});
