import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { pollUntil } from "@tenure/testbed";
import { expect } from "vitest";
import { BIN, SHELL_ENV } from "./bin.fixture.ts";
import { expectToMatch, schema } from "./schemas.fixture.ts";

/** What a command left behind. */
export interface Ended {
  /** The exit code, or the signal's name. */
  readonly exit: number | string;
  readonly stdout: string;
  readonly stderr: string;
}

type Env = Readonly<Record<string, string | undefined>>;

/** A `tenure` that runs, as a process of its own. */
export class RunningTenure {
  readonly process: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = "";
  stderr = "";

  constructor(args: readonly string[], env: Env = {}) {
    // Nothing of the machine that runs the tests: no kubeconfig, no colours.
    const { KUBECONFIG: _kubeconfig, FORCE_COLOR: _color, ...inherited } = SHELL_ENV;
    const child = spawn(process.execPath, [BIN, ...args], {
      env: { ...inherited, HOME: "/nonexistent", ...env },
      stdio: ["ignore", "pipe", "pipe"],
    });
    this.process = child;
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      this.stdout += text;
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      this.stderr += text;
    });
    this.ended = once(child, "close").then(([code, signal]) => ({
      exit: (code ?? signal) as number | string,
      stdout: this.stdout,
      stderr: this.stderr,
    }));
  }

  /** The lines of stdout so far, as JSON. */
  documents<Document>(): Document[] {
    return this.stdout
      .split("\n")
      .slice(0, -1)
      .map((line) => JSON.parse(line));
  }

  async waitForStdout(count: number): Promise<void> {
    await pollUntil(() => this.stdout.split("\n").length > count, {
      what: () => `${count} lines; stdout: ${this.stdout}; stderr: ${this.stderr}`,
      timeoutMs: 60_000,
      intervalMs: 10,
    });
  }

  /** Ends it as Ctrl-C does. */
  async interrupt(): Promise<Ended> {
    this.process.kill("SIGINT");
    return await this.ended;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill("SIGKILL");
    await this.ended;
  }
}

/** Runs one command to its end. */
export async function tenure(args: readonly string[], env?: Env): Promise<Ended> {
  return await new RunningTenure(args, env).ended;
}

/** Runs one command with `--json`, and checks its one document against its schema. */
export async function tenureJson<Document>(
  schemaName: string,
  args: readonly string[],
  env?: Env,
): Promise<{ readonly exit: number | string; readonly document: Document }> {
  const { exit, stdout, stderr } = await tenure([...args, "--json"], env);
  expect(stderr, `stderr of ${args.join(" ")}`).toBe("");
  const document: Document = JSON.parse(stdout);
  expectToMatch(schema(schemaName), document);
  return { exit, document };
}

/** Expects one line on stderr, nothing on stdout, and this exit code. */
export async function expectFailure(
  args: readonly string[],
  expected: { readonly exit: number; readonly says: RegExp; readonly env?: Env | undefined },
): Promise<void> {
  const { exit, stdout, stderr } = await tenure(args, expected.env);
  expect({ exit, stdout, lines: stderr.trimEnd().split("\n").length }, stderr).toEqual({
    exit: expected.exit,
    stdout: "",
    lines: 1,
  });
  expect(stderr).toMatch(expected.says);
  expect(stderr).toMatch(/^tenure: /);
  expect(stderr, "a secret").not.toContain("canary");
}
