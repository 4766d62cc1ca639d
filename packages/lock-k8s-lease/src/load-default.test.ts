import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { namespaceOf } from "./kube-config.ts";
import { LeaseClient } from "./lease-client.ts";
import { LeaseLock } from "./lease-lock.ts";
import { loadDefault } from "./load-default.ts";

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tenure-load-default-"));
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

const kubeconfig = (name: string, extra = "") => `
clusters: [{ name: ${name}, cluster: { server: "https://${name}.example:6443" } }]
users: [{ name: user, user: { token: token-of-${name} } }]
contexts: [{ name: ${name}, context: { cluster: ${name}, user: user, namespace: ns-${name} } }]
${extra}`;

async function write(path: string, text: string): Promise<string> {
  const file = join(folder, path);
  await mkdir(join(file, ".."), { recursive: true });
  await writeFile(file, text);
  return file;
}

const load = (env: Record<string, string> = {}) =>
  loadDefault({ env, home: join(folder, "home"), root: folder });

async function serverAndToken(env: Record<string, string> = {}) {
  const { kubeConfig } = await load(env);
  const options = { headers: {} as Record<string, string> };
  await kubeConfig.applyToHTTPSOptions(options);
  return [kubeConfig.getCurrentCluster()?.server, options.headers["Authorization"], namespaceOf(kubeConfig)];
}

describe("the default configuration", () => {
  it("is the pod's own before all others", async () => {
    const secrets = "var/run/secrets/kubernetes.io/serviceaccount";
    await write(`${secrets}/token`, "pod-token");
    await write(`${secrets}/namespace`, "pod-namespace\n");
    await write(`${secrets}/ca.crt`, "");
    const file = await write("config", kubeconfig("a", "current-context: a"));
    const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443", KUBECONFIG: file };
    for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value);
    expect(await serverAndToken(env)).toEqual(["https://10.0.0.1:443", "Bearer pod-token", "pod-namespace"]);
  });

  it("is a named context of the files, also in a pod, and never another", async () => {
    const secrets = "var/run/secrets/kubernetes.io/serviceaccount";
    await write(`${secrets}/token`, "pod-token");
    const one = await write("one", kubeconfig("a", "current-context: a"));
    const two = await write("two", kubeconfig("b"));
    const env = {
      KUBERNETES_SERVICE_HOST: "10.0.0.1",
      KUBERNETES_SERVICE_PORT: "443",
      KUBECONFIG: [one, two].join(delimiter),
    };
    const places = { env, home: join(folder, "home"), root: folder };
    const { kubeConfig, reload } = await loadDefault({ ...places, context: "b" });
    expect(kubeConfig.getCurrentCluster()?.server).toBe("https://b.example:6443");
    expect(namespaceOf(await reload())).toBe("ns-b");
    await expect(loadDefault({ ...places, context: "c" })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      message: expect.stringContaining('has no context "c"'),
    });
  });

  it("is KUBECONFIG's where the pod has no token", async () => {
    const file = await write("config", kubeconfig("a", "current-context: a"));
    const env = { KUBERNETES_SERVICE_HOST: "10.0.0.1", KUBERNETES_SERVICE_PORT: "443", KUBECONFIG: file };
    expect(await serverAndToken(env)).toEqual(["https://a.example:6443", "Bearer token-of-a", "ns-a"]);
  });

  it("merges the files of KUBECONFIG as kubectl does: the first counts, missing ones do not matter", async () => {
    const files = [
      join(folder, "missing"),
      await write("one", kubeconfig("a")),
      await write("two", kubeconfig("b", "current-context: b")),
      await write("three", kubeconfig("a", "current-context: a")),
    ];
    expect(await serverAndToken({ KUBECONFIG: files.join(delimiter) })).toEqual([
      "https://b.example:6443",
      "Bearer token-of-a",
      "ns-b",
    ]);
  });

  it("is the home file's where nothing else is set, read anew by reload", async () => {
    await write("home/.kube/config", kubeconfig("a", "current-context: a"));
    const { reload } = await load();
    await write("home/.kube/config", kubeconfig("b", "current-context: b"));
    expect((await reload()).getCurrentCluster()?.server).toBe("https://b.example:6443");
  });
});

describe("without a configuration", () => {
  it("names the places tried, and no default server", async () => {
    await expect(load()).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      message:
        "No Kubernetes configuration found. Tried: KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT (not set), " +
        `${folder}/var/run/secrets/kubernetes.io/serviceaccount/token, KUBECONFIG (not set), ${folder}/home/.kube/config`,
    });
  });

  it("does not fall back from a KUBECONFIG that is missing to the home file", async () => {
    await write("home/.kube/config", kubeconfig("a", "current-context: a"));
    await expect(load({ KUBECONFIG: "/no/such/file" })).rejects.toThrow(/Tried: .*, \/no\/such\/file$/);
  });

  it("is an error for the lock and for the client", async () => {
    vi.stubEnv("KUBECONFIG", "/no/such/file");
    vi.stubEnv("KUBERNETES_SERVICE_HOST", "");
    await expect(LeaseClient.fromDefault()).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE" });
    await expect(LeaseLock.fromDefault({ name: "app" })).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
    });
    await expect(LeaseLock.fromDefault({ name: "No Name" })).rejects.toThrow(RangeError);
  });
});

describe("a kubeconfig that cannot be used", () => {
  it.each([
    [
      "is not YAML",
      "users: [{ name: u, user: { token: canary-1 } }]\n  clusters: [",
      /config cannot be read: not YAML in line \d/,
    ],
    ["is empty", "", /config cannot be read: it is not as a kubeconfig should be/],
    ["has a user without a name", "users: [{ user: { token: canary-1 } }]", /config cannot be read/],
    ["names no context", kubeconfig("canary"), /has no current context/],
    ["names a context that it has not", kubeconfig("a", "current-context: canary"), /has no current context/],
  ])("because it %s says so, and quotes nothing of it", async (_, text, message) => {
    const file = await write("config", text);
    const error = await load({ KUBECONFIG: file }).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", message: expect.stringMatching(message) });
    expect(JSON.stringify([error, String(error), (error as Error).stack])).not.toContain("canary");
  });
});

describe("LeaseLock.fromDefault", () => {
  it("takes the context's namespace, and closes its client with itself", async () => {
    vi.stubEnv("KUBERNETES_SERVICE_HOST", "");
    vi.stubEnv("KUBECONFIG", await write("config", kubeconfig("a", "current-context: a")));
    const lock = await LeaseLock.fromDefault({ name: "app" });
    expect(lock.description).toBe("lease ns-a/app");
    await lock.close();
    await expect(lock.get({ timeoutMs: 1_000 })).rejects.toMatchObject({ code: "ERR_LOCK_CLOSED" });
    await using other = await LeaseLock.fromDefault({ name: "app", namespace: "given" });
    expect(other.description).toBe("lease given/app");
  });
});
