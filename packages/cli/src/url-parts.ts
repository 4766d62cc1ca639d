import { usageError } from "./failure.ts";

/** Where a server listens. */
export interface Address {
  /** Without the brackets of an IPv6 address. */
  readonly host: string;
  readonly port: number | undefined;
}

/** A URL with one host or several, taken apart and percent-decoded. */
export interface UrlParts {
  readonly scheme: string;
  readonly username: string | undefined;
  readonly password: string | undefined;
  readonly addresses: readonly Address[];
  /** What lies between the slashes. */
  readonly segments: readonly string[];
  readonly query: ReadonlyMap<string, string>;
}

const FORM = /^([A-Za-z][A-Za-z0-9+.-]*):\/\/([^/?#]*)([^?#]*)(?:\?([^#]*))?$/;
const ADDRESS = /^(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+))(?::(\d{1,5}))?$/;

/** The scheme of a URL, in lower case; `undefined` when there is none. */
export function schemeOf(text: string): string | undefined {
  return /^([A-Za-z][A-Za-z0-9+.-]*):\/\//.exec(text)?.[1]?.toLowerCase();
}

/**
 * Takes a URL apart. `URL` of Node knows no list of hosts. No message quotes what may be, or be near, a password.
 * @throws `CliError` when it is no URL
 */
export function splitUrl(text: string): UrlParts {
  const [, scheme = "", authority = "", path = "", query = ""] = FORM.exec(text) ?? [];
  if (scheme === "") throw usageError("Expected a URL SCHEME://… without a #fragment");
  if (path.includes("@")) {
    throw usageError(
      `Expected ${scheme}:// with "/", "?", "#" and "@" percent-encoded in user, password and name`,
    );
  }
  const at = authority.lastIndexOf("@");
  const [username, password] = at < 0 ? [] : splitAt(authority.slice(0, at), ":");
  const hosts = authority.slice(at + 1);
  return {
    scheme: scheme.toLowerCase(),
    username: decoded(scheme, username),
    password: decoded(scheme, password),
    addresses: hosts === "" ? [] : hosts.split(",").map((host) => address(scheme, host)),
    segments: path
      .split("/")
      .slice(1)
      .map((segment) => decoded(scheme, segment) ?? ""),
    query: new Map(
      query
        .split("&")
        .filter((pair) => pair !== "")
        .map((pair) => {
          const [name, value = ""] = splitAt(pair, "=");
          return [decoded(scheme, name) ?? "", decoded(scheme, value) ?? ""] as const;
        }),
    ),
  };
}

/** As it stands in a URL: IPv6 in brackets. */
export function formatAddress({ host, port }: Address, defaultPort: number): string {
  return `${host.includes(":") ? `[${host}]` : host}:${port ?? defaultPort}`;
}

function address(scheme: string, text: string): Address {
  const [, ipv6, name, port] = ADDRESS.exec(text) ?? [];
  const host = ipv6 ?? name;
  if (host === undefined || (port !== undefined && !(Number(port) >= 1 && Number(port) <= 65_535))) {
    throw usageError(`Expected ${scheme}:// with HOST or HOST:PORT, and one is neither`);
  }
  return { host, port: port === undefined ? undefined : Number(port) };
}

function splitAt(text: string, separator: string): [string, string | undefined] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)];
}

function decoded(scheme: string, text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  try {
    return decodeURIComponent(text);
  } catch {
    throw usageError(`Expected ${scheme}:// with "%" percent-encoded as "%25"`);
  }
}
