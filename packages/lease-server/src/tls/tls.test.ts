import { generateKeyPairSync, X509Certificate } from "node:crypto";
import { createServer, request } from "node:https";
import type { AddressInfo } from "node:net";
import { describe, expect, it, onTestFinished } from "vitest";
import { selfSignedTls } from "./self-signed-tls.ts";
import { checkTls, type TlsMaterial } from "./tls-material.ts";

const made = selfSignedTls(["lease-server.example", "10.1.2.3"]);

describe("selfSignedTls", () => {
  it("is for this machine and the hosts that are named, and for nobody else", async () => {
    const certificate = new X509Certificate((await made).cert);
    for (const name of ["localhost", "lease-server.example"]) expect(certificate.checkHost(name)).toBe(name);
    for (const ip of ["127.0.0.1", "::1", "10.1.2.3"]) expect(certificate.checkIP(ip)).toBe(ip);
    expect(certificate.checkHost("example.com")).toBeUndefined();
    expect(certificate.checkIP("10.1.2.4")).toBeUndefined();
  });

  it("is a P-256 certificate that is no authority, and valid for about a month", async () => {
    const certificate = new X509Certificate((await made).cert);
    expect(certificate.ca).toBe(false);
    expect(certificate.publicKey.asymmetricKeyDetails).toEqual({ namedCurve: "prime256v1" });
    const days = (certificate.validToDate.getTime() - Date.now()) / 86_400_000;
    expect(days).toBeGreaterThan(29);
    expect(days).toBeLessThanOrEqual(30);
    expect(certificate.validFromDate.getTime()).toBeLessThan(Date.now());
  });

  it("is another one each time", async () => {
    expect((await selfSignedTls()).cert).not.toBe((await made).cert);
  });

  it("is trusted by who is given its ca, under each of its names, and by nobody else", async () => {
    const material = await made;
    const port = await serve(material);
    for (const servername of ["localhost", "lease-server.example"]) {
      await expect(get(port, material.ca, servername)).resolves.toBe(200);
    }
    await expect(get(port, material.ca, "example.com")).rejects.toMatchObject({
      code: "ERR_TLS_CERT_ALTNAME_INVALID",
    });
    await expect(get(port, (await selfSignedTls()).ca, "localhost")).rejects.toMatchObject({
      code: "DEPTH_ZERO_SELF_SIGNED_CERT",
    });
  });
});

describe("checkTls", () => {
  it("gives a certificate that signed itself to be trusted, or the authority that is named", async () => {
    const { cert, key } = await made;
    expect(checkTls({ cert, key })).toEqual({ cert, key, ca: cert });
    const { cert: ca } = await selfSignedTls();
    expect(checkTls({ cert, key, ca })).toEqual({ cert, key, ca });
  });

  it("refuses what does not belong together or cannot be read, and shows no key", async () => {
    const { cert, key } = await made;
    const other = generateKeyPairSync("ec", { namedCurve: "P-256" })
      .privateKey.export({ type: "pkcs8", format: "pem" })
      .toString();
    const cases: readonly [Parameters<typeof checkTls>[0], string][] = [
      [{ cert, key: other }, "Expected `tls.key` to be that of `tls.cert`, got another one"],
      [{ cert: "none", key }, "Expected `tls.cert` as a certificate in PEM, got something that is none"],
      [{ cert: key, key }, "Expected `tls.cert` as a certificate in PEM, got something that is none"],
      [
        { cert, key: cert },
        "Expected `tls.key` as a private key in PEM without a passphrase, got something that is none",
      ],
      [{ cert, key, ca: "" }, "Expected `tls.ca` as a certificate in PEM, got something that is none"],
    ];
    for (const [given, message] of cases) expect(() => checkTls(given)).toThrow(new TypeError(message));
  });
});

async function serve({ cert, key }: TlsMaterial): Promise<number> {
  const server = createServer({ cert, key }, (_, response) => response.end());
  onTestFinished(() => void server.close());
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // A TCP server that listens has one.
  return (server.address() as AddressInfo).port;
}

function get(port: number, ca: string | undefined, servername: string): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const options = { host: "127.0.0.1", port, ca, servername, headers: { host: servername }, agent: false };
    request(options, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .once("error", reject)
      .end();
  });
}
