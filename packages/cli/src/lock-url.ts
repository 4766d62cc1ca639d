import { usageError } from "./failure.ts";
import { type Address, formatAddress, schemeOf, splitUrl, type UrlParts } from "./url-parts.ts";

/** `k8s://NAMESPACE/NAME`: where the kubeconfig, or the pod, says. */
interface KubernetesStore {
  readonly kind: "k8s";
  readonly context: string | undefined;
}

/** `lease-server://HOST[:PORT]/NAMESPACE/NAME`, with TLS `lease-servers://`. */
interface LeaseServerStore {
  readonly kind: "lease-server";
  /** `"http://127.0.0.1:7410"` */
  readonly server: string;
}

/** `redis://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…][/DB]/NAME`, with TLS `rediss://`. */
export interface RedisStore {
  readonly kind: "redis";
  readonly tls: boolean;
  readonly addresses: readonly Required<{ readonly [Key in keyof Address]: NonNullable<Address[Key]> }>[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly database: number;
  readonly prefix: string | undefined;
  /** Name of the primary that the addresses, which are Sentinels, watch over. */
  readonly sentinel: string | undefined;
  readonly cluster: boolean;
}

/** `etcd://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]…]/NAME`, with TLS `etcds://`. */
export interface EtcdStore {
  readonly kind: "etcd";
  readonly tls: boolean;
  /** `"https://etcd-1:2379"` */
  readonly hosts: readonly string[];
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly prefix: string | undefined;
}

/** Where Leases are: what speaks the Kubernetes API. */
export type LeaseStore = KubernetesStore | LeaseServerStore;
/** Where a lock keeps its record. */
type Store = LeaseStore | RedisStore | EtcdStore;
/** A store, and the lock's name in it. */
export type LockUrl =
  | (LeaseStore & { readonly namespace: string; readonly name: string })
  | ((RedisStore | EtcdStore) & { readonly name: string });
/** A store, and the part of it to look at: `k8s://NAMESPACE`. */
export type StoreUrl = (LeaseStore & { readonly namespace: string | undefined }) | RedisStore | EtcdStore;

/** Where `tenure lease-server` listens, and where `lease-server://HOST` is looked for. */
export const LEASE_SERVER_PORT = 7410;

const FORMS: Readonly<Record<string, string>> = {
  k8s: "k8s://NAMESPACE/NAME",
  "lease-server": "lease-server://HOST:PORT/NAMESPACE/NAME",
  "lease-servers": "lease-servers://HOST:PORT/NAMESPACE/NAME",
  redis: "redis://HOST:PORT/NAME or redis://HOST:PORT/DB/NAME",
  rediss: "rediss://HOST:PORT/NAME or rediss://HOST:PORT/DB/NAME",
  etcd: "etcd://HOST:PORT/NAME",
  etcds: "etcds://HOST:PORT/NAME",
};

const LABEL = "[a-z0-9](?:[-a-z0-9]*[a-z0-9])?";
const NAMESPACE = new RegExp(`^${LABEL}$`);
const LEASE_NAME = new RegExp(`^${LABEL}(?:\\.${LABEL})*$`);

/**
 * Reads a lock's URL: the store's own URL, a slash, the lock's name. Nothing is connected or looked up.
 * @throws `CliError` with one line and exit code 2; it quotes no credentials
 */
export function parseLockUrl(text: string): LockUrl {
  const { store, rest } = parseStore(text);
  if (store.kind === "k8s" || store.kind === "lease-server") {
    const [namespace = "", name = "", ...more] = rest;
    if (namespace === "" || name === "") throw missingName(text);
    if (more.length > 0) throw wrongForm(text);
    checkName("namespace", namespace, 63, NAMESPACE, "a DNS-1123 label (a-z, 0-9 and '-')");
    checkName("lease name", name, 253, LEASE_NAME, "a DNS-1123 subdomain (a-z, 0-9, '-' and '.')");
    return { ...store, namespace, name };
  }
  const name = rest.join("/");
  if (name === "") throw missingName(text);
  return { ...store, name };
}

/**
 * Reads the URL of a store, for commands about many locks.
 * @throws `CliError` with one line and exit code 2; it quotes no credentials
 */
export function parseStoreUrl(text: string): StoreUrl {
  const { store, rest } = parseStore(text);
  const segments = rest.filter((segment) => segment !== "");
  if (store.kind === "k8s" || store.kind === "lease-server") {
    const [namespace, ...more] = segments;
    if (more.length > 0) {
      throw usageError(`Expected ${schemeOf(text)}:// with a namespace and no lease name`);
    }
    if (namespace !== undefined) {
      checkName("namespace", namespace, 63, NAMESPACE, "a DNS-1123 label (a-z, 0-9 and '-')");
    }
    return { ...store, namespace };
  }
  if (segments.length > 0) throw usageError(`Expected ${schemeOf(text)}:// without a name`);
  return store;
}

interface Parsed {
  readonly store: Store;
  /** The path that is not the store's. */
  readonly rest: readonly string[];
}

function parseStore(text: string): Parsed {
  const scheme = schemeOf(text);
  if (scheme === undefined || !Object.hasOwn(FORMS, scheme)) {
    throw usageError(
      `${scheme === undefined ? "No scheme" : `Unknown scheme ${scheme}://`} in the lock URL; expected one of ` +
        Object.keys(FORMS)
          .map((known) => `${known}://`)
          .join(", "),
    );
  }
  const parts = splitUrl(text);
  switch (scheme) {
    case "k8s":
      return kubernetes(parts);
    case "redis":
    case "rediss":
      return redis(parts);
    case "etcd":
    case "etcds":
      return etcd(parts);
    default:
      return leaseServer(parts);
  }
}

function kubernetes(parts: UrlParts): Parsed {
  noCredentials(parts);
  const { context } = queryOf(parts, ["context"]);
  // The namespace stands where others have a host.
  const [namespace, ...more] = parts.addresses;
  if (more.length > 0 || namespace?.port !== undefined) throw wrongForm("k8s://");
  return { store: { kind: "k8s", context }, rest: [namespace?.host ?? "", ...parts.segments] };
}

function leaseServer(parts: UrlParts): Parsed {
  noCredentials(parts);
  queryOf(parts, []);
  const [address, ...more] = parts.addresses;
  if (address === undefined || more.length > 0) throw wrongForm(`${parts.scheme}://`);
  const protocol = parts.scheme === "lease-servers" ? "https" : "http";
  return {
    store: { kind: "lease-server", server: `${protocol}://${formatAddress(address, LEASE_SERVER_PORT)}` },
    rest: parts.segments,
  };
}

function redis(parts: UrlParts): Parsed {
  const { prefix, sentinel, cluster } = queryOf(parts, ["prefix", "sentinel", "cluster"]);
  if (cluster !== undefined && cluster !== "true") throw usageError('Expected `cluster` as "true"');
  if (cluster !== undefined && sentinel !== undefined) {
    throw usageError("Expected either `cluster` or `sentinel` in the lock URL, got both");
  }
  const { addresses, segments, username, password, scheme } = parts;
  if (addresses.length === 0) throw wrongForm(`${scheme}://`);
  if (addresses.length > 1 && cluster === undefined && sentinel === undefined) {
    throw usageError("Several hosts of Redis need `?sentinel=NAME-OF-THE-PRIMARY` or `?cluster=true`");
  }
  // As in every URL of Redis, a number after the host is the database. So "$REDIS_URL/NAME" is always a lock's URL.
  const database = /^\d{1,6}$/.test(segments[0] ?? "") ? Number(segments[0]) : undefined;
  if (database && cluster !== undefined) throw usageError("A Redis Cluster has database 0 only");
  const port = sentinel === undefined ? 6379 : 26_379;
  return {
    store: {
      kind: "redis",
      tls: scheme === "rediss",
      addresses: addresses.map((address) => ({ host: address.host, port: address.port ?? port })),
      // "redis://:secret@host" has an empty user, which is no user.
      username: username || undefined,
      password,
      database: database ?? 0,
      prefix,
      sentinel,
      cluster: cluster !== undefined,
    },
    rest: database === undefined ? segments : segments.slice(1),
  };
}

function etcd(parts: UrlParts): Parsed {
  const { prefix } = queryOf(parts, ["prefix"]);
  const { addresses, username, password, scheme, segments } = parts;
  if (addresses.length === 0) throw wrongForm(`${scheme}://`);
  const tls = scheme === "etcds";
  return {
    store: {
      kind: "etcd",
      tls,
      hosts: addresses.map((address) => `${tls ? "https" : "http"}://${formatAddress(address, 2379)}`),
      username: username || undefined,
      password,
      prefix,
    },
    rest: segments,
  };
}

/** Refuses what it does not know: a misspelt parameter must not be silently without effect. */
function queryOf<Name extends string>(
  { scheme, query }: UrlParts,
  known: readonly Name[],
): { readonly [Key in Name]?: string } {
  for (const name of query.keys()) {
    if (!known.includes(name as Name)) {
      const hint = known.length === 0 ? "none is known" : `known: ${known.join(", ")}`;
      throw usageError(`Unknown parameter in the ${scheme}:// URL (${hint})`);
    }
  }
  // Every key is one of `known`, as was just checked.
  return Object.fromEntries(query) as { readonly [Key in Name]?: string };
}

function noCredentials({ scheme, username }: UrlParts): void {
  if (username !== undefined) {
    throw usageError(
      `Expected ${scheme}:// without user and password: ` +
        (scheme === "k8s" ? "the kubeconfig has them" : "give a token with --token-file or TENURE_TOKEN"),
    );
  }
}

function checkName(what: string, name: string, longest: number, form: RegExp, expected: string): void {
  if (name.length > longest || !form.test(name)) {
    const shown = JSON.stringify(name.length > 80 ? `${name.slice(0, 80)}…` : name);
    throw usageError(`Expected the ${what} as ${expected} of at most ${longest} characters, got ${shown}`);
  }
}

function missingName(text: string): Error {
  return usageError(`The lock URL has no lease name; expected ${FORMS[schemeOf(text) ?? ""]}`);
}

function wrongForm(text: string): Error {
  return usageError(`The lock URL is not as expected: ${FORMS[schemeOf(text) ?? ""]}`);
}
