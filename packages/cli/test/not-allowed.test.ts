import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type EtcdServers, type RedisServer, startEtcdServers, startRedis } from "@tenure/testbed";
import { describeWith, describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectFailure, RunningTenure, tenure, tenureJson } from "./tenure.fixture.ts";

interface CheckDocument {
  readonly items: readonly { readonly check: string; readonly result: string; readonly detail: string }[];
  readonly fix: string | null;
}

const folder = mkdtempSync(join(tmpdir(), "tenure-not-allowed-"));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

/** What `tenure check` says of each thing, by name. */
async function check(url: string, options: readonly string[] = [], env = {}) {
  const { exit, document } = await tenureJson<CheckDocument>("check", ["check", url, ...options], env);
  const results = Object.fromEntries(document.items.map(({ check, result }) => [check, result]));
  return { exit, results, fix: document.fix ?? "" };
}

const missing = (results: Record<string, string>): string[] =>
  Object.keys(results).filter((name) => results[name] === "missing");

describeWithServers("an account of a real apiserver", (testbed) => {
  it("that may do nothing: 4 and one line; what `check` prints makes it whole", async () => {
    const namespace = await testbed.createNamespace();
    const { kubeconfigPath } = await testbed.serviceAccount({ namespace, name: "nobody" });
    const env = { KUBECONFIG: kubeconfigPath };
    const url = `k8s://${namespace}/app`;
    const says = /user "system:serviceaccount:.*:nobody" may not get .*`tenure check` prints what to allow/;
    await expectFailure(["status", url], { exit: 4, env, says });
    await expectFailure(["watch", url], { exit: 4, env, says });
    await expectFailure(["ls", `k8s://${namespace}`], { exit: 4, env, says: /answered 403: .*cannot list/ });

    const before = await check(url, [], env);
    expect(before.exit).toBe(1);
    expect(missing(before.results)).toEqual(
      ["get", "update", "watch", "create"].map((v) => `permission ${v}`),
    );
    expect(before.results).toMatchObject({ record: "unknown", clock: "ok", tls: "ok", settings: "ok" });

    await testbed.kubectl(["apply", "-f", "-"], { input: before.fix });
    await expect.poll(async () => (await check(url, [], env)).exit, { timeout: 30_000 }).toBe(0);
    const after = await check(url, [], env);
    expect(after).toMatchObject({ fix: "", results: { record: "ok", namespace: "ok" } });
    // And it wrote nothing.
    expect(await tenure(["status", url], env)).toMatchObject({ exit: 1, stderr: "" });
    // No more than it needs: neither another Lease nor a list.
    expect(missing((await check(`k8s://${namespace}/other`, [], env)).results)).toHaveLength(3);
    await expectFailure(["ls", `k8s://${namespace}`], { exit: 4, env, says: /cannot list/ });
  });

  it("that is unknown: 4", async () => {
    const kubeconfigPath = testbed.kubeconfigFor({ server: testbed.apiserverUrl, token: "canary-token" });
    const env = { KUBECONFIG: kubeconfigPath };
    for (const args of [
      ["status", "k8s://default/app"],
      ["check", "k8s://default/app"],
      ["ls", "k8s://default"],
    ]) {
      await expectFailure(args, { exit: 4, env, says: /401|Unauthorized/ });
    }
  });

  it("that may do all: a namespace that is not there, and settings that are not safe, are found", async () => {
    const env = { KUBECONFIG: testbed.adminKubeconfigPath };
    const { exit, results, fix } = await check("k8s://no-such/app", ["--lease-duration", "500ms"], env);
    expect(exit).toBe(1);
    expect(missing(results)).toEqual(["namespace", "settings"]);
    expect(fix).toBe("");
    await testbed.requestOk("GET", "/api/v1/namespaces/default");
    expect((await testbed.request("GET", "/api/v1/namespaces/no-such")).status).toBe(404);
  });

  it("with manifests of `tenure manifest`: all that an election needs, and no right to create", async () => {
    const namespace = await testbed.createNamespace();
    const names = ["--name", "my.worker", "--namespace", namespace, "--service-account", "worker"];
    for (const more of [
      [],
      ["--least-privilege", "--image", "worker:1", "--", "sh", "-c", "exec sleep 1d"],
    ]) {
      const { exit, stdout, stderr } = await tenure(["manifest", ...names, ...more]);
      expect({ exit, stderr }).toEqual({ exit: 0, stderr: "" });
      const applied = await testbed.kubectl(["apply", "--dry-run=server", "-f", "-"], { input: stdout });
      expect(applied.stderr, "warnings").toBe("");
    }
    const { exit, document } = await tenureJson<object>("manifest", [
      "manifest",
      ...names,
      "--least-privilege",
    ]);
    expect(exit).toBe(0);
    await testbed.kubectl(["apply", "-f", "-"], { input: JSON.stringify(document) });
    const { stdout: token } = await testbed.kubectl(["create", "token", "-n", namespace, "worker"]);
    const env = {
      KUBECONFIG: testbed.kubeconfigFor({ server: testbed.apiserverUrl, token: token.trim(), namespace }),
    };
    await expect
      .poll(async () => (await check(`k8s://${namespace}/my.worker`, [], env)).exit, { timeout: 30_000 })
      .toBe(0);
    // It can lead, and be seen.
    const url = `k8s://${namespace}/my.worker`;
    const led = await tenure(["run", "--lock", url, "--once", "--", "true"], env);
    expect(led.exit).toBe(0);
    expect((await tenure(["status", url], env)).stdout).toContain("free");
    expect(missing((await check(`k8s://${namespace}/new`, [], env)).results)).toContain("permission create");
  });
});

