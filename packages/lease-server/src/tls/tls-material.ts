import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";

/** What a server needs to speak HTTPS, and its clients to trust it; all of it PEM. */
export interface TlsMaterial {
  /** The certificate, followed by those of the authorities between it and the one that clients know. */
  readonly cert: string;
  readonly key: string;
  /** What clients are told to trust; `undefined` where they know the authority already. */
  readonly ca: string | undefined;
}

/**
 * Checks a certificate and its key before a server is started with them. Without `ca`, a certificate that signed itself is what clients
 * are told to trust.
 * @throws TypeError when one of them cannot be read, or when they do not belong together; never with a key in it.
 */
export function checkTls(given: {
  readonly cert: string;
  readonly key: string;
  readonly ca?: string | undefined;
}): TlsMaterial {
  const { cert, key, ca } = given;
  const certificate = readCertificate(cert, "cert");
  if (ca !== undefined) readCertificate(ca, "ca");
  if (!certificate.checkPrivateKey(readKey(key))) {
    throw new TypeError("Expected `tls.key` to be that of `tls.cert`, got another one");
  }
  const signedItself =
    certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
  return { cert, key, ca: ca ?? (signedItself ? cert : undefined) };
}

function readCertificate(text: string, name: "cert" | "ca"): X509Certificate {
  try {
    return new X509Certificate(text);
  } catch (cause) {
    throw new TypeError(`Expected \`tls.${name}\` as a certificate in PEM, got something that is none`, {
      cause,
    });
  }
}

function readKey(text: string): KeyObject {
  try {
    return createPrivateKey(text);
  } catch {
    // Without the cause: it must be certain that nothing of a key is shown.
    throw new TypeError(
      "Expected `tls.key` as a private key in PEM without a passphrase, got something that is none",
    );
  }
}
