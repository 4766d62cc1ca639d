import { startEtcdServers, startRedis } from "@tenure/testbed";
import { describeWith, describeWithServers } from "@tenure/testbed/vitest";
import { expect, it } from "vitest";
import { DemoProcess } from "./demo-process.fixture.ts";

/** Runs a short script on a store, and expects all of it to be shown. Returns what was printed. */
async function runDemo(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> {
  await using demo = new DemoProcess([...args, "--script", "kill, cut, heal, stop"], { env });
  expect(await demo.end(), demo.stdout + demo.stderr).toBe(0);
  expect(demo.stderr).toBe("");
  expect(demo.stdout).toMatch(/^ {2}two tasks at once: never$/m);
  for (const kind of ["kill -9", "cut off", "stop"]) {
    expect(demo.stdout).toMatch(new RegExp(`^  ${kind} +replica-\\d -> replica-\\d`, "m"));
  }
  return demo.stdout;
}

describeWithServers("tenure demo on a real apiserver", (testbed) => {
  it("elects on a Lease of its own, and removes it", async () => {
    const namespace = await testbed.createNamespace("demo");
    const KUBECONFIG = testbed.kubeconfigFor({
      // By its name: a certificate is checked for that, though the connection goes through a proxy.
      server: `https://localhost:${testbed.apiserverPort}`,
      token: testbed.adminToken,
      namespace,
    });
    const printed = await runDemo(["--backend", "k8s", "--url", `k8s://${namespace}`], { KUBECONFIG });
    expect(printed).toContain(`Summary: Kubernetes localhost:${testbed.apiserverPort}, lease 4 s`);
    const { stdout } = await testbed.kubectl(["get", "leases", "-n", namespace, "-o", "name"]);
    expect(stdout).toBe("");
  });

  it("says with exit code 1 what permission is missing", async () => {
    const namespace = await testbed.createNamespace("demo");
    const { kubeconfigPath } = await testbed.serviceAccount({ namespace, name: "nobody" });
    await using demo = new DemoProcess(["--url", `k8s://${namespace}`, "--script", "kill"], {
      env: { KUBECONFIG: kubeconfigPath },
    });
    expect(await demo.end()).toBe(1);
    expect(demo.stdout).toMatch(/forbidden/);
    expect(demo.stdout).toMatch(/FAILED: Waited \d+ s in vain until there was a first leader/);
    expect(demo.stderr).toMatch(/is left behind: the server answered 403/);
  });
});

await describeWith("redis", "tenure demo on a real Redis", () => {
  it("elects on a key of its own through TLS and a password, and removes it", async () => {
    await using server = await startRedis({ tls: true, password: "s3cret" });
    const url = `rediss://:s3cret@localhost:${server.port}/2`;
    const printed = await runDemo(["--url", url, "--ca-file", server.caPath ?? ""]);
    expect(printed).not.toContain("s3cret");
    expect(printed).toContain(`Summary: redis localhost:${server.port}, lease 4 s`);
    expect(await server.info("keyspace")).toEqual(new Map());
  });
});

await describeWith("etcd-3.6", "tenure demo on a real etcd", () => {
  it("elects on a key of its own on three members, each through its proxies, and removes it", async () => {
    await using servers = await startEtcdServers({ version: "3.6", members: 3 });
    await runDemo(["--backend", "etcd", "--url", `etcd://${servers.endpoints.join(",")}`]);
    expect(await keysOf(servers)).toBe(0);
  });

  it("elects through TLS", async () => {
    await using servers = await startEtcdServers({ version: "3.6", tls: true });
    const { port } = servers.members[0] ?? {};
    await runDemo(["--url", `etcds://localhost:${port}`, "--ca-file", servers.tls?.caPath ?? ""]);
    expect(await keysOf(servers)).toBe(0);
  });
});

async function keysOf(servers: Awaited<ReturnType<typeof startEtcdServers>>): Promise<number> {
  const all = Buffer.of(0).toString("base64");
  const answer = await servers.call("kv/range", { key: all, range_end: all, count_only: true });
  return Number((answer as { readonly count?: string }).count ?? 0);
}
