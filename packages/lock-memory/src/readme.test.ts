import { type SpawnOptions, spawn } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

// That of core is tested here too: its examples import packages by name, and this one has both.
const CORE = fileURLToPath(new URL("../../core", import.meta.url));
const LOCK_MEMORY = fileURLToPath(new URL("..", import.meta.url));

interface Snippet {
  readonly file: string;
  readonly code: string;
  /** What the comment above it says: `run`, `run: ends with SIGTERM`. */
  readonly how: string;
}

async function snippets(name: string, folder: string): Promise<Snippet[]> {
  const text = await readFile(join(folder, "README.md"), "utf8");
  const blocks = text.matchAll(/^(?:<!-- (?<how>[^\n]*) -->\n)?```ts\n(?<code>.*?)^```$/gms);
  return [...blocks].map(({ groups }, i) => ({
    file: `${name}-${i + 1}.ts`,
    code: groups?.["code"] ?? "",
    how: groups?.["how"] ?? "",
  }));
}

const all = [...(await snippets("core", CORE)), ...(await snippets("lock-memory", LOCK_MEMORY))];

/** A user's project: the packages installed by name, the snippets as its files. */
let project = "";

beforeAll(async () => {
  project = await mkdtemp(join(tmpdir(), "tenure-readme-"));
  await mkdir(join(project, "node_modules", "@tenure"), { recursive: true });
  await symlink(CORE, join(project, "node_modules", "@tenure", "core"));
  await symlink(LOCK_MEMORY, join(project, "node_modules", "@tenure", "lock-memory"));
  await symlink(join(CORE, "node_modules", "@types"), join(project, "node_modules", "@types"));
  await writeFile(join(project, "package.json"), JSON.stringify({ type: "module" }));
  await writeFile(
    join(project, "tsconfig.json"),
    JSON.stringify({
      extends: join(CORE, "..", "..", "tsconfig.base.json"),
      compilerOptions: { noEmit: true },
      files: all.map(({ file }) => file),
    }),
  );
  for (const { file, code } of all) await writeFile(join(project, file), code);
});

afterAll(async () => {
  await rm(project, { recursive: true, force: true });
});

/** Runs a program of the project to its end; `onOutput` sees each piece of what it prints. */
function run(
  command: string,
  args: readonly string[],
  onOutput: (piece: string, kill: (signal: NodeJS.Signals) => void) => void = () => {},
): Promise<{ readonly code: number | null; readonly output: string }> {
  // The runner's own variables would make a child's `node:test` report to a parent that does not listen.
  const { NODE_TEST_CONTEXT: _, NODE_OPTIONS: __, ...env } = process.env;
  const options: SpawnOptions = { cwd: project, env, stdio: ["ignore", "pipe", "pipe"] };
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, options);
    let output = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding("utf8").on("data", (piece: string) => {
        output += piece;
        onOutput(piece, (signal) => child.kill(signal));
      });
    }
    child.on("error", reject);
    child.on("close", (code) => resolve({ code, output }));
  });
}

describe("the READMEs of core and lock-memory", () => {
  it("have examples, and say of each how it is run", () => {
    expect(all.map(({ file, how }) => `${file} ${how}`)).toEqual([
      "core-1.ts run: ends with SIGTERM",
      "core-2.ts run",
      "core-3.ts run",
      "lock-memory-1.ts run",
    ]);
  });

  it("have examples that type-check, strictly", async () => {
    const { code, output } = await run(join(CORE, "node_modules", ".bin", "tsc"), ["-p", "tsconfig.json"]);
    expect(output).toBe("");
    expect(code).toBe(0);
  }, 60_000);

  it.each(all.filter(({ how }) => how === "run"))(
    "have an example that runs: $file",
    async ({ file }) => {
      const { code, output } = await run(process.execPath, [file]);
      expect(code, output).toBe(0);
    },
    60_000,
  );

  it.each(all.filter(({ how }) => how === "run: ends with SIGTERM"))(
    "have an example that leads, and ends cleanly when it is told to: $file",
    async ({ file }) => {
      const { code, output } = await run(process.execPath, [file], (piece, kill) => {
        if (piece.includes("working, fencing token 1")) kill("SIGTERM");
      });
      expect(output).toMatch(/^leader is \S+\nworking, fencing token 1\n$/);
      expect(code).toBe(0);
    },
    60_000,
  );

  it("have every option, event and error code that there is", async () => {
    const readme = await readFile(join(CORE, "README.md"), "utf8");
    const source = (file: string) => readFile(join(CORE, "src", file), "utf8");
    const [options, errors, events, state] = await Promise.all(
      ["options.ts", "errors.ts", "events.ts", "elector-state.ts"].map(source),
    );
    const inside = (text: string | undefined, from: string) => {
      const start = text?.indexOf(from) ?? -1;
      if (text === undefined || start < 0) throw new Error(`no ${from}`);
      return text.slice(start, text.indexOf("\n}\n", start));
    };
    const fields = (text: string) =>
      [...text.matchAll(/^ {2}(?:readonly )?(\w+)\??:/gm)].map(([, name]) => name);
    const strings = (text: string) => [...text.matchAll(/^ +\| "([\w-]+)"/gm)].map(([, name]) => name);
    const names = [
      ...fields(inside(options, "export interface LeaderElectorOptions")),
      ...fields(inside(events, "export interface LeaderElectorEvents")),
      ...strings(errors ?? ""),
      ...strings(inside(state, "export interface Anomaly")),
    ];
    expect(names.length).toBe(13 + 5 + 12 + 11 + 5);
    for (const name of names) expect(readme).toContain(`\`${name}\``);
  });
});
