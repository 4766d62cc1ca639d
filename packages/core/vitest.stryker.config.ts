import type { ViteUserConfig } from "vitest/config";

/**
 * The tests that mutants have to survive: those that name what they keep. The walk and the other searches stay out: slow for
 * thousands of mutants, and what only they find should be a test with a name. So the score is a lower bound.
 */
const config: ViteUserConfig = {
  test: {
    include: ["src/**/*.test.ts"],
    exclude: ["src/**/*.walk.test.ts", "src/**/*exhaustive*.test.ts", "src/**/*model*.test.ts"],
    // No test waits long for real time, so that a mutant that waits for ever is known soon.
    testTimeout: 3_000,
  },
};

export default config;
