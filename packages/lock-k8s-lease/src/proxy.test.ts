import { createServer, type Server } from "node:http";
import { type AddressInfo, connect, type Socket } from "node:net";
import { KubeConfig } from "@kubernetes/client-node";
// Private to the testbed, but it issues certificates without openssl.
import { createCertificateAuthority } from "@tenure/testbed";
import { afterEach, beforeEach, expect, it } from "vitest";
import { LeaseClient } from "./lease-client.ts";
import { json, kubeConfig, lease, RECORD, StubApi } from "./stub-api.fixture.ts";

const CALL = { timeoutMs: 5_000 };
const authority = createCertificateAuthority();
const serving = authority.issueServing({ dnsNames: ["api.example"], ipv4: ["127.0.0.1"] });

let stub: StubApi;
let proxy: Server;
let tunnels: string[];
const sockets = new Set<Socket>();

beforeEach(async () => {
  stub = await StubApi.start({ cert: serving.certificate, key: serving.key });
  tunnels = [];
  proxy = createServer();
  proxy.on("connect", (request, client: Socket) => {
    tunnels.push(request.url ?? "");
    const [host = "", port] = (request.url ?? "").split(":");
    const server = connect(Number(port), host, () => {
      client.write("HTTP/1.1 200 OK\r\n\r\n");
      client.pipe(server).pipe(client);
    });
    for (const socket of [client, server]) sockets.add(socket.on("error", () => {}));
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
});

afterEach(async () => {
  for (const socket of sockets) socket.destroy();
  proxy.close();
  await stub[Symbol.asyncDispose]();
});

it("goes through the proxy of the kubeconfig", async () => {
  // A TCP server that listens has such an address.
  const { port } = proxy.address() as AddressInfo;
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: "c",
        server: stub.url,
        caData: Buffer.from(authority.certificate).toString("base64"),
        proxyUrl: `http://127.0.0.1:${port}`,
      },
    ],
    users: [{ name: "u", token: "through-the-proxy" }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  await using client = new LeaseClient({ kubeConfig: config });
  stub.reply(json(200, lease()));
  await client.lock({ name: "app", namespace: "team" }).get(CALL);
  expect(tunnels).toEqual([`127.0.0.1:${stub.port}`]);
  expect(stub.requests[0]?.headers.authorization).toBe("Bearer through-the-proxy");
});

it("tells of a certificate that was not accepted through the proxy as it does without one", async () => {
  // A TCP server that listens has such an address.
  const { port } = proxy.address() as AddressInfo;
  const stranger = createCertificateAuthority("Another CA");
  const config = new KubeConfig();
  config.loadFromOptions({
    clusters: [
      {
        name: "c",
        server: stub.url,
        caData: Buffer.from(stranger.certificate).toString("base64"),
        proxyUrl: `http://127.0.0.1:${port}`,
      },
    ],
    users: [{ name: "u", token: "t" }],
    contexts: [{ name: "x", cluster: "c", user: "u" }],
    currentContext: "x",
  });
  await using client = new LeaseClient({ kubeConfig: config });
  await expect(client.lock({ name: "app", namespace: "team" }).create(RECORD, CALL)).rejects.toMatchObject({
    code: "ERR_LOCK_UNAVAILABLE",
    outcome: "not-applied",
    message: expect.stringMatching(/certificate was not accepted.* issued by .*valid from/),
  });
  expect(stub.requests).toEqual([]);
});

it("never goes past a proxy that it cannot use", async () => {
  await using client = new LeaseClient({
    kubeConfig: {
      ...kubeConfig(stub.url),
      getCurrentCluster: () => ({ server: stub.url, proxyUrl: "http://proxy.example" }),
    },
  });
  await expect(client.lock({ name: "app", namespace: "team" }).get(CALL)).rejects.toMatchObject({
    code: "ERR_LOCK_UNAUTHENTICATED",
    message: expect.stringContaining("applies no agent"),
  });
  expect(stub.connections).toBe(0);
});
