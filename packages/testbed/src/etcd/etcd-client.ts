import type { TlsFiles } from "../tls-files.ts";
import { etcdRequest } from "./gateway.ts";

/** A user to make, who may read and write the keys that start with `prefix`. */
export interface EtcdUser {
  readonly name: string;
  readonly password: string;
  readonly prefix: string;
}

/** What tests do to an etcd besides what is tested: over its JSON gateway, so that every version understands it. */
export class EtcdClient {
  readonly #urls: readonly string[];
  readonly #tls: TlsFiles | undefined;
  #rootPassword: string | undefined;

  constructor(urls: readonly string[], tls: TlsFiles | undefined) {
    this.#urls = urls;
    this.#tls = tls;
  }

  /**
   * Calls a method of the API, as root where there is authentication: `call("kv/range", { key: base64 })`. Tries the
   * members in turn until one can be connected to; what a member answers is final.
   * @throws EtcdGatewayError when the answer is not 2xx.
   */
  async call(
    path: string,
    body: unknown = {},
    { member }: { readonly member?: number } = {},
  ): Promise<unknown> {
    const urls = member === undefined ? this.#urls : this.#urls.slice(member, member + 1);
    for (const [index, url] of urls.entries()) {
      try {
        return await this.#callAt(url, path, body);
      } catch (error) {
        const isRefused = (error as NodeJS.ErrnoException).code === "ECONNREFUSED";
        if (!isRefused || index === urls.length - 1) throw error;
      }
    }
    throw new RangeError(`Expected a member from 0 to ${this.#urls.length - 1}, got ${member}`);
  }

  async put(key: string, value: string): Promise<void> {
    await this.call("kv/put", { key: base64(key), value: base64(value) });
  }

  /** The value of a key, `undefined` when there is none. */
  async get(key: string): Promise<string | undefined> {
    const { kvs } = (await this.call("kv/range", { key: base64(key) })) as RangeResponse;
    return kvs?.[0] === undefined ? undefined : Buffer.from(kvs[0].value ?? "", "base64").toString("utf8");
  }

  /** Forgets all history up to now, so that a watch from an older revision fails; returns the revision of now. */
  async compact(): Promise<string> {
    const { header } = (await this.call("kv/range", { key: base64("\0") })) as RangeResponse;
    await this.call("kv/compaction", { revision: header.revision, physical: true });
    return header.revision;
  }

  /** Makes a user with a role of the same name. */
  async addUser({ name, password, prefix }: EtcdUser): Promise<void> {
    const key = base64(prefix);
    const perm = { permType: "READWRITE", key, range_end: endOfPrefix(prefix) };
    await this.call("auth/role/add", { name });
    await this.call("auth/role/grant", { name, perm });
    await this.call("auth/user/add", { name, password });
    await this.call("auth/user/grant", { user: name, role: name });
  }

  /** Turns authentication on, with a user root. */
  async enableAuth(rootPassword: string): Promise<void> {
    await this.call("auth/user/add", { name: "root", password: rootPassword });
    await this.call("auth/role/add", { name: "root" });
    await this.call("auth/user/grant", { user: "root", role: "root" });
    await this.call("auth/enable");
    this.#rootPassword = rootPassword;
  }

  async #callAt(url: string, path: string, body: unknown): Promise<unknown> {
    const ask = (method: string, content: unknown, token?: string) =>
      etcdRequest({ method: "POST", url: `${url}/v3/${method}`, body: content, token, tls: this.#tls });
    if (this.#rootPassword === undefined) return await ask(path, body);
    // A token each time: they expire, and a restarted member has forgotten them.
    const credentials = { name: "root", password: this.#rootPassword };
    const { token } = (await ask("auth/authenticate", credentials)) as { readonly token: string };
    return await ask(path, body, token);
  }
}

interface RangeResponse {
  /** 64-bit numbers are text in the gateway's JSON. */
  readonly header: { readonly revision: string };
  readonly kvs?: readonly { readonly value?: string }[];
}

/** Keys and values are base64 in the gateway's JSON. */
function base64(text: string): string {
  return Buffer.from(text, "utf8").toString("base64");
}

/** The first key after all that start with `prefix`: its last byte plus one. */
function endOfPrefix(prefix: string): string {
  const bytes = Buffer.from(prefix, "utf8");
  const last = bytes.length - 1;
  bytes[last] = (bytes[last] ?? 0) + 1; // UTF-8 has no byte 0xff
  return bytes.toString("base64");
}
