import { randomUUID } from "node:crypto";
import { Apiserver } from "./apiserver.ts";
import { startEtcd } from "./apiserver-etcd.ts";
import { type ControlServer, connectControl, serveControl } from "./control.ts";
import { type FindServersOptions, findServers, type ServerExecutables } from "./find-servers.ts";
import { freePort } from "./free-port.ts";
import { writeKubeconfig } from "./kubeconfig.ts";
import type { PickPort } from "./server-process.ts";
import { type Supervisor, startSupervisor } from "./start-supervisor.ts";
import { TestbedClient } from "./testbed-client.ts";
import type { TestbedDescription } from "./testbed-description.ts";

/** A testbed that this process started and stops. */
export class Testbed extends TestbedClient implements AsyncDisposable {
  readonly #supervisor: Supervisor;
  readonly #control: ControlServer;

  constructor(
    description: TestbedDescription,
    apiserver: Apiserver,
    supervisor: Supervisor,
    control: ControlServer,
  ) {
    super(description, apiserver);
    this.#supervisor = supervisor;
    this.#control = control;
  }

  /** Kills the servers and removes their data; resolves when both are gone. Idempotent. */
  async stop(): Promise<void> {
    await Promise.all([this.#control.close(), this.#supervisor.stop()]);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }
}

/**
 * Starts etcd and kube-apiserver on free loopback ports, with RBAC and TLS, in a temporary folder. Builds them first
 * where they are not in the cache, which takes minutes.
 *
 * A process of its own watches over the servers: when this process ends without {@link Testbed.stop}, whatever the
 * reason, it kills them and removes the data.
 * @throws Error when the servers cannot be had or do not start; it says why.
 */
export async function startTestbed(options: FindServersOptions = {}): Promise<Testbed> {
  const found = await findServers(options);
  if (!found.available) throw new Error(found.why);
  return await startTestbedWith(found.executables);
}

/** Like {@link startTestbed}, with executables that were found before. */
export async function startTestbedWith(
  executables: ServerExecutables,
  { pickPort = freePort }: { readonly pickPort?: PickPort } = {},
): Promise<Testbed> {
  const supervisor = await startSupervisor();
  try {
    const adminToken = randomUUID();
    const etcdUrl = await startEtcd(supervisor, executables.etcd, pickPort);
    const apiserver = await Apiserver.launch(supervisor, executables.kubeApiserver, {
      etcdUrl,
      adminToken,
      pickPort,
    });
    const control = await serveControl(apiserver);
    const { dataDir } = supervisor;
    const { url, ca } = apiserver.endpoint;
    const description: TestbedDescription = {
      apiserverUrl: url,
      adminToken,
      adminKubeconfigPath: writeKubeconfig(dataDir, ca, { server: url, token: adminToken }, "admin"),
      ca,
      caPath: apiserver.caPath,
      dataDir,
      kubectlPath: executables.kubectl.path,
      clientGoPath: executables.clientGo?.path,
      versions: {
        kubeApiserver: executables.kubeApiserver.version,
        etcd: executables.etcd.version,
        kubectl: executables.kubectl.version,
        clientGo: executables.clientGo?.version,
      },
      control: control.address,
    };
    return new Testbed(description, apiserver, supervisor, control);
  } catch (error) {
    await supervisor.stop();
    throw error;
  }
}

/** A client of a testbed that another process started; it must run on the same machine. */
export function connectTestbed(description: TestbedDescription): TestbedClient {
  return new TestbedClient(description, connectControl(description.control));
}
