import { isIP } from "node:net";
import type { TlsMaterial } from "./tls-material.ts";

const ALWAYS = ["localhost", "127.0.0.1", "::1"];
const DAY_MS = 24 * 60 * 60 * 1000;
/** Long for a demo, short for what nobody can revoke. */
const VALID_DAYS = 30;

/**
 * Makes a certificate for `localhost`, `127.0.0.1`, `::1` and these hosts. It signs itself and is no authority: a client that trusts it
 * trusts this one server. Valid for 30 days; a server that runs longer is to be restarted.
 *
 * An authority of its own would buy nothing here, and strict clients (Python 3.13) refuse what is signed by one without key identifiers,
 * which `selfsigned` does not write.
 */
export async function selfSignedTls(hosts: readonly string[] = []): Promise<TlsMaterial> {
  // A tenth of a second, for those who want HTTPS.
  const { generate } = await import("selfsigned");
  const nowMs = Date.now();
  const made = await generate([{ name: "commonName", value: "tenure lease-server" }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // For clients whose clock is behind.
    notBeforeDate: new Date(nowMs - DAY_MS),
    notAfterDate: new Date(nowMs + VALID_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [...new Set([...ALWAYS, ...hosts])].map(alternativeName) },
    ],
  });
  return { cert: made.cert, key: made.private, ca: made.cert };
}

function alternativeName(host: string): { type: 2; value: string } | { type: 7; ip: string } {
  return isIP(host) === 0 ? { type: 2, value: host } : { type: 7, ip: host };
}
