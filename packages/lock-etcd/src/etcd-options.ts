import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";

/**
 * Which etcd, and as whom: the options of etcd3's `IOptions` that are used, so one of those can be given as it is. Its
 * `faultHandling`, `defaultCallOptions` and `dialTimeout` are not: every call is one attempt with its caller's deadline.
 */
export interface EtcdOptions {
  /**
   * `"http://127.0.0.1:2379"`, or several members of one cluster. The scheme may be left out, the port not. They take turns:
   * a call goes to one of them, the next call to another when that one could not serve.
   */
  readonly hosts: string | readonly string[];
  /** PEM. Turns TLS on. Without it `https://` trusts the roots that Node knows. */
  readonly credentials?:
    | {
        /** Who signed the servers' certificates. */
        readonly rootCertificate: Buffer;
        /** The client's own key and certificate, where the servers ask for one. */
        readonly privateKey?: Buffer | undefined;
        readonly certChain?: Buffer | undefined;
      }
    | undefined;
  /** A user of etcd's own. Not needed where the client certificate's common name is the user. */
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /**
   * gRPC channel options, before the defaults (`grpc.keepalive_time_ms` 10000, `grpc.keepalive_timeout_ms` 5000; etcd
   * answers pings more often than every 5 s by closing the connection). Retries of gRPC's own stay off.
   */
  readonly grpcOptions?: Readonly<Record<string, unknown>> | undefined;
}

/** Options that were checked. */
export interface EtcdTarget extends EtcdOptions {
  /** Each without a scheme, as gRPC wants it. */
  readonly hosts: readonly string[];
  readonly tls: boolean;
}

const HOST = /^(?:(https?):\/\/)?((?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):(\d{1,5}))$/;

/**
 * Checks the options, so that a wrong one fails where it is written. No message quotes credentials.
 *
 * @throws `TypeError` when something has the wrong type, `RangeError` when its form is wrong.
 */
export function etcdTarget(options: EtcdOptions): EtcdTarget {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`Expected \`etcd\` as an object, got ${options === null ? "null" : typeof options}`);
  }
  const { credentials, auth, grpcOptions } = options;
  const hosts = typeof options.hosts === "string" ? [options.hosts] : options.hosts;
  if (!Array.isArray(hosts) || hosts.length === 0) {
    throw new TypeError("Expected `etcd.hosts` as a host or a list of at least one");
  }
  const parsed = hosts.map(parseHost);
  const schemes = new Set(parsed.map(({ scheme }) => scheme).filter((scheme) => scheme !== undefined));
  if (schemes.size > 1) throw new RangeError("Expected `etcd.hosts` all with http:// or all with https://");
  if (credentials !== undefined) {
    if (schemes.has("http")) {
      throw new RangeError("Expected `etcd.hosts` with https:// beside `etcd.credentials`, got http://");
    }
    checkCredentials(credentials);
  }
  if (auth !== undefined) checkAuth(auth);
  if (grpcOptions !== undefined && (typeof grpcOptions !== "object" || grpcOptions === null)) {
    throw new TypeError(`Expected \`etcd.grpcOptions\` as an object, got ${typeof grpcOptions}`);
  }
  return {
    hosts: [...new Set(parsed.map(({ address }) => address))],
    tls: credentials !== undefined || schemes.has("https"),
    ...(credentials !== undefined && { credentials: { ...credentials } }),
    ...(auth !== undefined && { auth: { username: auth.username, password: auth.password } }),
    ...(grpcOptions !== undefined && { grpcOptions: { ...grpcOptions } }),
  };
}

function parseHost(host: unknown): { scheme: string | undefined; address: string } {
  // Not quoted when it is wrong: a user and a password may stand in it.
  const [, scheme, address, port] = (typeof host === "string" ? HOST.exec(host) : undefined) ?? [];
  if (address === undefined || !(Number(port) >= 1 && Number(port) <= 65_535)) {
    throw new RangeError(
      "Expected every one of `etcd.hosts` as [http[s]://]HOST:PORT without user, path or query, and one is not",
    );
  }
  return { scheme, address };
}

function checkAuth(auth: NonNullable<EtcdOptions["auth"]>): void {
  for (const field of ["username", "password"] as const) {
    if (typeof auth?.[field] !== "string" || auth[field] === "") {
      throw new TypeError(`Expected \`etcd.auth.${field}\` as a string that is not empty`);
    }
  }
}

function checkCredentials(credentials: NonNullable<EtcdOptions["credentials"]>): void {
  const { rootCertificate, privateKey, certChain } = credentials;
  for (const [field, value] of Object.entries({ rootCertificate, privateKey, certChain })) {
    if (
      field === "rootCertificate" ? Buffer.isBuffer(value) : value === undefined || Buffer.isBuffer(value)
    ) {
      continue;
    }
    throw new TypeError(`Expected \`etcd.credentials.${field}\` as a Buffer of PEM`);
  }
  if ((privateKey === undefined) !== (certChain === undefined)) {
    throw new TypeError("Expected `etcd.credentials.privateKey` and `certChain` both, or neither");
  }
  try {
    // A secure context takes roots that are none for no roots at all.
    new X509Certificate(rootCertificate);
    createSecureContext({ ca: rootCertificate, key: privateKey, cert: certChain });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new TypeError(`Expected \`etcd.credentials\` as PEM that TLS can use (${code ?? "unreadable"})`);
  }
}
