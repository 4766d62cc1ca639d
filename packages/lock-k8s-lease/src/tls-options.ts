import type { AgentOptions, RequestOptions } from "node:https";
import { createSecureContext } from "node:tls";

/** What makes up a `SecureContext`: who we are, and whom we believe. */
const CONTEXT_OPTIONS = [
  "ca",
  "cert",
  "key",
  "pfx",
  "passphrase",
  "ciphers",
  "crl",
  "dhparam",
  "ecdhCurve",
  "honorCipherOrder",
  "maxVersion",
  "minVersion",
  "secureOptions",
  "secureProtocol",
  "sessionIdContext",
] as const;

/** What is asked of a single connection. */
const CONNECTION_OPTIONS = ["servername", "rejectUnauthorized", "checkServerIdentity"] as const;

/** The TLS part of a request's options. */
export type TlsOptions = Pick<
  RequestOptions,
  (typeof CONTEXT_OPTIONS)[number] | (typeof CONNECTION_OPTIONS)[number]
>;

/** The TLS part of what a kubeconfig applied, without what it left undefined. */
export function pickTlsOptions(options: RequestOptions): TlsOptions {
  return pick(options, [...CONTEXT_OPTIONS, ...CONNECTION_OPTIONS]);
}

/**
 * Options for an `https.Agent`, with the certificates parsed once for all its connections. That also keeps keys out of the
 * agent's own tables, which are named after the options of each connection.
 *
 * @throws when a certificate or key cannot be parsed.
 */
export function agentTlsOptions(tls: TlsOptions): AgentOptions {
  const secureContext = createSecureContext(pick(tls, CONTEXT_OPTIONS));
  // The types differ in the certificate given to checkServerIdentity: with an agent, too, it is the detailed one.
  return { ...pick(tls, CONNECTION_OPTIONS), secureContext } as AgentOptions;
}

function pick<Name extends keyof RequestOptions>(
  options: Pick<RequestOptions, Name>,
  names: readonly Name[],
): Pick<RequestOptions, Name> {
  const defined = names.filter((name) => options[name] !== undefined);
  // The entries are those of `options`, so their types hold.
  return Object.fromEntries(defined.map((name) => [name, options[name]])) as Pick<RequestOptions, Name>;
}
