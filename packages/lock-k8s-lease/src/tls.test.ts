// Private to the testbed, but it issues certificates without openssl.
import { createCertificateAuthority } from "@tenure/testbed";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { LeaseClient } from "./lease-client.ts";
import { json, kubeConfig, lease, RECORD, StubApi } from "./stub-api.fixture.ts";

const CALL = { timeoutMs: 5_000 };
const authority = createCertificateAuthority("Test CA");
const serving = authority.issueServing({ dnsNames: ["api.example"], ipv4: ["127.0.0.1"] });

let stub: StubApi;
const clients: LeaseClient[] = [];

beforeEach(async () => {
  stub = await StubApi.start({ cert: serving.certificate, key: serving.key });
});

afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await stub[Symbol.asyncDispose]();
});

function lockWith(applied: object, url = stub.url) {
  const client = new LeaseClient({ kubeConfig: kubeConfig(url, applied) });
  clients.push(client);
  return client.lock({ name: "app", namespace: "team" });
}

describe("over TLS", () => {
  it("a server whose authority the kubeconfig names is trusted, on one kept connection", async () => {
    const lock = lockWith({ ca: authority.certificate });
    stub.reply(json(200, lease()), json(200, lease()));
    await lock.get(CALL);
    await lock.get(CALL);
    expect(stub.connections).toBe(1);
  });

  it("the kubeconfig's server name is the one that must fit", async () => {
    stub.reply(json(200, lease()));
    await lockWith({ ca: authority.certificate, servername: "api.example" }).get(CALL);
    await expect(
      lockWith({ ca: authority.certificate, servername: "other.example" }).get(CALL),
    ).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      cause: { code: "ERR_TLS_CERT_ALTNAME_INVALID" },
    });
  });

  it("insecure-skip-tls-verify is honoured", async () => {
    stub.reply(json(200, lease()));
    await lockWith({ rejectUnauthorized: false }).get(CALL);
  });

  it("a certificate that is not accepted is named with issuer and expiry; nothing was written", async () => {
    const error = await lockWith({})
      .create(RECORD, CALL)
      .catch((reason: unknown) => reason);
    expect(error).toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
      message: expect.stringMatching(
        /the server's certificate was not accepted: unable to verify the first certificate.* It is for CN=api\.example, issued by CN=Test CA, valid from .* GMT to .* GMT/,
      ),
    });
    expect(String(error)).not.toMatch(/reject|insecure|skip|verification/i);
    expect(stub.requests).toEqual([]);
  });

  it("a server that speaks plain HTTP cannot have written anything", async () => {
    await using plain = await StubApi.start();
    const url = plain.url.replace("http:", "https:");
    await expect(lockWith({ ca: authority.certificate }, url).create(RECORD, CALL)).rejects.toMatchObject({
      code: "ERR_LOCK_UNAVAILABLE",
      outcome: "not-applied",
    });
  });

  it("other TLS material means other connections; those under way end in peace", async () => {
    const other = createCertificateAuthority("Other CA");
    const pem = [authority.certificate, [authority.certificate, other.certificate]];
    let applied = 0;
    const client = new LeaseClient({
      kubeConfig: {
        getCurrentCluster: () => ({ server: stub.url }),
        applyToHTTPSOptions: async (options) => void Object.assign(options, { ca: pem[applied++] ?? pem[1] }),
      },
    });
    clients.push(client);
    const lock = client.lock({ name: "app", namespace: "team" });
    let finish = (): void => {};
    const slow = new Promise<void>((resolve) => {
      stub.reply((response, request) => {
        finish = () => json(200, lease())(response, request);
        resolve();
      });
    });
    // A 401 makes the client ask again, and get the second authority.
    stub.reply((response) => response.writeHead(401).end(), json(200, lease()), json(200, lease()));
    const first = lock.get(CALL);
    await slow;
    await lock.get(CALL);
    finish();
    expect((await first)?.version).toBe("100");
    await lock.get(CALL);
    expect(stub.requests[3]?.socket).toBe(stub.requests[2]?.socket);
    expect(stub.requests[2]?.socket).not.toBe(stub.requests[0]?.socket);
    expect(stub.requests[0]?.socket.destroyed).toBe(true);
  });
});
