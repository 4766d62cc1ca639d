import { X509Certificate } from "node:crypto";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { connect, createServer } from "node:tls";
import { expect, it } from "vitest";
import { createCertificateAuthority } from "./certificates.ts";

it("issues a certificate that Node verifies for its names and addresses, and for no other", async () => {
  const authority = createCertificateAuthority();
  const { certificate, key } = authority.issueServing({ dnsNames: ["localhost"], ipv4: ["127.0.0.1"] });
  const server = createServer({ cert: certificate, key }, (socket) => socket.end());
  server.on("tlsClientError", () => {}); // clients that refuse the certificate
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo; // it listens on TCP

  const verify = async (servername: string, ca: string): Promise<string> => {
    const socket = connect({ port, host: "127.0.0.1", servername, ca });
    const outcome = await new Promise<string>((resolve) => {
      socket.once("secureConnect", () => resolve("verified"));
      socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    });
    socket.destroy();
    return outcome;
  };
  expect(await verify("localhost", authority.certificate)).toBe("verified");
  expect(await verify("", authority.certificate)).toBe("verified"); // by its address
  expect(await verify("example.org", authority.certificate)).toBe("ERR_TLS_CERT_ALTNAME_INVALID");
  expect(await verify("localhost", createCertificateAuthority().certificate)).not.toBe("verified");
  server.close();
});

it("marks only the authority as one", () => {
  const authority = createCertificateAuthority("an authority");
  const serving = authority.issueServing({ dnsNames: ["localhost"], ipv4: [] });
  const authorityCertificate = new X509Certificate(authority.certificate);
  const servingCertificate = new X509Certificate(serving.certificate);
  expect(authorityCertificate.ca).toBe(true);
  expect(servingCertificate.ca).toBe(false);
  expect(servingCertificate.checkIssued(authorityCertificate)).toBe(true);
  expect(servingCertificate.verify(authorityCertificate.publicKey)).toBe(true);
  expect(servingCertificate.subjectAltName).toBe("DNS:localhost");
});
