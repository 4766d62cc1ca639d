import { join } from "node:path";
import { freePort } from "../free-port.ts";
import { needProgram } from "../obtain/find-program.ts";
import type { FoundProgram } from "../obtain/program-version.ts";
import type { ServerControl } from "../server-control.ts";
import { assertVersion, startOnFreePort } from "../server-process.ts";
import { type Supervisor, startSupervisor } from "../start-supervisor.ts";
import { SupervisedServer } from "../supervised-server.ts";
import { type TlsFiles, writeTlsFiles } from "../tls-files.ts";
import { EtcdClient } from "./etcd-client.ts";
import { etcdRequest } from "./gateway.ts";

/** The minor versions of etcd that can be started. */
export type EtcdMinor = "3.4" | "3.5" | "3.6" | "3.7";

/** How {@link startEtcdServers} starts them. */
export interface StartEtcdOptions {
  readonly version: EtcdMinor;
  /** @defaultValue 1 */
  readonly members?: 1 | 3 | undefined;
  /** Between clients and servers; the members talk without. @defaultValue false */
  readonly tls?: boolean | undefined;
  /** With `tls`: whether clients need a certificate. @defaultValue false */
  readonly clientCertificates?: boolean | undefined;
  /** Turns authentication on, with a user root. */
  readonly auth?: { readonly rootPassword: string } | undefined;
  /** Raw arguments after ours. */
  readonly config?: readonly string[] | undefined;
}

/** One member, and where it listens. */
export interface EtcdMember extends ServerControl {
  /** e.g. `https://127.0.0.1:20379` */
  readonly url: string;
  readonly port: number;
}

/** Running etcd servers of one cluster, and the process that owns them: disposing ends all and removes the data. */
export interface EtcdServers extends EtcdClient, AsyncDisposable {
  /** `host:port` of each member. */
  readonly endpoints: readonly string[];
  /** The same as URLs. */
  readonly urls: readonly string[];
  /** As the servers say, e.g. `"3.5.35"`. */
  readonly version: string;
  readonly members: readonly EtcdMember[];
  /** Certificates and their files, with TLS; the client's is for where client certificates are asked for. */
  readonly tls: TlsFiles | undefined;
}

/**
 * Starts one etcd, or three that form a cluster, on free loopback ports.
 * @throws Error that says what is missing and how to get it, or what a server said when it did not start.
 */
export async function startEtcdServers(options: StartEtcdOptions): Promise<EtcdServers> {
  const { version: minor, auth, tls: isTls = false } = options;
  const program = await needProgram(`etcd-${minor}`);
  const supervisor = await startSupervisor();
  try {
    const tls = isTls ? writeTlsFiles(supervisor.dataDir) : undefined;
    const members = await launchMembers(supervisor, program, tls, options);
    const urls = members.map(({ url }) => url);
    for (const url of urls) {
      const said = (await etcdRequest({ method: "GET", url: `${url}/version`, tls })) as VersionAnswer;
      assertVersion("etcd", said.etcdserver, program.version);
    }
    const client = new EtcdClient(urls, tls);
    if (auth !== undefined) await client.enableAuth(auth.rootPassword);
    return Object.assign(client, {
      endpoints: members.map(({ port }) => `127.0.0.1:${port}`),
      urls,
      version: program.version,
      members,
      tls,
      [Symbol.asyncDispose]: () => supervisor.stop(),
    });
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

interface VersionAnswer {
  readonly etcdserver: string;
}

interface HealthAnswer {
  readonly health: string;
}

async function launchMembers(
  supervisor: Supervisor,
  program: FoundProgram,
  tls: TlsFiles | undefined,
  { members: count = 1, clientCertificates = false, config = [] }: StartEtcdOptions,
): Promise<EtcdMember[]> {
  const names = Array.from({ length: count }, (_, index) => `etcd-${index + 1}`);
  let attempt = 0;
  return await startOnFreePort(supervisor, names, freePort, async (firstPort) => {
    attempt++; // members that ran before their sibling failed have written other ports to their folders
    const scheme = tls === undefined ? "http" : "https";
    const ports = [firstPort, ...(await freePorts(count * 2 - 1))];
    const peers = names.map((name, index) => ({ name, url: `http://127.0.0.1:${ports[count + index]}` }));
    const security =
      tls === undefined
        ? []
        : [
            `--cert-file=${tls.serverCertPath}`,
            `--key-file=${tls.serverKeyPath}`,
            ...(clientCertificates ? ["--client-cert-auth", `--trusted-ca-file=${tls.caPath}`] : []),
          ];
    const members = peers.map(({ name, url: peerUrl }, index) => {
      const port = ports[index] ?? 0;
      const url = `${scheme}://127.0.0.1:${port}`;
      const args = [
        `--name=${name}`,
        `--data-dir=${join(supervisor.dataDir, `${name}-${attempt}`)}`,
        `--listen-client-urls=${url}`,
        `--advertise-client-urls=${url}`,
        `--listen-peer-urls=${peerUrl}`,
        `--initial-advertise-peer-urls=${peerUrl}`,
        `--initial-cluster=${peers.map((peer) => `${peer.name}=${peer.url}`).join(",")}`,
        "--unsafe-no-fsync",
        "--bcrypt-cost=4", // the least: hashing passwords is not what we test
        ...security,
        ...config,
      ];
      const command = { name, path: program.path, args, env: program.env };
      const server = new SupervisedServer(supervisor, command, async () => {
        // Healthy is who has a leader and could read through a quorum.
        const said = (await etcdRequest({ method: "GET", url: `${url}/health`, tls })) as HealthAnswer;
        return said.health === "true";
      });
      return Object.assign(server, { url, port });
    });
    for (const member of members) await member.spawn();
    await Promise.all(members.map((member) => member.ready()));
    return members;
  });
}

/** Ports that are free now, each another. */
async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) ports.add(await freePort());
  return [...ports];
}
