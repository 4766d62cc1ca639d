import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, it } from "vitest";
import { record, stored } from "./etcd-lock.fixture.ts";
import { answer, header, StubEtcd, silence } from "./stub-etcd.fixture.ts";

const run = promisify(execFile);
const INDEX = new URL("./index.ts", import.meta.url).href;

/** Runs a module in a process of its own and returns what it printed. */
async function node(source: string, environment: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, ["--input-type=module", "--eval", source], {
    timeout: 14_000,
    // A proxy out of the environment must not come between: there is none at this address.
    env: {
      ...process.env,
      grpc_proxy: "http://127.0.0.1:1",
      http_proxy: "http://127.0.0.1:1",
      ...environment,
    },
  });
  return stdout.trim();
}

const kvs = [stored(record(), { mod: "5", create: "4" })];

it("a process ends by itself after close, with a call and a watch under way", async () => {
  await using stub = await StubEtcd.start();
  stub.reply(answer({ kvs }), silence);
  stub.onWatch((stream) => stream.write({ header: header("5"), created: true }));
  const printed = await node(`
    const { EtcdLock } = await import(${JSON.stringify(INDEX)});
    const lock = new EtcdLock({ etcd: { hosts: ${JSON.stringify(stub.host)} }, name: "app" });
    const found = await lock.get({ timeoutMs: 60_000 });
    const write = lock.update(found.record, found, { timeoutMs: 600_000 }).catch((error) => console.log(error.code));
    const events = lock.watch({ signal: new AbortController().signal, from: found })[Symbol.asyncIterator]();
    const next = events.next().catch((error) => console.log(error.code));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await lock.close();
    await Promise.all([write, next]);
  `);
  expect(printed.split("\n").sort()).toEqual(["ERR_LOCK_CLOSED", "ERR_LOCK_OUTCOME_UNKNOWN"]);
});

it("an idle lock does not keep its process, nor does one that cannot connect", async () => {
  await using stub = await StubEtcd.start();
  stub.reply(answer({ kvs }));
  const printed = await node(`
    const { EtcdLock } = await import(${JSON.stringify(INDEX)});
    const etcd = { hosts: ${JSON.stringify(stub.host)} };
    console.log((await new EtcdLock({ etcd, name: "app" }).get({ timeoutMs: 60_000 })).version);
    const dead = new EtcdLock({ etcd: { hosts: "127.0.0.1:1" }, name: "app" });
    await dead.get({ timeoutMs: 60_000 }).catch((error) => console.log(error.code));
  `);
  expect(printed).toBe("5\nERR_LOCK_UNAVAILABLE");
});

it("a connection that cannot even be opened fails the call, not the process", async () => {
  const printed = await node(
    `
    const { EtcdLock } = await import(${JSON.stringify(INDEX)});
    const lock = new EtcdLock({ etcd: { hosts: ["https://127.0.0.1:1", "https://127.0.0.1:2"] }, name: "app" });
    await lock.get({ timeoutMs: 60_000 }).catch((error) => console.log(error.code));
    await lock.close();
  `,
    { GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: "/nowhere/roots.pem" },
  );
  expect(printed).toBe("ERR_LOCK_UNAVAILABLE");
});
