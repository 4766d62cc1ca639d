import type { Agent, RequestOptions } from "node:https";
import { isDeepStrictEqual } from "node:util";
import type { Clock } from "@tenure/core";
import { createRedactor, type Redactor } from "@tenure/core/backend";
import { CredentialsError, describeCredentialsFailure } from "./credentials-error.ts";
import { type KubeConfigLike, serverOf } from "./kube-config.ts";
import { pickTlsOptions, type TlsOptions } from "./tls-options.ts";

/** After so long the configuration is asked again: soon enough for a rotated token, seldom enough to cost nothing. */
const FRESH_MS = 10_000;
/** A plugin that has not answered for so long is given up, and the next call starts another. */
const STUCK_MS = 60_000;

/** What one request needs to be let in. */
export interface Applied {
  readonly headers: Readonly<Record<string, string>>;
  /** `user:password`, as `node:http` takes it. */
  readonly auth: string | undefined;
  readonly tls: TlsOptions;
  /** Set when the cluster is reached through a proxy. */
  readonly proxyUrl: string | undefined;
  /** Set with {@link proxyUrl}: whoever makes those connections. */
  readonly proxyAgent: Agent | undefined;
  /** Takes these credentials out of any text. */
  readonly redact: Redactor;
}

interface Loading {
  readonly promise: Promise<Applied>;
  readonly startedAtMs: number;
  /** Begun after a refusal, so from the source itself and not from what was refused. */
  readonly reloads: boolean;
}

/**
 * Credentials as the kubeconfig gives them: kept for {@link FRESH_MS}, fetched once for all who wait, and again as soon as
 * the server refused them.
 */
export class Credentials {
  readonly #server: string;
  readonly #reload: (() => KubeConfigLike | Promise<KubeConfigLike>) | undefined;
  readonly #clock: Clock;
  #kubeConfig: KubeConfigLike;
  #applied: Applied | undefined;
  #appliedAtMs = 0;
  #loading: Loading | undefined;
  /** Which load is the newest: what an older one brings is used by its caller and forgotten. */
  #loads = 0;

  constructor(options: {
    readonly kubeConfig: KubeConfigLike;
    readonly reload: (() => KubeConfigLike | Promise<KubeConfigLike>) | undefined;
    readonly clock: Clock;
  }) {
    this.#server = serverOf(options.kubeConfig).href;
    this.#kubeConfig = options.kubeConfig;
    this.#reload = options.reload;
    this.#clock = options.clock;
  }

  /** @throws {@link CredentialsError} when there are none to be had. */
  current(): Applied | Promise<Applied> {
    if (this.#applied !== undefined && this.#clock.now() - this.#appliedAtMs < FRESH_MS) return this.#applied;
    return this.#load(() => this.#kubeConfig, false);
  }

  /**
   * Others than those, which the server refused. Calls that were refused together share one reload.
   * @throws {@link CredentialsError} when there are none to be had.
   */
  renewed(refused: Applied): Applied | Promise<Applied> {
    if (this.#applied !== undefined && this.#applied !== refused) return this.#applied;
    return this.#load(this.#reload ?? (() => this.#kubeConfig), true);
  }

  #load(source: () => KubeConfigLike | Promise<KubeConfigLike>, reloads: boolean): Promise<Applied> {
    const now = this.#clock.now();
    const loading = this.#loading;
    // A refresh from what was refused is no help after a refusal.
    const helps = loading !== undefined && (loading.reloads || !reloads);
    if (helps && now - loading.startedAtMs < STUCK_MS) return loading.promise;
    this.#loads += 1;
    const promise = this.#apply(source, this.#loads).finally(() => {
      if (this.#loading?.promise === promise) this.#loading = undefined;
    });
    this.#loading = { promise, startedAtMs: now, reloads };
    return promise;
  }

  async #apply(source: () => KubeConfigLike | Promise<KubeConfigLike>, load: number): Promise<Applied> {
    try {
      const kubeConfig = await source();
      if (serverOf(kubeConfig).href !== this.#server) {
        // Credentials of one cluster must not be shown to another.
        throw new CredentialsError("the reloaded configuration names another server");
      }
      const options: RequestOptions = { headers: {} };
      await kubeConfig.applyToHTTPSOptions(options);
      const fresh = toApplied(options, kubeConfig);
      if (load !== this.#loads) return fresh;
      this.#kubeConfig = kubeConfig;
      // One object for the same credentials: so a refused one can be told from one that came after it.
      if (this.#applied === undefined || !isSame(this.#applied, fresh)) this.#applied = fresh;
      this.#appliedAtMs = this.#clock.now();
      return this.#applied;
    } catch (error) {
      throw describeCredentialsFailure(error);
    }
  }
}

function toApplied(options: RequestOptions, kubeConfig: KubeConfigLike): Applied {
  const cluster = kubeConfig.getCurrentCluster();
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(options.headers ?? {})) {
    // A token file that ends with a line end would make an illegal header.
    if (value !== undefined) headers[name.toLowerCase()] = String(value).trim();
  }
  const auth = options.auth ?? undefined;
  // With a proxy, the configuration's agent is what knows the way, and it is never a boolean there.
  const proxyAgent = cluster?.proxyUrl ? (options.agent as Agent | undefined) : undefined;
  if (cluster?.proxyUrl && proxyAgent === undefined) {
    // Going straight to the server instead would go where the user did not mean to.
    throw new CredentialsError("the cluster has a proxy, but the configuration applies no agent for it");
  }
  return {
    headers,
    auth,
    tls: pickTlsOptions(options),
    proxyUrl: cluster?.proxyUrl,
    proxyAgent,
    redact: createRedactor(secretsIn(headers["authorization"], auth, cluster?.server, cluster?.proxyUrl)),
  };
}

function secretsIn(authorization = "", auth = "", ...urls: (string | undefined)[]): string[] {
  const secrets = [authorization, authorization.split(" ")[1] ?? "", auth, auth.slice(auth.indexOf(":") + 1)];
  if (auth !== "") secrets.push(Buffer.from(auth).toString("base64"));
  for (const url of urls) {
    if (url === undefined || !URL.canParse(url)) continue;
    const { password } = new URL(url);
    secrets.push(password, decoded(password));
  }
  return secrets;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // a "%" that encodes nothing
  }
}

/** Whether the same server would see the same credentials, by the same way: client-node makes a proxy's agent anew every time. */
function isSame(a: Applied, b: Applied): boolean {
  return (
    a.auth === b.auth &&
    a.proxyUrl === b.proxyUrl &&
    isDeepStrictEqual(a.headers, b.headers) &&
    isDeepStrictEqual(a.tls, b.tls)
  );
}
