import assert from "node:assert/strict";
import { type FaultProxy, type FaultProxyMode, startFaultProxy } from "./fault-proxy.ts";
import type { Address } from "./fixture.ts";

/** The way from a lock to all its servers, which cases break: one proxy before each. */
export class Way {
  readonly #proxies: ReadonlyMap<string, FaultProxy>;

  private constructor(proxies: ReadonlyMap<string, FaultProxy>) {
    this.#proxies = proxies;
  }

  static async open(servers: readonly Address[]): Promise<Way> {
    const proxies = new Map<string, FaultProxy>();
    const way = new Way(proxies);
    try {
      for (const server of servers) proxies.set(key(server), await startFaultProxy({ target: server }));
    } catch (error) {
      await way.close();
      throw error;
    }
    return way;
  }

  /** For {@link LockRequest.route}. Servers that the environment does not name are reached directly. */
  readonly route = (server: Address): Address => {
    const proxy = this.#proxies.get(key(server));
    return proxy === undefined ? server : { host: proxy.host, port: proxy.port };
  };

  /** Open connections, of all servers. */
  get connectionCount(): number {
    return [...this.#proxies.values()].reduce((sum, proxy) => sum + proxy.connectionCount, 0);
  }

  /** Connections ever accepted, by all servers. */
  get acceptedCount(): number {
    return [...this.#proxies.values()].reduce((sum, proxy) => sum + proxy.acceptedCount, 0);
  }

  /** A way that nobody takes can be broken without harm, and its case would prove nothing. */
  assertUsed(): void {
    assert.ok(this.acceptedCount > 0, "Expected a lock to connect where `route` says, nothing came by there");
  }

  async setMode(mode: FaultProxyMode): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.setMode(mode)));
  }

  /** Resets connections, and drops what is held. */
  reset(): void {
    for (const proxy of this.#proxies.values()) proxy.reset();
  }

  /** Drops what is held, then lets everything through again. */
  async heal(): Promise<void> {
    this.reset();
    await this.setMode("pass");
  }

  async close(): Promise<void> {
    await Promise.all([...this.#proxies.values()].map((proxy) => proxy.close()));
  }
}

function key({ host, port }: Address): string {
  return `${host === "localhost" || host === "::1" ? "127.0.0.1" : host}:${port}`;
}
