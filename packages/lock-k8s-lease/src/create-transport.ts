import type { Clock } from "@tenure/core";
import { Credentials } from "./credentials.ts";
import { type KubeConfigLike, serverOf } from "./kube-config.ts";
import { Transport } from "./transport.ts";

/**
 * A transport to the server of a kubeconfig, with its credentials. Connects nothing yet.
 * @throws `TypeError` when `kubeConfig` is none, `RangeError` when it names no server.
 */
export function createTransport(options: {
  readonly kubeConfig: KubeConfigLike;
  readonly reload: (() => KubeConfigLike | Promise<KubeConfigLike>) | undefined;
  readonly clock: Clock;
}): Transport {
  const url = serverOf(options.kubeConfig);
  return new Transport({ url, credentials: new Credentials(options), clock: options.clock });
}
