import { isIP } from "node:net";
import { checkServerIdentity, type PeerCertificate } from "node:tls";
import type { EtcdOptions } from "@tenure/lock-etcd";
import type { KubeConfigLike } from "@tenure/lock-k8s-lease";
import type { RedisOptions } from "ioredis";

/** An address of the store, and the port on loopback of the proxy that stands before it. */
export interface Route {
  readonly host: string;
  readonly port: number;
  readonly viaPort: number;
}

const LOOPBACK = "127.0.0.1";

/** The same configuration with connections through the proxy; `tls-server-name` stays what it was. */
export function routeKubeConfig(kubeConfig: KubeConfigLike, routes: readonly Route[]): KubeConfigLike {
  const cluster = kubeConfig.getCurrentCluster();
  if (cluster === null) return kubeConfig; // the client says what is wrong with it
  const url = new URL(cluster.server);
  const { hostname } = url;
  url.host = `${LOOPBACK}:${viaPort(routes, hostOf(hostname), portOf(url))}`;
  return {
    getCurrentCluster: () => ({ ...cluster, server: url.href }),
    getCurrentContext: () => kubeConfig.getCurrentContext?.() ?? "",
    getContextObject: (name) => kubeConfig.getContextObject?.(name) ?? null,
    async applyToHTTPSOptions(request) {
      await kubeConfig.applyToHTTPSOptions(request);
      if (url.protocol === "https:") Object.assign(request, provesToBe(request.servername, hostOf(hostname)));
    },
  };
}

/** The same server through the proxy. */
export function routeRedis(redis: RedisOptions, routes: readonly Route[]): RedisOptions {
  const { host = LOOPBACK, port = 6379, tls } = redis;
  return {
    ...redis,
    host: LOOPBACK,
    port: viaPort(routes, host, port),
    ...(tls !== undefined && { tls: { ...tls, ...provesToBe(tls.servername, host) } }),
  };
}

/** The same members, each through its proxy. With TLS there is one, since gRPC checks all of them for one name. */
export function routeEtcd(etcd: EtcdOptions, routes: readonly Route[]): EtcdOptions {
  const hosts = typeof etcd.hosts === "string" ? [etcd.hosts] : etcd.hosts;
  const urls = hosts.map((host) => new URL(host));
  const [first] = urls;
  const isNamed = first?.protocol === "https:" && hostOf(first.hostname) !== LOOPBACK;
  return {
    ...etcd,
    hosts: urls.map(
      (url) => `${url.protocol}//${LOOPBACK}:${viaPort(routes, hostOf(url.hostname), portOf(url))}`,
    ),
    ...(isNamed && {
      grpcOptions: {
        "grpc.ssl_target_name_override": hostOf(first.hostname),
        "grpc.default_authority": first.host,
        ...etcd.grpcOptions,
      },
    }),
  };
}

/** The host of a URL, without the brackets of IPv6. */
export function hostOf(hostname: string): string {
  return hostname.replace(/^\[(.*)\]$/, "$1");
}

/** The port of a URL of HTTP. */
export function portOf({ port, protocol }: URL): number {
  if (port !== "") return Number(port);
  return protocol === "https:" ? 443 : 80;
}

function viaPort(routes: readonly Route[], host: string, port: number): number {
  const route = routes.find((candidate) => candidate.host === host && candidate.port === port);
  if (route === undefined) throw new Error(`There is no way to ${host}:${port} that the demo could cut`);
  return route.viaPort;
}

/** What the server's certificate has to say, whatever address the connection goes to. */
function provesToBe(servername: string | undefined, host: string): object {
  if (servername !== undefined) return {};
  if (isIP(host) === 0) return { servername: host };
  // TLS knows no names that are addresses; the certificate is checked for it all the same.
  return {
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
}