await describeWith("redis", "a user of a real Redis", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis();
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it("that may do less than it needs: 4, and what `check` prints makes it whole", async () => {
    await server.command("ACL", "SETUSER", "app", "on", ">canary", "-@all", "+eval", "+time");
    const url = `redis://app@127.0.0.1:${server.port}/app`;
    const password = ["--password-file", file("redis-password", "canary\n")];
    await expectFailure(["status", url, ...password], { exit: 4, says: /NOPERM/ });
    const before = await check(url, password);
    expect(before.exit).toBe(1);
    const words = ["evalsha", "hgetall", "hset", "publish", "subscribe"];
    expect(missing(before.results)).toEqual(["eval", ...words].map((word) => `permission ${word}`));
    expect(before.results).toMatchObject({ "permission time": "ok", tls: "warning" });

    await server.command(...before.fix.split(" "));
    const after = await check(url, password);
    expect(after).toMatchObject({ exit: 0, fix: "", results: { record: "ok", clock: "ok" } });
    expect(await server.command("DBSIZE")).toBe(0);
    const led = await tenure(["run", "--lock", url, ...password, "--once", "--", "true"]);
    expect(led.exit).toBe(0);
    expect(missing((await check(url.replace(/app$/, "other"), password)).results)).toContain(
      "permission hset",
    );
  });

  it("that may not even run scripts, or shows a wrong password: 4", async () => {
    await server.command("ACL", "SETUSER", "poor", "on", ">canary", "-@all");
    const url = `redis://poor@127.0.0.1:${server.port}/app`;
    const { exit, results } = await check(url, [], { TENURE_PASSWORD: "canary" });
    expect(exit).toBe(1);
    expect(results).toMatchObject({ "permission eval": "missing", "permission hset": "unknown" });
    await expectFailure(["check", url], { exit: 4, env: { TENURE_PASSWORD: "canary-2" }, says: /WRONGPASS/ });
  });
});

await describeWith("etcd-3.6", "a user of a real etcd", () => {
  let servers: EtcdServers;
  beforeAll(async () => {
    servers = await startEtcdServers({ version: "3.6", auth: { rootPassword: "root-password" } });
  });
  afterAll(() => servers?.[Symbol.asyncDispose]());

  it("that may only read: 4 to lead, and `check` says what to grant and writes nothing", async () => {
    await servers.call("auth/role/add", { name: "reader" });
    const key = Buffer.from("/tenure/app").toString("base64");
    await servers.call("auth/role/grant", { name: "reader", perm: { permType: "READ", key } });
    await servers.call("auth/user/add", { name: "app", password: "canary" });
    await servers.call("auth/user/grant", { user: "app", role: "reader" });
    const url = `etcd://app@${servers.endpoints[0]}`;
    const env = { TENURE_PASSWORD: "canary" };
    const before = await check(`${url}/app`, [], env);
    expect(before.exit).toBe(1);
    expect(before.results).toMatchObject({ "permission read": "ok", "permission write": "missing" });
    expect(before.fix.split("\n")).toEqual([
      "etcdctl role add app-election",
      "etcdctl role grant-permission app-election readwrite /tenure/app",
      "etcdctl user grant-role app app-election",
    ]);
    await expectFailure(["status", `${url}/other`], { exit: 4, env, says: /permission denied/ });

    // What these three commands do, over the API.
    await servers.call("auth/role/add", { name: "app-election" });
    await servers.call("auth/role/grant", { name: "app-election", perm: { permType: "READWRITE", key } });
    await servers.call("auth/user/grant", { user: "app", role: "app-election" });
    expect(await check(`${url}/app`, [], env)).toMatchObject({ exit: 0, fix: "" });
    expect(await servers.get("/tenure/app")).toBeUndefined();
    await expectFailure(["status", `${url}/app`], {
      exit: 4,
      env: { TENURE_PASSWORD: "canary-2" },
      says: /get of etcd/,
    });
  });
});

describe("a token of tenure lease-server", () => {
  const TOKENS = `
tokens:
  - token: canary-reader
    user: reader
    rules:
      - apiGroups: ["coordination.k8s.io"]
        resources: ["leases"]
        verbs: ["get"]
`;

  it("that may only get: what `check` prints is a Role for it; an unknown one is 4", async () => {
    const args = ["--port", "0", "--tokens", file("tokens.yaml", TOKENS), "--json"];
    await using server = new RunningTenure(["lease-server", ...args]);
    await server.waitForStdout(1);
    const [{ lock } = { lock: "" }] = server.documents<{ readonly lock: string }>();
    const url = lock.replace("NAMESPACE/NAME", "default/app");
    const env = { TENURE_TOKEN: "canary-reader" };
    expect(await tenure(["status", url], env)).toMatchObject({ exit: 1, stderr: "" });
    const { exit, results, fix } = await check(url, [], env);
    expect(exit).toBe(1);
    expect(missing(results)).toEqual(["update", "watch", "create"].map((verb) => `permission ${verb}`));
    expect(fix).toContain("resourceNames:\n      - app");
    await expectFailure(["status", url], { exit: 4, says: /user "system:anonymous" may not get/ });
    const wrong = ["--token-file", file("token", "canary-2\n")];
    await expectFailure(["status", url, ...wrong], { exit: 4, says: /401/ });
  });
});
