import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  createCertificateAuthority,
  type EtcdServers,
  freePort,
  type RedisServer,
  startEtcdServers,
  startRedis,
} from "@tenure/testbed";
import { describeWith, describeWithServers } from "@tenure/testbed/vitest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectFailure, RunningTenure, tenure } from "./tenure.fixture.ts";

const folder = mkdtempSync(join(tmpdir(), "tenure-unreachable-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A certificate that signed none of the servers here. */
const strangeCa = join(folder, "strange-ca.pem");
writeFileSync(strangeCa, createCertificateAuthority().certificate);

function kubeconfig(server: string, cluster: object = {}): string {
  const file = join(folder, `kubeconfig-${Math.random()}`);
  const config = {
    clusters: [{ name: "c", cluster: { server, ...cluster } }],
    users: [{ name: "u", user: { token: "canary-token" } }],
    contexts: [{ name: "c", context: { cluster: "c", user: "u" } }],
    "current-context": "c",
  };
  writeFileSync(file, JSON.stringify(config));
  return file;
}

describe("a store that nobody serves", () => {
  it("ends each command with 3 and one line", async () => {
    const port = await freePort();
    const k8s = ["--kubeconfig", kubeconfig(`https://127.0.0.1:${port}`)];
    const refused = { exit: 3, says: /could not be reached|was not reached/ };
    for (const command of ["status", "watch", "check"]) {
      await expectFailure([command, "k8s://default/app", ...k8s], refused);
      await expectFailure([command, `redis://u:canary@127.0.0.1:${port}/app`], refused);
    }
    await expectFailure(["ls", "k8s://default", ...k8s], refused);
    await expectFailure(["step-down", `lease-server://127.0.0.1:${port}/default/app`], refused);
    await expectFailure(["status", `etcd://u:canary@127.0.0.1:${port}/app`], {
      exit: 3,
      says: /etcd key \/tenure\/app failed/,
    });
  });

  it("is given up after --timeout, when it accepts and stays silent", async () => {
    const silent = createServer((socket) => socket.on("error", () => {})).listen(0, "127.0.0.1");
    await new Promise((resolve) => silent.once("listening", resolve));
    const { port } = silent.address() as { readonly port: number };
    try {
      for (const url of [
        `lease-server://127.0.0.1:${port}/default/app`,
        `redis://127.0.0.1:${port}/app`,
        `etcd://127.0.0.1:${port}/app`,
      ]) {
        await expectFailure(["status", url, "--timeout", "300ms"], { exit: 3, says: /within 300 ms/ });
      }
      await expectFailure(["ls", `lease-server://127.0.0.1:${port}/default`, "--timeout", "300ms"], {
        exit: 3,
        says: /did not answer within 300 ms/,
      });
    } finally {
      silent.close();
    }
  });

  it("needs a configuration, and says where it looked", async () => {
    await expectFailure(["status", "k8s://default/app"], { exit: 3, says: /Tried: .*\.kube\/config/ });
    await expectFailure(["status", "k8s://default/app", "--context", "staging"], {
      exit: 3,
      env: { KUBECONFIG: kubeconfig("https://127.0.0.1:1") },
      says: /has no context "staging"/,
    });
  });

  it("reads the files that options name, or says which it could not", async () => {
    const gone = join(folder, "gone");
    const url = "rediss://u@127.0.0.1:1/app";
    await expectFailure(["status", url, "--ca-file", gone], { exit: 5, says: /--ca-file.*gone: ENOENT/ });
    await expectFailure(["status", url, "--password-file", gone], {
      exit: 5,
      says: /--password-file.*ENOENT/,
    });
    const noCertificate = join(folder, "empty.pem");
    writeFileSync(noCertificate, "canary");
    await expectFailure(["status", url, "--ca-file", noCertificate], { exit: 5, says: /no certificate/ });
  });
});

describeWithServers("an apiserver whose certificate is not trusted", (testbed) => {
  it("ends with 3 and says what is wrong with the certificate", async () => {
    const strange = kubeconfig(testbed.apiserverUrl, { "certificate-authority": strangeCa });
    for (const args of [
      ["status", "k8s://default/app"],
      ["ls", "k8s://default"],
      ["check", "k8s://default/app"],
    ]) {
      await expectFailure([...args, "--kubeconfig", strange], { exit: 3, says: /certificate/ });
    }
  });
});

await describeWith("redis", "a Redis with TLS", () => {
  let server: RedisServer;
  beforeAll(async () => {
    server = await startRedis({ tls: true, clientCertificates: true, password: "canary-password" });
  });
  afterAll(() => server?.[Symbol.asyncDispose]());

  it("is reached with its authority and the client's certificate, and not otherwise", async () => {
    const { host, port, caPath = "" } = server;
    const [cert, key] = [join(folder, "redis.pem"), join(folder, "redis.key")];
    writeFileSync(cert, server.clientCert ?? "");
    writeFileSync(key, server.clientKey ?? "");
    const url = `rediss://${host}:${port}/app`;
    const env = { TENURE_PASSWORD: "canary-password" };
    const client = ["--cert-file", cert, "--key-file", key];
    const ours = await tenure(["status", url, "--ca-file", caPath, ...client], env);
    expect(ours).toMatchObject({ exit: 1, stderr: "" });
    await expectFailure(["status", url, "--ca-file", strangeCa, ...client], {
      exit: 3,
      env,
      says: /certificate/,
    });
    await expectFailure(["status", url, ...client], { exit: 3, env, says: /certificate/ });
    await expectFailure(["status", `redis://${host}:${port}/app`], {
      exit: 3,
      env,
      says: /redis lease:\{app\}/,
    });
    const unknown = ["status", `rediss://:canary@${host}:${port}/app`, "--ca-file", caPath, ...client];
    await expectFailure(unknown, { exit: 4, says: /WRONGPASS/ });
  });
});

await describeWith("etcd-3.6", "an etcd with TLS", () => {
  let servers: EtcdServers;
  beforeAll(async () => {
    servers = await startEtcdServers({ version: "3.6", tls: true });
  });
  afterAll(() => servers?.[Symbol.asyncDispose]());

  it("is reached with its authority only", async () => {
    const url = `etcds://${servers.endpoints[0]}/app`;
    const ours = await tenure(["status", url, "--ca-file", servers.tls?.caPath ?? ""]);
    expect(ours).toMatchObject({ exit: 1, stderr: "" });
    await expectFailure(["status", url, "--ca-file", strangeCa], { exit: 3, says: /etcd key/ });
    await expectFailure(["status", url], { exit: 3, says: /etcd key/ });
    await expectFailure(["status", url.replace("etcds:", "etcd:")], { exit: 3, says: /etcd key/ });
  });
});

describe("tenure lease-server", () => {
  it("says that its port is taken, or a file cannot be written, and ends with 5", async () => {
    await using first = new RunningTenure(["lease-server", "--port", "0", "--json"]);
    await first.waitForStdout(1);
    const [{ url } = { url: "" }] = first.documents<{ readonly url: string }>();
    const { port } = new URL(url);
    await expectFailure(["lease-server", "--port", port], {
      exit: 5,
      says: /Port \d+ on 127\.0\.0\.1 is taken/,
    });
    const nowhere = join(folder, "no-such-folder", "file");
    for (const option of ["--write-kubeconfig", "--data", "--tokens"]) {
      await expectFailure(["lease-server", "--port", "0", option, nowhere], { exit: 5, says: /ENOENT/ });
    }
    const files = ["--cert", strangeCa, "--key", strangeCa];
    await expectFailure(["lease-server", "--port", "0", ...files], { exit: 5, says: /key/ });
    expect((await first.interrupt()).exit).toBe(0);
  });
});
