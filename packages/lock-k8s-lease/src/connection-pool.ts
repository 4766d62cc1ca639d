import { Agent as HttpAgent } from "node:http";
import { type AgentOptions, Agent as HttpsAgent } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { Applied } from "./credentials.ts";
import { CredentialsError } from "./credentials-error.ts";
import { agentTlsOptions, type TlsOptions } from "./tls-options.ts";

/** Calls under way at once. More wait their turn, within their own deadlines. */
const MAX_CALLS = 32;
/** Below the idle limits of usual load balancers (60 s), so that we are the one to close. */
const IDLE_MS = 55_000;
/** TCP probes, so that a dead peer is noticed on a watch, too. client-go's are as frequent. */
const KEEP_ALIVE_MS = 30_000;

type Agents = { readonly calls: HttpAgent; readonly watches: HttpAgent };

/**
 * The kept-alive connections of one {@link LeaseClient}. A watch occupies its connection for minutes, so watches have
 * sockets of their own and can never make a call wait.
 */
export class ConnectionPool {
  readonly #secure: boolean;
  #tls: TlsOptions | undefined;
  #agents: Agents | undefined;

  constructor(options: { readonly secure: boolean }) {
    this.#secure = options.secure;
  }

  /**
   * Who makes connections with these credentials. Other TLS material means other connections: those made with the old one
   * carry no further request.
   * @throws {@link CredentialsError} when the TLS material cannot be used.
   */
  agent(applied: Applied, use: "calls" | "watches"): HttpAgent {
    if (applied.proxyAgent !== undefined) return applied.proxyAgent;
    if (
      this.#agents === undefined ||
      (applied.tls !== this.#tls && !isDeepStrictEqual(applied.tls, this.#tls))
    ) {
      const agents = this.#createAgents(applied.tls);
      this.#retire();
      this.#agents = agents;
    }
    this.#tls = applied.tls;
    return this.#agents[use];
  }

  /** Closes the connections that nobody uses: after a call on one of them timed out, the others are no better. */
  dropIdle(): void {
    if (this.#agents !== undefined) dropIdle(this.#agents);
  }

  /** Closes every connection, also those in use. */
  destroy(): void {
    this.#agents?.calls.destroy();
    this.#agents?.watches.destroy();
  }

  #retire(): void {
    if (this.#agents === undefined) return;
    // Calls under way end in peace; their sockets are then closed instead of kept.
    this.#agents.calls.maxFreeSockets = 0;
    this.#agents.watches.maxFreeSockets = 0;
    dropIdle(this.#agents);
  }

  #createAgents(tls: TlsOptions): Agents {
    const kept: AgentOptions = { keepAlive: true, keepAliveMsecs: KEEP_ALIVE_MS };
    const forCalls: AgentOptions = { ...kept, maxSockets: MAX_CALLS, timeout: IDLE_MS };
    if (!this.#secure) return { calls: new HttpAgent(forCalls), watches: new HttpAgent(kept) };
    try {
      const shared = agentTlsOptions(tls);
      return {
        calls: new HttpsAgent({ ...forCalls, ...shared }),
        watches: new HttpsAgent({ ...kept, ...shared }),
      };
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      throw new CredentialsError(
        `the CA, certificate or key of the kubeconfig cannot be used (${code ?? "not PEM"})`,
      );
    }
  }
}

function dropIdle({ calls, watches }: Agents): void {
  for (const agent of [calls, watches]) {
    for (const sockets of Object.values(agent.freeSockets)) {
      for (const socket of sockets ?? []) socket.destroy();
    }
  }
}
