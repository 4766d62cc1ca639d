import type { PeerCertificate } from "node:tls";

/**
 * A connection failed. A copy of what Node threw, without its buffers: only the message, the code and the address.
 */
export class NetworkError extends Error {
  override readonly name = "NetworkError";
  /** `"ECONNREFUSED"`, `"ECONNRESET"`, `"CERT_HAS_EXPIRED"`, … */
  readonly code: string | undefined;

  constructor(message: string, code?: string) {
    super(message);
    this.code = code;
  }
}

/** Says what failed, in words that help: for TLS, which certificate it was and until when it holds. */
export function networkError(error: unknown, certificate: PeerCertificate | undefined): NetworkError {
  if (error instanceof NetworkError) return error;
  const { code, message = "unknown error" } = error as Partial<NodeJS.ErrnoException>;
  const reason = message === "" ? (code ?? "unknown error") : message;
  if (certificate === undefined) return new NetworkError(reason, code);
  const { subject, issuer, valid_from, valid_to } = certificate;
  return new NetworkError(
    `the server's certificate was not accepted: ${reason}. It is for ${nameOf(subject)}, issued by ${nameOf(issuer)}, ` +
      `valid from ${valid_from} to ${valid_to}. Check the kubeconfig's certificate authority and server name, and this machine's clock`,
    code,
  );
}

function nameOf(name: PeerCertificate["subject"] | undefined): string {
  const parts = Object.entries(name ?? {}).map(([key, value]) => `${key}=${String(value)}`);
  return parts.length === 0 ? "(no name)" : parts.join(", ");
}
