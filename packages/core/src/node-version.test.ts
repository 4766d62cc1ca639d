import { expect, it } from "vitest";

// The tests are to run on the Node of the `node` devDependency (`pnpm exec`), not on whatever the machine has.
it("runs on a Node that strips types: 22.19 or later, 24 by the devDependency", () => {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  expect(major * 1_000 + minor, `Node ${process.versions.node}`).toBeGreaterThanOrEqual(22_019);
  expect(process.features.typescript, `Node ${process.versions.node}`).toBe("strip");
});
