import { expect, it } from "vitest";
import { apiRequest } from "../src/api-client.ts";
import { createCertificateAuthority } from "../src/certificates.ts";
import { pinnedVersions, type RoleRule, startTcpProxy, type TestbedClient } from "../src/index.ts";
import { describeWithServers } from "../src/vitest.ts";

const LEASES: RoleRule = {
  apiGroups: ["coordination.k8s.io"],
  resources: ["leases"],
  verbs: ["get", "create", "update"],
};

function leasePath(namespace: string, name = ""): string {
  return `/apis/coordination.k8s.io/v1/namespaces/${namespace}/leases${name === "" ? "" : `/${name}`}`;
}

function lease(name: string, spec: Record<string, unknown> = {}): unknown {
  return { apiVersion: "coordination.k8s.io/v1", kind: "Lease", metadata: { name }, spec };
}

describeWithServers("the testbed", (testbed) => {
  it("runs the versions that go.mod pins, or another patch of the same minor", async () => {
    const { kubernetes, etcd, clientGo } = pinnedVersions();
    const minor = (version: string | undefined) => version?.split(".").slice(0, 2).join(".");
    expect(minor(testbed.versions.kubeApiserver)).toBe(minor(kubernetes));
    expect(minor(testbed.versions.kubectl)).toBe(minor(kubernetes));
    expect(minor(testbed.versions.etcd)).toBe(minor(etcd));
    if (testbed.versions.clientGo !== undefined) expect(testbed.versions.clientGo).toBe(clientGo);
    const { stdout } = await testbed.kubectl(["version", "-o", "json"]);
    expect(JSON.parse(stdout)).toMatchObject({
      clientVersion: { gitVersion: `v${testbed.versions.kubectl}` },
      serverVersion: { gitVersion: `v${testbed.versions.kubeApiserver}` },
    });
  });

  it("verifies TLS for 127.0.0.1 and localhost, and fails with another CA", async () => {
    const endpoint = { url: testbed.apiserverUrl, ca: testbed.ca, token: testbed.adminToken };
    const onLocalhost = { ...endpoint, url: `https://localhost:${testbed.apiserverPort}` };
    expect((await apiRequest(endpoint, "GET", "/readyz")).status).toBe(200);
    expect((await apiRequest(onLocalhost, "GET", "/readyz")).status).toBe(200);
    const wrong = { ...endpoint, ca: createCertificateAuthority().certificate };
    await expect(apiRequest(wrong, "GET", "/readyz")).rejects.toThrow(/certificate/);
  });

  it("denies a request without a token, and one with a wrong token", async () => {
    const path = leasePath("default");
    expect((await testbed.request("GET", path, undefined, { token: null })).status).toBe(403);
    expect((await testbed.request("GET", path, undefined, { token: "wrong" })).status).toBe(401);
  });

  it("lets a ServiceAccount do what its Role says and nothing else", async () => {
    const namespace = await testbed.createNamespace();
    const other = await testbed.createNamespace();
    const { token } = await testbed.serviceAccount({ namespace, name: "app", role: [LEASES] });
    const status = async (method: string, path: string, body?: unknown) =>
      (await testbed.request(method, path, body, { token })).status;
    expect(await status("POST", leasePath(namespace), lease("one"))).toBe(201);
    expect(await status("GET", leasePath(namespace, "one"))).toBe(200);
    expect(await status("DELETE", leasePath(namespace, "one"))).toBe(403);
    expect(await status("GET", `/api/v1/namespaces/${namespace}/configmaps`)).toBe(403);
    expect(await status("GET", leasePath(other, "one"))).toBe(403);
  });

  it("binds a Role later, changes its rules, and takes it away", async () => {
    const namespace = await testbed.createNamespace();
    const { token } = await testbed.serviceAccount({ namespace, name: "app" });
    const get = async () =>
      (await testbed.request("GET", leasePath(namespace, "one"), undefined, { token })).status;
    expect(await get()).toBe(403);
    await testbed.bindRole({ namespace, serviceAccount: "app", rules: [LEASES] });
    expect(await get()).toBe(404);
    await testbed.bindRole({
      namespace,
      serviceAccount: "app",
      rules: [{ ...LEASES, verbs: ["list", "get"] }],
    });
    expect((await testbed.request("GET", leasePath(namespace), undefined, { token })).status).toBe(200);
    await testbed.unbindRole({ namespace, serviceAccount: "app" });
    expect(await get()).toBe(403);
  });

  it("gives kubeconfigs that kubectl can use, also for the URL of a proxy", async () => {
    const namespace = await testbed.createNamespace();
    await using proxy = await startTcpProxy({ target: { host: "127.0.0.1", port: testbed.apiserverPort } });
    const server = `https://localhost:${proxy.port}`;
    const { kubeconfigPath } = await testbed.serviceAccount({
      namespace,
      name: "app",
      role: [LEASES],
      server,
    });
    const input = JSON.stringify(lease("made-by-kubectl"));
    await testbed.kubectl(["create", "-f", "-"], { input, kubeconfigPath });
    expect((await testbed.request("GET", leasePath(namespace, "made-by-kubectl"))).status).toBe(200);
    expect(proxy.acceptedCount).toBeGreaterThan(0);
    const denied = await testbed.kubectl(["get", "pods"], { kubeconfigPath, allowFailure: true });
    expect(denied).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("Forbidden") });
  });

  it("keeps the fields of coordinated leader election in a Lease", async () => {
    const namespace = await testbed.createNamespace();
    const spec = { holderIdentity: "a", strategy: "OldestEmulationVersion", preferredHolder: "b" };
    const stored = await testbed.requestOk("POST", leasePath(namespace), lease("coordinated", spec));
    expect(stored).toMatchObject({ spec });
  });

  it.each(["stop", "kill"] as const)(
    "keeps port, data, tokens and certificate over %s and start",
    async (end) => {
      const namespace = await testbed.createNamespace();
      const { token } = await testbed.serviceAccount({ namespace, name: "app", role: [LEASES] });
      await testbed.requestOk("POST", leasePath(namespace), lease("kept"), { token });
      await testbed.apiserver[end]();
      try {
        await expect(testbed.request("GET", "/readyz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
      } finally {
        await testbed.apiserver.start();
      }
      expect((await testbed.request("GET", leasePath(namespace, "kept"), undefined, { token })).status).toBe(
        200,
      );
    },
  );

  it("answers nothing while paused, and goes on when resumed", async () => {
    await testbed.apiserver.pause();
    try {
      await expect(testbed.request("GET", "/readyz", undefined, { timeoutMs: 200 })).rejects.toThrow(
        "aborted",
      );
    } finally {
      await testbed.apiserver.resume();
    }
    await expectReady(testbed);
  });
});

async function expectReady(testbed: TestbedClient): Promise<void> {
  expect((await testbed.request("GET", "/readyz")).status).toBe(200);
}
