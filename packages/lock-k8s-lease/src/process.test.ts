import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { json, lease, StubApi, silence, stream } from "./stub-api.fixture.ts";

const run = promisify(execFile);
const INDEX = new URL("./index.ts", import.meta.url).href;

/** Runs a module in a process of its own and returns what it printed. */
async function node(source: string): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], {
    timeout: 14_000,
  });
  return stdout.trim();
}

it("importing the package loads nothing of client-node", async () => {
  const loaded = await node(`
    import { registerHooks } from "node:module";
    const urls = [];
    registerHooks({ load: (url, context, next) => (urls.push(url), next(url, context)) });
    await import(${JSON.stringify(INDEX)});
    console.log(urls.join("\\n"));
  `);
  expect(loaded).toContain("lock-k8s-lease/src/lease-lock.ts");
  expect(loaded).not.toMatch(/client-node|undici/);
});

it("a process ends by itself after close, with a call and a watch under way", async () => {
  await using stub = await StubApi.start();
  stub.reply(json(200, lease()), silence, stream());
  const printed = await node(`
    const { LeaseClient } = await import(${JSON.stringify(INDEX)});
    const client = new LeaseClient({
      kubeConfig: { getCurrentCluster: () => ({ server: ${JSON.stringify(stub.url)} }), applyToHTTPSOptions: async () => {} },
    });
    const lock = client.lock({ name: "app", namespace: "team" });
    const found = await lock.get({ timeoutMs: 60_000 });
    const write = lock.update(found.record, found, { timeoutMs: 600_000 }).catch((error) => console.log(error.code));
    const events = lock.watch({ signal: new AbortController().signal, from: found })[Symbol.asyncIterator]();
    const next = events.next().catch((error) => console.log(error.code));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await client.close();
    await Promise.all([write, next]);
  `);
  expect(printed).toBe("ERR_LOCK_OUTCOME_UNKNOWN\nERR_LOCK_CLOSED");
});

it("an idle client does not keep its process", async () => {
  await using stub = await StubApi.start();
  stub.reply(json(200, lease()));
  const printed = await node(`
    const { LeaseClient } = await import(${JSON.stringify(INDEX)});
    const client = new LeaseClient({
      kubeConfig: { getCurrentCluster: () => ({ server: ${JSON.stringify(stub.url)} }), applyToHTTPSOptions: async () => {} },
    });
    console.log((await client.lock({ name: "app", namespace: "team" }).get({ timeoutMs: 60_000 })).version);
  `);
  expect(printed).toBe("100");
});
