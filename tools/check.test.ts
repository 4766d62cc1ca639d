import { spawnSync } from "node:child_process";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";

const CHECK = fileURLToPath(new URL("check.ts", import.meta.url));
const REPORT = { numPassedTests: 3, numFailedTests: 0, numPendingTests: 2, numTodoTests: 0, testResults: [] };

let bin: string;

beforeEach(() => {
  bin = mkdtempSync(join(tmpdir(), "check-"));
  for (const name of ["biome", "knip", "turbo", "tsc", "node"]) install(name, "exit 0");
  install(
    "vitest",
    `for arg; do case "$arg" in --outputFile.json=*) echo '${JSON.stringify(REPORT)}' > "\${arg#*=}";; esac; done`,
  );
});

afterEach(() => rmSync(bin, { recursive: true }));

function install(name: string, script: string): void {
  const path = join(bin, name);
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
}

function check(env: NodeJS.ProcessEnv): { readonly exitCode: number | null; readonly output: string } {
  const { status, stdout } = spawnSync(process.execPath, [CHECK], {
    env: { PATH: bin, ...env }, // none of the real tools
    encoding: "utf8",
  });
  return { exitCode: status, output: stdout };
}

it.each([{}, { CI: "false" }, { TENURE_REQUIRE_SERVERS: "0" }])("lets tests be skipped with %j", (env) => {
  const { exitCode, output } = check(env);
  expect(output).toContain("\n10 passed, 0 failed, 2 skipped");
  expect(exitCode).toBe(0);
});

it.each([{ CI: "true" }, { TENURE_REQUIRE_SERVERS: "1" }])(
  "counts skipped tests as a failure with %j",
  (env) => {
    const { exitCode, output } = check(env);
    expect(output).toContain("failed: 2 tests were skipped where none may be");
    expect(output).toContain("> node tools/conformance-docs.ts --check");
    expect(exitCode).toBe(1);
  },
);
