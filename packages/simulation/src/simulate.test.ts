import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";

const SIMULATE = fileURLToPath(new URL("simulate.ts", import.meta.url));

function simulate(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [SIMULATE, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("pnpm simulate", () => {
  it("says with --help what it takes", () => {
    const { status, stdout } = simulate("--help");
    expect(status).toBe(0);
    for (const option of ["--seed", "--minutes", "--hours", "--jobs", "--once", "--replay"]) {
      expect(stdout).toContain(`\n  ${option} `);
    }
  });

  it.each([
    [["--seed", "x"], 'Expected --seed above 0, got "x"'],
    [["--seed", "0"], 'Expected --seed above 0, got "0"'],
    [["--seed", "1.5"], 'Expected a whole number for --seed, got "1.5"'],
    [["--hours=-1"], 'Expected --hours above 0, got "-1"'],
    [["--replay", "last"], 'Expected --replay above 0, got "last"'],
    [["--sedd", "1"], "Unknown option '--sedd'"],
  ])("refuses %j and simulates nothing", (args, message) => {
    const { status, stdout, stderr } = simulate(...args);
    expect(status).toBe(1);
    expect(stderr).toContain(message);
    expect(stdout).toBe("");
  });

  it("replays one seed twice and says how it went", () => {
    const { status, stdout } = simulate("--replay", "4");
    expect(status).toBe(0);
    expect(stdout).toMatch(/^seed 4 \(default\), commit \w+, hash (\w{16}), then \1$/m);
    expect(stdout).toContain("no violation");
  });
});
