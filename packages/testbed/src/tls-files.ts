import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { createCertificateAuthority } from "./certificates.ts";

/** Certificates in a data folder: what servers are started with and what their clients need. */
export interface TlsFiles {
  /** The CA's certificate, PEM. */
  readonly ca: string;
  readonly caPath: string;
  /** Valid for `localhost` and 127.0.0.1, as a server's and as a client's: members of a cluster are both. */
  readonly serverCert: string;
  readonly serverKey: string;
  readonly serverCertPath: string;
  readonly serverKeyPath: string;
  /** A client's, PEM; its common name is `"tenure-client"`, the name of no user. */
  readonly clientCert: string;
  readonly clientKey: string;
  readonly clientCertPath: string;
  readonly clientKeyPath: string;
}

/** Makes an authority and writes its certificates into `folder`. */
export function writeTlsFiles(folder: string): TlsFiles {
  const write = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const authority = createCertificateAuthority();
  // Without a common name: etcd's gateway refuses a client that has one while authentication is on.
  const server = authority.issueServing({ dnsNames: ["localhost"], ipv4: ["127.0.0.1"], commonName: "" });
  const client = authority.issueClient("tenure-client");
  return {
    ca: authority.certificate,
    caPath: write("ca.crt", authority.certificate),
    serverCert: server.certificate,
    serverKey: server.key,
    serverCertPath: write("server.crt", server.certificate),
    serverKeyPath: write("server.key", server.key),
    clientCert: client.certificate,
    clientKey: client.key,
    clientCertPath: write("client.crt", client.certificate),
    clientKeyPath: write("client.key", client.key),
  };
}
