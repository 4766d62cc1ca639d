import { mkdtempSync, rmSync } from "node:fs";
import type { RequestOptions } from "node:https";
import { type AddressInfo, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { ask, LEASES, leaseBody, started, watch } from "./client.fixture.ts";
import { startLeaseServer } from "./start-lease-server.ts";

describe("startLeaseServer", () => {
  it("answers as soon as it resolves, on a free port", async () => {
    const { server } = await started();
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect(await ask(server, "GET", "/readyz")).toMatchObject({ status: 200, text: "ok" });
  });

  it("names an address that clients can reach, when it listens on every one", async () => {
    const { server } = await started({ host: "0.0.0.0" });
    expect(server.url).toBe(`http://127.0.0.1:${server.port}`);
    expect((await ask(server, "GET", "/readyz")).status).toBe(200);
  });

  it("keeps Leases from one process to the next with a journal, and gives larger versions afterwards", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const first = await startLeaseServer({ journalFile: folder });
    const created = await ask(first, "POST", LEASES, leaseBody("demo"));
    await ask(first, "POST", "/api/v1/namespaces", { metadata: { name: "mine" } });
    await first.close();

    const { server } = await started({ journalFile: folder, strictNamespaces: true });
    expect((await ask(server, "GET", `${LEASES}/demo`)).body).toEqual(created.body);
    const second = await ask(server, "POST", LEASES.replace("default", "mine"), leaseBody("demo"));
    expect(second.status).toBe(201);
    expect(BigInt(second.body.metadata.resourceVersion)).toBeGreaterThan(
      BigInt(created.body.metadata.resourceVersion),
    );
  });

  it("gives larger versions than its life before, without a journal", async () => {
    const first = await startLeaseServer();
    const before = await ask(first, "POST", LEASES, leaseBody("demo"));
    await first.close();
    const { server } = await started();
    const after = await ask(server, "POST", LEASES, leaseBody("demo"));
    expect(BigInt(after.body.metadata.resourceVersion)).toBeGreaterThan(
      BigInt(before.body.metadata.resourceVersion),
    );
  });

  it("ends watches and connections when it closes, as often as it is told to", async () => {
    const { server, served } = await started();
    const watching = await watch(server, `${LEASES}?watch=1`);
    const both = [server.close(), server.close()];
    expect(await watching.next()).toBeUndefined();
    await Promise.all(both);
    await server.close();
    expect(served).toMatchObject([{ verb: "watch", status: 200 }]);
    await expect(ask(server, "GET", "/readyz")).rejects.toMatchObject({ code: "ECONNREFUSED" });
  });

  it("says what is wrong with the port, and leaves nothing behind", async () => {
    const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-"));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void other.close());
    const { port } = other.address() as AddressInfo; // a TCP server has one
    const failure = { code: "EADDRINUSE", message: `Port ${port} of 127.0.0.1 is in use` };
    await expect(startLeaseServer({ port, journalFile: folder })).rejects.toMatchObject(failure);
    // Its journal is free for the next one.
    const { server } = await started({ journalFile: folder });
    expect(server.port).not.toBe(port);
  });

  it("refuses options that are wrong, naming them", async () => {
    await expect(startLeaseServer({ port: 65_536 })).rejects.toThrow(
      "Expected `port` from 0 to 65535, got 65536",
    );
    await expect(startLeaseServer({ historyLimit: 0 })).rejects.toThrow(
      "Expected `historyLimit` as a positive integer, got 0",
    );
    await expect(startLeaseServer({ tokens: [{ token: "", user: "u" }] })).rejects.toThrow(TypeError);
    await expect(startLeaseServer({ faults: { rules: [{ hangRate: 2 }] } })).rejects.toThrow(RangeError);
  });
});

describe("its configurations", () => {
  const tokens = [
    { token: "first-token", user: "first", groups: ["system:masters"] },
    { token: "second-token", user: "second" },
  ];

  it("lead to it, over TLS, with the first token or another", async () => {
    const { server } = await started({ tls: true, tokens });
    for (const [config, token] of [
      [server.kubeConfig, "first-token"],
      [server.kubeConfigFor("second-token"), "second-token"],
    ] as const) {
      expect(config.getCurrentCluster().server).toBe(server.url);
      expect(config.getContextObject(config.getCurrentContext()).namespace).toBe("default");
      const options: RequestOptions = {};
      await config.applyToHTTPSOptions(options);
      expect(options).toMatchObject({ ca: server.ca, headers: { Authorization: `Bearer ${token}` } });
    }
  });

  it("are JSON that kubectl reads as a kubeconfig file", async () => {
    const { server } = await started({ tls: true, tokens });
    const config = JSON.parse(server.kubeconfigText("second-token"));
    expect(config.clusters[0].cluster.server).toBe(server.url);
    expect(Buffer.from(config.clusters[0].cluster["certificate-authority-data"], "base64").toString()).toBe(
      server.ca,
    );
    expect(config.users[0].user.token).toBe("second-token");
    expect(JSON.parse(server.kubeconfigText()).users[0].user.token).toBe("first-token");
  });
});
