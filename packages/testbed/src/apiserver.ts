import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { type ApiEndpoint, apiRequest, apiRequestOk } from "./api-client.ts";
import type { ApiserverControl } from "./apiserver-control.ts";
import { createCertificateAuthority, createSigningKey } from "./certificates.ts";
import type { Executable } from "./find-servers.ts";
import { assertVersion, type PickPort, startOnFreePort, waitUntilReady } from "./server-process.ts";
import type { Supervisor } from "./start-supervisor.ts";

const STOP_GRACE_MS = 20_000;

/** What {@link Apiserver.launch} needs to know. */
export interface ApiserverOptions {
  readonly etcdUrl: string;
  /** Bearer token that makes its bearer a member of `system:masters`. */
  readonly adminToken: string;
  readonly pickPort: PickPort;
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
    { etcdUrl, adminToken, pickPort }: ApiserverOptions,
  ): Promise<Apiserver> {
    const files = writeApiserverFiles(supervisor.dataDir, etcdUrl, adminToken);
    return await startOnFreePort(supervisor, "kube-apiserver", pickPort, async (port) => {
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
