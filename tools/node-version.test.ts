import { readFile } from "node:fs/promises";
import { expect, it } from "vitest";

// A dangling node_modules/.bin/node (an install without scripts) makes everything run on the machine's Node, silently.
it("runs on the Node of the devDependency, not on the machine's", async () => {
  const manifest = new URL("../node_modules/node/package.json", import.meta.url);
  const { version } = JSON.parse(await readFile(manifest, "utf8"));
  expect(process.versions.node).toBe(version);
  expect(version).toMatch(/^24\./);
});
