import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startLeaseServer } from "@tenure/lease-server";
import { pollUntil } from "@tenure/testbed";
import { describeWithServers } from "@tenure/testbed/vitest";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Program, startReplica } from "./replica.ts";

const here = (path: string): string => fileURLToPath(new URL(`../${path}`, import.meta.url));

/** Where the election is held. */
interface Place {
  readonly lock: string;
  readonly env: Readonly<Record<string, string>>;
  close?(): PromiseLike<void>;
}

describe("workers in Python and shell on the embedded lease-server", () => {
  testWorkers(async () => {
    const server = await startLeaseServer({ port: 0 });
    const { host } = new URL(server.url);
    return {
      lock: `lease-server://${host}/default/worker`,
      env: {},
      close: () => server[Symbol.asyncDispose](),
    };
  });
});

describeWithServers(
  "workers in Python and shell on a real apiserver, with the example's permissions",
  (testbed) => {
    testWorkers(async () => {
      const namespace = await testbed.createNamespace("sidecar");
      await testbed.kubectl(["apply", "-f", "-"], { input: await manifest("rbac", namespace) });
      const { stdout } = await testbed.kubectl(["create", "token", "-n", namespace, "worker"]);
      const server = testbed.apiserverUrl;
      return {
        lock: `k8s://${namespace}/worker`,
        env: { KUBECONFIG: testbed.kubeconfigFor({ token: stdout.trim(), namespace, server }) },
      };
    });

    it("has manifests that the API accepts", async () => {
      for (const name of ["child", "sidecar"]) {
        const input = await manifest(name, "default");
        const args = ["apply", "--dry-run=server", "--validate=strict", "-f", "-"];
        expect((await testbed.kubectl(args, { input })).stdout).toMatch(
          /^deployment.apps\/.* \(server dry run\)/,
        );
      }
    });
  },
);

/** The manifests are for `default`; every test gets a namespace of its own. */
async function manifest(name: string, namespace: string): Promise<string> {
  const text = await readFile(here(`manifests/${name}.yaml`), "utf8");
  return text.replaceAll("namespace: default", `namespace: ${namespace}`);
}

function testWorkers(newPlace: () => Promise<Place>): void {
  const started: Program[] = [];
  let folder: string;
  let place: Place;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), "tenure-sidecar-"));
    place = await newPlace();
  });

  afterEach(async () => {
    for (const program of started.splice(0)) {
      program.process.kill("SIGKILL");
      await program.exited;
    }
    await place?.close?.();
    rmSync(folder, { recursive: true });
  });

  function start(identity: string, command: readonly string[], options: readonly string[] = []): Program {
    const replica = startReplica(identity, { ...place, command, options });
    started.push(replica);
    return replica;
  }

  it("runs the Python worker on one replica, and on the next when it is killed with -9", async () => {
    const ledger = join(folder, "ledger.json");
    const command = ["python3", here("worker.py"), ledger];
    const one = start("one", command);
    await one.says(/^one did job 2$/);
    const two = start("two", command);
    await two.says(/the leader is one/);
    const pid = Number(/\d+$/.exec(await one.says(/the command runs as process/))?.[0]);
    process.kill(pid, "SIGKILL");
    expect(await one.exited).toBe(137);
    await two.says(/^two did job/);
    const ofTwo = JSON.parse(readFileSync(ledger, "utf8")) as { token: number; count: number; by: string };
    expect(ofTwo.by).toBe("two");
    expect(ofTwo.count).toBeGreaterThan(2);
    expect(two.lines.filter((line) => line.includes("overtaken"))).toEqual([]);

    two.process.kill("SIGTERM");
    await two.says(/^two cleans up and stops$/);
    expect(await two.exited).toBe(0);
  });

  it("has the ledger refuse a leader that was overtaken", async () => {
    const ledger = join(folder, "ledger.json");
    // A token beyond any that these servers give.
    writeFileSync(ledger, '{"token": 900000000000000000, "count": 7}');
    const one = start("one", ["python3", here("worker.py"), ledger]);
    await one.says(/^one was overtaken: token 900000000000000000 is newer than \d+$/);
    expect(await one.exited).toBe(1);
    expect(JSON.parse(readFileSync(ledger, "utf8")).count).toBe(7);
  });

  it("hands the shell worker over on SIGTERM: it cleans up before the other starts", async () => {
    const one = start("one", ["sh", here("worker.sh")]);
    await one.says(/^one did job 2$/);
    const two = start("two", ["sh", here("worker.sh")]);
    await two.says(/the leader is one/);
    one.process.kill("SIGTERM");
    expect(await one.exited).toBe(0);
    expect(one.lines).toContain("one cleans up and stops");
    await two.says(/^two did job 1$/);
  });

  it("serves a program that asks: it works while its replica leads, and has stopped before the other one works", async () => {
    const sidecar = async (identity: string): Promise<{ replica: Program; asking: Program }> => {
      // The command of manifests/sidecar.yaml.
      const wait = ["sh", "-c", "trap 'sleep 2; exit 0' TERM; while :; do sleep 0.2; done"];
      const replica = start(identity, wait, ["--health-port", "0"]);
      const url = /http:\S+$/.exec(await replica.says(/health server on/))?.[0] ?? "";
      const asking = new Program("python3", [here("asks.py"), url]);
      started.push(asking);
      return { replica, asking };
    };
    const one = await sidecar("one");
    await one.asking.says(/^one did a job with token \d+$/);
    const two = await sidecar("two");
    await two.replica.says(/the leader is one/);
    expect(two.asking.lines).toEqual([]);
    one.replica.process.kill("SIGTERM");
    await pollUntil(() => two.asking.lines.length > 0, {
      what: "the other one's first job",
      timeoutMs: 60_000,
    });
    expect(one.asking.lines.at(-1)).toBe("stopped");
    const worked = one.asking.lines.length;
    await two.asking.says(/^two did a job/, 3);
    expect(one.asking.lines).toHaveLength(worked);
    expect(await one.replica.exited).toBe(0);
  });
}
