import { type Clock, type Random, systemClock } from "@tenure/core";
import { createTransport } from "./create-transport.ts";
import { type KubeConfigLike, namespaceOf } from "./kube-config.ts";
import { leaseKey } from "./lease-key.ts";
import { LeaseLock, type LeaseLockOptions } from "./lease-lock.ts";
import { loadDefault } from "./load-default.ts";
import type { Transport } from "./transport.ts";

/** Options of {@link LeaseClient}. */
export interface LeaseClientOptions {
  /** Which server, and as whom: a `KubeConfig` of `@kubernetes/client-node`, or anything with its methods. */
  readonly kubeConfig: KubeConfigLike;
  /**
   * Gives a configuration that remembers no credentials, once after each 401. Without it the same one is asked again; then
   * what *it* remembers (client-node: a file's token for 60 s, a plugin's answer until it expires) comes back.
   */
  readonly reload?: (() => KubeConfigLike | Promise<KubeConfigLike>) | undefined;
  /** For tests. Default: the system's. */
  readonly clock?: Clock | undefined;
  /** For tests: jitter. Default `Math.random`. */
  readonly random?: Random | undefined;
}

/**
 * The connections to one API server: at most 32 calls at a time on kept-alive connections, and one connection per watch.
 * Shared by every lock made by {@link lock}; closed by {@link close}.
 */
export class LeaseClient implements AsyncDisposable {
  /** The API server, without credentials: `"https://10.0.0.1:6443"`. */
  readonly server: string;
  /**
   * Whether the server must prove who it is. `false` where the kubeconfig turns that off (`insecure-skip-tls-verify`, plain
   * HTTP): then whoever stands in between can read the credentials and be the store. An application may want to warn.
   */
  readonly verifiesServer: boolean;
  readonly #transport: Transport;
  readonly #namespace: string;
  readonly #random: Random;

  /**
   * Stores the configuration; nothing is connected or asked yet.
   * @throws `TypeError` when `kubeConfig` is none, `RangeError` when it names no server.
   */
  constructor(options: LeaseClientOptions) {
    const { kubeConfig, reload, clock = systemClock, random = Math.random } = options;
    this.#transport = createTransport({ kubeConfig, reload, clock });
    this.#namespace = namespaceOf(kubeConfig);
    this.#random = random;
    this.server = this.#transport.server;
    this.verifiesServer =
      this.server.startsWith("https:") && kubeConfig.getCurrentCluster()?.skipTLSVerify !== true;
  }

  /**
   * A client configured by where it runs: in a pod by its service account, else by the files of `KUBECONFIG`, else by
   * `~/.kube/config`. The only place that reads the environment and imports `@kubernetes/client-node`.
   *
   * @throws `LeaderElectionError` `ERR_LOCK_UNAVAILABLE` when there is none of these, naming the places tried.
   */
  static async fromDefault(): Promise<LeaseClient> {
    const { kubeConfig, reload } = await loadDefault();
    return new LeaseClient({ kubeConfig, reload });
  }

  /**
   * A lock on one Lease, over this client's connections. Closing it ends its own calls and watches only.
   * @throws `TypeError` or `RangeError` when an option is wrong.
   */
  lock(options: LeaseLockOptions): LeaseLock {
    return new LeaseLock({
      key: leaseKey({ ...options, namespace: options.namespace ?? this.#namespace }),
      transport: this.#transport,
      ownsTransport: false,
      random: this.#random,
    });
  }

  /** Ends every call, watch and connection of every lock. Idempotent; releases and deletes nothing. */
  async close(): Promise<void> {
    this.#transport.close();
  }

  /** The same as {@link close}. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }
}
