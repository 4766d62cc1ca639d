import { spawnSync } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

it("the README has an example that type-checks", () => {
  const readme = readFileSync(here("README.md"), "utf8");
  const code = /^<!-- checked -->\n```ts\n(.*?)^```$/ms.exec(readme)?.[1];
  expect(code).toBeDefined();
  const [example, config] = [here("readme-example.ts"), here("tsconfig.readme.json")];
  try {
    writeFileSync(example, code ?? "");
    writeFileSync(
      config,
      JSON.stringify({ extends: "./tsconfig.json", files: ["readme-example.ts"], include: [] }),
    );
    const tsc = spawnSync(here("node_modules/.bin/tsc"), ["-p", config], { encoding: "utf8" });
    expect(tsc.stdout).toBe("");
    expect(tsc.status).toBe(0);
  } finally {
    for (const path of [example, config]) rmSync(path, { force: true });
  }
}, 60_000);
