import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiEndpoint, apiRequest, apiRequestOk } from "./api-client.ts";
import type { ApiserverControl } from "./apiserver-control.ts";
import { createCertificateAuthority, createSigningKey } from "./certificates.ts";
import type { Executable } from "./find-servers.ts";
import { freePort } from "./free-port.ts";
import { pollUntil } from "./poll.ts";
import type { Supervisor } from "./start-supervisor.ts";

const READY_TIMEOUT_MS = 60_000;
const STOP_GRACE_MS = 20_000;
const PORT_ATTEMPTS = 5;

/** Starts etcd on free loopback ports and returns its client URL, once it is healthy and says that it is `version`. */
export async function startEtcd(supervisor: Supervisor, { path, version }: Executable): Promise<string> {
  return await withFreePort(supervisor, "etcd", async (port) => {
    const url = `http://127.0.0.1:${port}`;
    const peerUrl = `http://127.0.0.1:${await freePort()}`;
    const args = [
      `--data-dir=${join(supervisor.dataDir, "etcd")}`,
      `--listen-client-urls=${url}`,
      `--advertise-client-urls=${url}`,
      `--listen-peer-urls=${peerUrl}`,
      `--initial-advertise-peer-urls=${peerUrl}`,
      `--initial-cluster=default=${peerUrl}`,
      "--unsafe-no-fsync",
    ];
    await supervisor.start({ name: "etcd", path, args });
    await waitUntilReady(supervisor, "etcd", async () => {
      const health = await fetch(`${url}/health`, { signal: AbortSignal.timeout(2_000) });
      return health.ok;
    });
    const { etcdserver } = (await (await fetch(`${url}/version`)).json()) as { readonly etcdserver: string };
    assertVersion("etcd", etcdserver, version);
    return url;
  });
}

/** What the apiserver needs to start, written to the data folder once, so that a restart finds it unchanged. */
interface ApiserverFiles {
  readonly ca: string;
  readonly caPath: string;
  readonly args: readonly string[];
}

/** The apiserver of a testbed. */
export class Apiserver implements ApiserverControl {
  readonly endpoint: ApiEndpoint;
  readonly caPath: string;
  readonly #supervisor: Supervisor;
  readonly #executable: Executable;
  readonly #args: readonly string[];

  private constructor(
    supervisor: Supervisor,
    executable: Executable,
    endpoint: ApiEndpoint,
    { caPath, args }: ApiserverFiles,
  ) {
    this.#supervisor = supervisor;
    this.#executable = executable;
    this.endpoint = endpoint;
    this.caPath = caPath;
    this.#args = args;
  }

  /** Starts one on a free loopback port and resolves once it is ready and says that it is the wanted version. */
  static async launch(
    supervisor: Supervisor,
    executable: Executable,
    { etcdUrl, adminToken }: { readonly etcdUrl: string; readonly adminToken: string },
  ): Promise<Apiserver> {
    const files = writeApiserverFiles(supervisor.dataDir, etcdUrl, adminToken);
    return await withFreePort(supervisor, "kube-apiserver", async (port) => {
      const endpoint = { url: `https://127.0.0.1:${port}`, ca: files.ca, token: adminToken };
      const args = [...files.args, `--secure-port=${port}`];
      const apiserver = new Apiserver(supervisor, executable, endpoint, { ...files, args });
      await apiserver.start();
      return apiserver;
    });
  }

  async stop(): Promise<void> {
    await this.#supervisor.end("kube-apiserver", STOP_GRACE_MS);
  }

  async kill(): Promise<void> {
    await this.#supervisor.end("kube-apiserver", 0);
  }

  async start(): Promise<void> {
    const { path, version } = this.#executable;
    await this.#supervisor.start({ name: "kube-apiserver", path, args: this.#args });
    await waitUntilReady(this.#supervisor, "kube-apiserver", async () => {
      const { status } = await apiRequest(this.endpoint, "GET", "/readyz", undefined, { timeoutMs: 2_000 });
      return status === 200;
    });
    const said = await apiRequestOk<{ readonly gitVersion: string }>(this.endpoint, "GET", "/version");
    assertVersion("kube-apiserver", said.gitVersion, `v${version}`);
  }

  async pause(): Promise<void> {
    await this.#supervisor.signal("kube-apiserver", "SIGSTOP");
  }

  async resume(): Promise<void> {
    await this.#supervisor.signal("kube-apiserver", "SIGCONT");
  }
}

function writeApiserverFiles(dataDir: string, etcdUrl: string, adminToken: string): ApiserverFiles {
  const write = (name: string, text: string): string => {
    const path = join(dataDir, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const authority = createCertificateAuthority();
  const serving = authority.issueServing({ dnsNames: ["localhost"], ipv4: ["127.0.0.1"] });
  const caPath = write("ca.crt", authority.certificate);
  const serviceAccountKey = createSigningKey();
  const tokensPath = write("tokens.csv", `${adminToken},testbed-admin,testbed-admin,"system:masters"\n`);
  const args = [
    `--etcd-servers=${etcdUrl}`,
    "--bind-address=127.0.0.1",
    // Nothing here asks the apiserver where it is; without these two it looks for a network interface to advertise.
    "--advertise-address=127.0.0.1",
    "--endpoint-reconciler-type=none",
    `--tls-cert-file=${write("apiserver.crt", serving.certificate)}`,
    `--tls-private-key-file=${write("apiserver.key", serving.key)}`,
    `--service-account-key-file=${write("service-account.pub", serviceAccountKey.publicKey)}`,
    `--service-account-signing-key-file=${write("service-account.key", serviceAccountKey.privateKey)}`,
    "--service-account-issuer=https://kubernetes.default.svc",
    `--token-auth-file=${tokensPath}`,
    "--authorization-mode=RBAC",
    "--service-cluster-ip-range=10.0.0.0/24",
    // No controller makes the default ServiceAccounts that this plugin would wait for.
    "--disable-admission-plugins=ServiceAccount",
    // Else `strategy` and `preferredHolder` of a Lease are dropped.
    "--feature-gates=CoordinatedLeaderElection=true",
    "--runtime-config=coordination.k8s.io/v1beta1=true",
  ];
  return { ca: authority.certificate, caPath, args };
}

/** Tries again with another port when the server could not have this one: somebody else was quicker. */
async function withFreePort<T>(
  supervisor: Supervisor,
  name: string,
  start: (port: number) => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(await freePort());
    } catch (error) {
      const isPortTaken =
        supervisor.exit(name) !== undefined && logTail(supervisor, name).includes("address already in use");
      if (!isPortTaken || attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function waitUntilReady(
  supervisor: Supervisor,
  name: string,
  isReady: () => Promise<boolean>,
): Promise<void> {
  await pollUntil(
    async () => {
      const exit = supervisor.exit(name);
      if (exit !== undefined) throw new Error(`${name} ended (${exit}):\n${logTail(supervisor, name)}`);
      return await isReady().catch(() => false); // refused until it listens
    },
    {
      what: () => `${name} to be ready:\n${logTail(supervisor, name)}`,
      timeoutMs: READY_TIMEOUT_MS,
    },
  );
}

function logTail(supervisor: Supervisor, name: string): string {
  return readFileSync(join(supervisor.dataDir, `${name}.log`), "utf8").slice(-3_000);
}

function assertVersion(name: string, said: string, wanted: string): void {
  if (said !== wanted) throw new Error(`Expected the ${name} that was started to say ${wanted}, got ${said}`);
}
