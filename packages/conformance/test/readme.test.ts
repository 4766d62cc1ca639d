import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, it } from "vitest";

const PACKAGE = fileURLToPath(new URL("../", import.meta.url));

/** Somebody's backend, as the README has it: the reference store under the README's names. */
const STORE_LOCK = `
import { createLock } from "../../src/reference/reference-lock.fixture.ts";
import { ReferenceServer } from "../../src/reference/server.fixture.ts";

export class StoreLock {
  constructor({ name, host, port, password }) {
    const capabilities = { fencing: "monotonic", watch: "none", granularityMs: 1, durability: "single-node" };
    const credentials = password === "right" ? undefined : "unknown";
    return createLock({ port, capabilities })({ name, credentials, route: () => ({ host, port }) });
  }
}

export async function startStore() {
  const server = new ReferenceServer(undefined);
  await server.start();
  return {
    port: server.port,
    version: "4.2",
    delete: async (name) => server.store.remove(name),
    set: async (name) => server.store.corrupt(name),
    restart: () => server.restart(),
    stop: () => server.stop(),
  };
}
`;
const CANDIDATE = `
import { StoreLock } from "./store-lock.ts";
export const createLock = ({ port }) => ({ name }) => new StoreLock({ name, host: "127.0.0.1", port, password: "right" });
`;

it("the README's example runs the suite on a backend", { timeout: 60_000 }, async () => {
  const readme = await readFile(join(PACKAGE, "README.md"), "utf8");
  const example = /```ts\n(import \{ after.*?)```/s.exec(readme)?.[1];
  await mkdir(join(PACKAGE, ".pack"), { recursive: true });
  // In the package, so that its own name leads to it.
  const folder = await mkdtemp(join(PACKAGE, ".pack/readme-"));
  try {
    await writeFile(join(folder, "example.ts"), example ?? "");
    await writeFile(join(folder, "store-lock.ts"), STORE_LOCK);
    await writeFile(join(folder, "candidate.ts"), CANDIDATE);
    const { NODE_TEST_CONTEXT: _, ...env } = process.env;
    const args = [
      "--test-reporter=tap",
      "--test-name-pattern=/(cas|meta|read|err)|life.05|elect.02|watch.07/",
      "example.ts",
    ];
    const output = await new Promise<string>((resolve) => {
      execFile(process.execPath, args, { cwd: folder, env }, (_error, stdout, stderr) =>
        resolve(`${stdout}${stderr}`),
      );
    });
    expect(output).toMatch(/# fail 0\n/);
    expect(Number(/# pass (\d+)/.exec(output)?.[1]), output).toBeGreaterThan(25);
    expect(await readdir(join(folder, ".conformance"))).toEqual(["store-lock-store-4.2.json"]);
    const { results } = JSON.parse(
      await readFile(join(folder, ".conformance/store-lock-store-4.2.json"), "utf8"),
    );
    for (const id of ["cas/01", "err/03", "err/08", "life/05", "elect/02", "watch/07"]) {
      expect(results).toContainEqual(expect.objectContaining({ id, status: "passed" }));
    }
  } finally {
    await rm(folder, { recursive: true });
  }
});
