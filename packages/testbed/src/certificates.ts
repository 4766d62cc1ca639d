import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";

/**
 * A certificate authority of our own, for the certificates of the test servers and their clients. Node reads X.509 but does not
 * issue it, and the certificate that kube-apiserver makes itself is not valid for `localhost`; the little DER needed
 * is written here, so no openssl has to be on the machine.
 */
export interface CertificateAuthority {
  /** The CA's own certificate, PEM: what clients trust. */
  readonly certificate: string;
  /** Issues a serving certificate. */
  issueServing(hosts: ServingHosts): IssuedCertificate;
  /** Issues a client's certificate; servers that map certificates to users take its common name as the user. */
  issueClient(commonName: string): IssuedCertificate;
}

/** What a serving certificate is valid for. */
interface ServingHosts {
  /** DNS names, e.g. `["localhost"]`. */
  readonly dnsNames: readonly string[];
  /** IPv4 addresses, e.g. `["127.0.0.1"]`. */
  readonly ipv4: readonly string[];
  /** Of the subject; `""` leaves the subject empty. @defaultValue the first name or address */
  readonly commonName?: string | undefined;
}

/** A certificate and its private key, both PEM. */
interface IssuedCertificate {
  readonly certificate: string;
  readonly key: string;
}

/** Makes a fresh authority with a P-256 key; everything it issues is valid for a week. */
export function createCertificateAuthority(name = "tenure-testbed-ca"): CertificateAuthority {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const keyUsage = extension("2.5.29.15", der(0x03, Buffer.of(1, 0x06)), true); // keyCertSign, cRLSign
  const basicConstraints = extension("2.5.29.19", sequence(der(0x01, Buffer.of(0xff))), true); // cA: true
  const certificate = issue({
    subject: name,
    issuer: name,
    publicKey,
    signingKey: privateKey,
    extensions: [keyUsage, basicConstraints],
  });
  const issueLeaf = (
    subject: string,
    usages: readonly string[],
    names: readonly Buffer[],
  ): IssuedCertificate => {
    const leaf = generateKeyPairSync("ec", { namedCurve: "P-256" });
    const alternatives = names.length === 0 ? [] : [extension("2.5.29.17", sequence(...names), false)];
    const extensions = [
      extension("2.5.29.15", der(0x03, Buffer.of(7, 0x80)), true), // digitalSignature
      extension("2.5.29.37", sequence(...usages.map(objectIdentifier)), false),
      ...alternatives,
    ];
    const parts = { subject, issuer: name, publicKey: leaf.publicKey, signingKey: privateKey, extensions };
    return { certificate: issue(parts), key: pem(leaf.privateKey) };
  };
  return {
    certificate,
    issueServing: ({ dnsNames, ipv4, commonName }) =>
      issueLeaf(
        commonName ?? dnsNames[0] ?? ipv4[0] ?? "testbed",
        [SERVER_AUTH, CLIENT_AUTH], // members of a cluster call each other
        [
          ...dnsNames.map((dnsName) => der(0x82, Buffer.from(dnsName, "ascii"))),
          ...ipv4.map((address) => der(0x87, Buffer.from(address.split(".").map(Number)))),
        ],
      ),
    issueClient: (commonName) => issueLeaf(commonName, [CLIENT_AUTH], []),
  };
}

const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

/** A key pair in PEM, e.g. the one that signs and verifies ServiceAccount tokens. */
interface SigningKey {
  readonly privateKey: string;
  readonly publicKey: string;
}

/** Makes a P-256 key pair. */
export function createSigningKey(): SigningKey {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    privateKey: pem(privateKey),
    publicKey: publicKey.export({ type: "spki", format: "pem" }).toString(),
  };
}

interface CertificateParts {
  readonly subject: string;
  readonly issuer: string;
  readonly publicKey: KeyObject;
  readonly signingKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

const DAY_MS = 86_400_000;
const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";

/** RFC 5280, section 4.1: Certificate = TBSCertificate, algorithm, signature. */
function issue({ subject, issuer, publicKey, signingKey, extensions }: CertificateParts): string {
  const algorithm = sequence(objectIdentifier(ECDSA_WITH_SHA256));
  // A first byte of 0x40 to 0x7f keeps the DER integer positive and free of leading zeros.
  const serial = Buffer.concat([Buffer.of(0x40 | ((randomBytes(1)[0] ?? 0) % 0x40)), randomBytes(15)]);
  const now = Date.now();
  const toBeSigned = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // version 3
    der(0x02, serial),
    algorithm,
    distinguishedName(issuer),
    sequence(utcTime(now - DAY_MS), utcTime(now + 7 * DAY_MS)),
    distinguishedName(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions)),
  );
  const signature = sign("sha256", toBeSigned, signingKey);
  const certificate = sequence(toBeSigned, algorithm, der(0x03, Buffer.concat([Buffer.of(0), signature])));
  const lines = certificate.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join("\n")}\n-----END CERTIFICATE-----\n`;
}

function distinguishedName(commonName: string): Buffer {
  if (commonName === "") return sequence();
  const attribute = sequence(objectIdentifier(COMMON_NAME), der(0x0c, Buffer.from(commonName, "utf8")));
  return sequence(der(0x31, attribute));
}

function extension(id: string, value: Buffer, critical: boolean): Buffer {
  const flag = critical ? [der(0x01, Buffer.of(0xff))] : [];
  return sequence(objectIdentifier(id), ...flag, der(0x04, value));
}

function utcTime(ms: number): Buffer {
  const digits = new Date(ms).toISOString().replace(/\D/g, "");
  return der(0x17, Buffer.from(`${digits.slice(2, 14)}Z`, "ascii"));
}

function objectIdentifier(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split(".").map(Number);
  return der(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(base128)]));
}

function base128(value: number): number[] {
  const bytes = [value % 128];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift(0x80 + (rest % 128));
  }
  return bytes;
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, Buffer.concat(parts));
}

/** One DER element: tag, length, content. */
function der(tag: number, content: Buffer): Buffer {
  const { length } = content;
  if (length < 0x80) return Buffer.concat([Buffer.of(tag, length), content]);
  const bytes = length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...bytes), content]);
}

function pem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}
