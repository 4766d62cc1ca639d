import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const ROOT = fileURLToPath(new URL("..", import.meta.url));
const read = (path: string): Promise<string> => readFile(join(ROOT, path), "utf8");

/** The code blocks of a page, with what the comment above each says. */
function snippets(text: string): { readonly how: string; readonly code: string }[] {
  const blocks = text.matchAll(/^(?:<!-- (?<how>[^\n]*) -->\n)?```\w+\n(?<code>.*?)^```$/gms);
  return [...blocks].map(({ groups }) => ({ how: groups?.["how"] ?? "", code: groups?.["code"] ?? "" }));
}

/** Each line further to the right, as in a class or a function. */
function indent(code: string, spaces: number): string {
  return code.replaceAll(/^(?=.)/gm, " ".repeat(spaces));
}

it("writing-a-backend prints the example as it is", async () => {
  const all = snippets(await read("docs/writing-a-backend.md"));
  expect(all.length).toBeGreaterThan(6);
  for (const { how, code } of all) {
    const source = await read(how);
    const isThere = [0, 2, 4, 6].some((spaces) => source.includes(indent(code, spaces)));
    expect(isThere, `Expected ${how} to hold:\n${code}`).toBe(true);
  }
});

describe("swapping-backends", () => {
  let project = "";

  beforeAll(async () => {
    project = mkdtempSync(join(tmpdir(), "tenure-docs-"));
    mkdirSync(join(project, "node_modules/@tenure"), { recursive: true });
    for (const name of ["core", "lock-etcd", "lock-k8s-lease", "lock-memory", "lock-redis"]) {
      symlinkSync(join(ROOT, "packages", name), join(project, "node_modules/@tenure", name));
    }
    symlinkSync(join(ROOT, "node_modules/@types"), join(project, "node_modules/@types"));
    const [snippet, ...more] = snippets(await read("docs/swapping-backends.md"));
    expect([snippet?.how, more]).toEqual(["checked", []]);
    writeFileSync(join(project, "locks.ts"), snippet?.code ?? "");
    const compilerOptions = { noEmit: true };
    const config = { extends: join(ROOT, "tsconfig.base.json"), compilerOptions, files: ["locks.ts"] };
    writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
    writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
    const cluster = { name: "c", cluster: { server: "https://127.0.0.1:1" } };
    const kubeconfig = {
      apiVersion: "v1",
      kind: "Config",
      clusters: [cluster],
      users: [{ name: "u", user: { token: "t" } }],
      contexts: [{ name: "x", context: { cluster: "c", user: "u" } }],
      "current-context": "x",
    };
    writeFileSync(join(project, "kubeconfig"), JSON.stringify(kubeconfig)); // JSON is YAML
  });

  afterAll(() => rmSync(project, { recursive: true }));

  it("has an example that type-checks, strictly", () => {
    const { stdout, status } = spawnSync(join(ROOT, "node_modules/.bin/tsc"), ["-p", "tsconfig.json"], {
      cwd: project,
      encoding: "utf8",
    });
    expect(stdout).toBe("");
    expect(status).toBe(0);
  }, 60_000);

  it("says of each backend what its lock says", async () => {
    writeFileSync(
      join(project, "print.ts"),
      `import { locks } from "./locks.ts";
      for (const [name, make] of Object.entries(locks)) {
        const lock = await make();
        const { fencing, watch, granularityMs, durability } = lock.capabilities;
        console.log([name, fencing, watch, granularityMs, durability].join(" "));
        await lock.close();
      }`,
    );
    const env = { ...process.env, KUBECONFIG: join(project, "kubeconfig"), NODE_OPTIONS: "" };
    const { stdout, stderr } = spawnSync(process.execPath, ["print.ts"], {
      cwd: project,
      env,
      encoding: "utf8",
    });
    const rows = (await read("docs/swapping-backends.md"))
      .split("\n")
      .filter((line) => line.startsWith("| ["))
      .map((line) =>
        line
          .replaceAll(/\]\([^)]*\)|[[\]`|]/g, "")
          .trim()
          .replaceAll(/\s+/g, " ")
          .toLowerCase(),
      );
    expect(stderr).toBe("");
    expect(stdout.trim().split("\n")).toEqual(rows);
  }, 60_000);
});
