import { glob, readFile, stat } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), "utf8");

it("the README prints the example as it is", async () => {
  const [readme, example] = await Promise.all([read("README.md"), read("examples/lease-task/main.ts")]);
  expect(readme).toContain(`<!-- examples/lease-task/main.ts -->\n\`\`\`ts\n${example}\`\`\`\n`);
});

it("every command of the README and CONTRIBUTING is a script of this workspace", async () => {
  const { scripts } = JSON.parse(await read("package.json"));
  const texts = await Promise.all(["README.md", "CONTRIBUTING.md"].map(read));
  const names = texts.flatMap((text) =>
    [...text.matchAll(/pnpm@[\d.]+ ([\w:-]+)/g)].map(([, name]) => name ?? ""),
  );
  expect(names.length).toBeGreaterThan(4);
  for (const name of names) expect([...Object.keys(scripts), "exec"]).toContain(name);
});

it("every link of the README and the docs leads somewhere", async () => {
  const cwd = fileURLToPath(new URL("..", import.meta.url));
  const pages: string[] = [];
  for await (const page of glob("**/*.md", { cwd, exclude: ["**/node_modules/**"] })) pages.push(page);
  expect(pages).toEqual(
    expect.arrayContaining(["README.md", "docs/operations.md", "packages/core/README.md"]),
  );
  for (const page of pages) {
    for (const [, target] of (await read(page)).matchAll(/\]\(([^)#:]+)\)/g)) {
      const url = new URL(target ?? "", new URL(`../${page}`, import.meta.url));
      await expect(stat(url), `${page}: ${target}`).resolves.toBeDefined();
    }
  }
});
