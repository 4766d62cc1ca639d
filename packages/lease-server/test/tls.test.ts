import { startLeaseServer } from "@tenure/lease-server";
import { LeaseClient } from "@tenure/lock-k8s-lease";
import { createCertificateAuthority } from "@tenure/testbed";
import { describe, expect, it, onTestFinished } from "vitest";

const RECORD = {
  holderIdentity: "worker-1",
  leaseDurationMs: 15_000,
  acquireTime: "2026-11-25T10:00:00.000000Z",
  renewTime: "2026-11-25T10:00:00.000000Z",
  leaderTransitions: 0,
};
const CALL = { timeoutMs: 10_000 };

describe("a lease-server with HTTPS", () => {
  it("is trusted by who has its kubeconfig, with a certificate of its own making", async () => {
    const server = await startHere({ tls: true });
    expect(server.url).toMatch(/^https:/);
    expect((await lockOn(server.kubeConfig).create(RECORD, CALL)).record).toEqual(RECORD);
  });

  it("shows the certificate that it was given", async () => {
    const authority = createCertificateAuthority("given-ca");
    const { certificate: cert, key } = authority.issueServing({
      dnsNames: ["localhost"],
      ipv4: ["127.0.0.1"],
    });
    const server = await startHere({ tls: { cert, key, ca: authority.certificate } });
    expect(server.ca).toBe(authority.certificate);
    expect((await lockOn(server.kubeConfig).create(RECORD, CALL)).record).toEqual(RECORD);
  });

  it("is not trusted by who knows another one only, and then nothing is written", async () => {
    const [server, other] = await Promise.all([startHere({ tls: true }), startHere({ tls: true })]);
    const wrong = { ...other.kubeConfig, getCurrentCluster: server.kubeConfig.getCurrentCluster };
    const refused = lockOn(wrong).create(RECORD, CALL);
    await expect(refused).rejects.toMatchObject({ code: "ERR_LOCK_UNAVAILABLE", outcome: "not-applied" });
    expect(await lockOn(server.kubeConfig).get(CALL)).toBeUndefined();
  });

  it("does not start with a key that is not the certificate's", async () => {
    const authority = createCertificateAuthority();
    const { certificate: cert } = authority.issueServing({ dnsNames: ["localhost"], ipv4: [] });
    const { key } = authority.issueServing({ dnsNames: ["localhost"], ipv4: [] });
    const message = "Expected `tls.key` to be that of `tls.cert`, got another one";
    await expect(startLeaseServer({ tls: { cert, key } })).rejects.toThrow(message);
  });
});

async function startHere(options: Parameters<typeof startLeaseServer>[0]) {
  const server = await startLeaseServer(options);
  onTestFinished(() => server.close());
  return server;
}

function lockOn(kubeConfig: ConstructorParameters<typeof LeaseClient>[0]["kubeConfig"]) {
  const client = new LeaseClient({ kubeConfig });
  onTestFinished(() => client.close());
  return client.lock({ name: "demo", namespace: "default" });
}
