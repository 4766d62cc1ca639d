import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const PACKAGE = fileURLToPath(new URL("..", import.meta.url));
const PACKAGES = join(PACKAGE, "..");
const README = readFileSync(join(PACKAGE, "README.md"), "utf8");

const examples = [...README.matchAll(/^<!-- run -->\n```ts\n(?<code>.*?)^```$/gms)].map(
  ({ groups }, index) => ({
    file: `example-${index + 1}.ts`,
    code: groups?.["code"] ?? "",
  }),
);

/** A user's project: the packages installed by name, the examples as its files. */
let project = "";

beforeAll(() => {
  project = mkdtempSync(join(tmpdir(), "tenure-readme-"));
  mkdirSync(join(project, "node_modules", "@tenure"), { recursive: true });
  for (const name of ["core", "lock-k8s-lease", "lease-server"]) {
    symlinkSync(join(PACKAGES, name), join(project, "node_modules", "@tenure", name));
  }
  symlinkSync(join(PACKAGE, "node_modules", "@types"), join(project, "node_modules", "@types"));
  writeFileSync(join(project, "package.json"), JSON.stringify({ type: "module" }));
  const config = {
    extends: join(PACKAGES, "..", "tsconfig.base.json"),
    compilerOptions: { noEmit: true, lib: ["es2023", "esnext.disposable"] },
    files: examples.map(({ file }) => file),
  };
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify(config));
  for (const { file, code } of examples) writeFileSync(join(project, file), code);
});

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** Rejects, with what it printed, when it does not exit with 0. */
function run(command: string, args: readonly string[]): Promise<unknown> {
  // The runner's own variables would make a child's `node:test` report to a parent that does not listen.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  return promisify(execFile)(command, args, { cwd: project, env, timeout: 60_000 });
}

describe("the README of lease-server", () => {
  it("has two examples that run", () => {
    expect(examples).toHaveLength(2);
  });

  it("has examples that type-check, strictly", async () => {
    await run(join(PACKAGE, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.json"]);
  }, 60_000);

  it.each(examples)(
    "has an example that runs to its end: $file",
    async ({ file }) => {
      await run(process.execPath, [file]);
    },
    60_000,
  );

  it("names every option and everything that a server has", () => {
    const source = readFileSync(join(PACKAGE, "src", "start-lease-server.ts"), "utf8");
    const members = (name: string): string[] => {
      const [, body = ""] = new RegExp(`^export interface ${name} [^{]*{\n(.*?)^}`, "ms").exec(source) ?? [];
      return [...body.matchAll(/^ {2}(?:readonly )?(\w+)\??[(:]/gm)].map(([, member = ""]) => member);
    };
    const named = [...members("LeaseServerOptions"), ...members("LeaseServer")];
    expect(named.length).toBeGreaterThan(15);
    for (const member of named) expect(README).toMatch(new RegExp(`\`${member}\\b`));
  });
});
