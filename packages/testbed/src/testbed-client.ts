import { randomUUID } from "node:crypto";
import { join } from "node:path";
import {
  type ApiEndpoint,
  type ApiRequestOptions,
  type ApiResponse,
  apiRequest,
  apiRequestOk,
} from "./api-client.ts";
import type { ApiserverControl } from "./apiserver-control.ts";
import { type ClientGoOptions, ClientGoParticipant } from "./client-go.ts";
import { type KubeconfigContents, writeKubeconfig } from "./kubeconfig.ts";
import {
  bindRole,
  type RoleBindingReference,
  type RoleBindingSpec,
  type RoleRule,
  unbindRole,
} from "./role-binding.ts";
import { type CommandResult, runCommand } from "./run-command.ts";
import { TESTBED_COMMAND } from "./testbed-command.ts";
import type { TestbedDescription, TestbedVersions } from "./testbed-description.ts";

/** How {@link TestbedClient.kubectl} is run. */
export interface KubectlOptions {
  /** Text for its stdin, e.g. a manifest for `apply -f -`. */
  readonly input?: string | undefined;
  /** @defaultValue the administrator's */
  readonly kubeconfigPath?: string | undefined;
  /** Whether a failure resolves too, with its exit code. @defaultValue false */
  readonly allowFailure?: boolean | undefined;
}

/** The ServiceAccount to create. */
export interface ServiceAccountSpec {
  readonly namespace: string;
  readonly name: string;
  /** Rules of a Role bound to it; without them it may do nothing. Bind later with {@link TestbedClient.bindRole}. */
  readonly role?: readonly RoleRule[] | undefined;
  /** URL for its kubeconfig, e.g. that of a fault proxy. @defaultValue the apiserver's */
  readonly server?: string | undefined;
}

/** A ServiceAccount's credentials. */
export interface ServiceAccountCredentials {
  /** A bound token (TokenRequest), valid for a day. */
  readonly token: string;
  readonly kubeconfigPath: string;
}

/** Uses a running testbed, from the process that started it or from any other. */
export class TestbedClient {
  /** Takes the apiserver away and gives it back. A test that does so must leave it running. */
  readonly apiserver: ApiserverControl;
  readonly #description: TestbedDescription;
  readonly #endpoint: ApiEndpoint;

  constructor(description: TestbedDescription, apiserver: ApiserverControl) {
    this.#description = description;
    this.#endpoint = { url: description.apiserverUrl, ca: description.ca, token: description.adminToken };
    this.apiserver = apiserver;
  }

  /** Plain JSON for another process, which makes it a client with `connectTestbed`. */
  get description(): TestbedDescription {
    return this.#description;
  }

  /** e.g. `https://127.0.0.1:20443`; its certificate is valid for `localhost` too. */
  get apiserverUrl(): string {
    return this.#description.apiserverUrl;
  }

  /** Port of the apiserver on 127.0.0.1: the target for a fault proxy. */
  get apiserverPort(): number {
    return Number(new URL(this.apiserverUrl).port);
  }

  /** Bearer token of a member of `system:masters`. */
  get adminToken(): string {
    return this.#description.adminToken;
  }

  get adminKubeconfigPath(): string {
    return this.#description.adminKubeconfigPath;
  }

  /** The CA of the serving certificate, PEM. */
  get ca(): string {
    return this.#description.ca;
  }

  get caPath(): string {
    return this.#description.caPath;
  }

  get kubectlPath(): string {
    return this.#description.kubectlPath;
  }

  /** The client-go participant; `undefined` where the servers come from `KUBEBUILDER_ASSETS` and it was never built. */
  get clientGoPath(): string | undefined {
    return this.#description.clientGoPath;
  }

  /** What runs, as the programs themselves say. */
  get versions(): TestbedVersions {
    return this.#description.versions;
  }

  /** A request as the administrator, or with another token; resolves for every status. */
  async request<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<ApiResponse<Body>> {
    return await apiRequest<Body>(this.#endpoint, method, path, body, options);
  }

  /**
   * A request that must succeed; resolves with the body.
   * @throws Error naming request and answer when the status is not 2xx.
   */
  async requestOk<Body = unknown>(
    method: string,
    path: string,
    body?: unknown,
    options?: ApiRequestOptions,
  ): Promise<Body> {
    return await apiRequestOk<Body>(this.#endpoint, method, path, body, options);
  }

  /**
   * Runs kubectl.
   * @throws Error with its stderr when it fails, unless `allowFailure` is set.
   */
  async kubectl(args: readonly string[], options: KubectlOptions = {}): Promise<CommandResult> {
    const { input, kubeconfigPath = this.adminKubeconfigPath, allowFailure = false } = options;
    const env = {
      ...process.env,
      KUBECONFIG: kubeconfigPath,
      KUBECACHEDIR: join(this.#description.dataDir, "kubectl-cache"),
    };
    const result = await runCommand(this.kubectlPath, args, { input, env });
    if (result.exitCode !== 0 && !allowFailure) {
      throw new Error(`kubectl ${args.join(" ")} ended with exit code ${result.exitCode}: ${result.stderr}`);
    }
    return result;
  }

  /** Creates a namespace with a fresh name and returns the name. */
  async createNamespace(prefix = "test"): Promise<string> {
    const name = `${prefix}-${randomUUID().slice(0, 8)}`;
    await this.requestOk("POST", "/api/v1/namespaces", {
      apiVersion: "v1",
      kind: "Namespace",
      metadata: { name },
    });
    return name;
  }

  /** Creates a ServiceAccount, with a bound Role where rules are given, and credentials for it. */
  async serviceAccount({
    namespace,
    name,
    role,
    server,
  }: ServiceAccountSpec): Promise<ServiceAccountCredentials> {
    const accounts = `/api/v1/namespaces/${namespace}/serviceaccounts`;
    await this.requestOk("POST", accounts, {
      apiVersion: "v1",
      kind: "ServiceAccount",
      metadata: { name, namespace },
    });
    if (role !== undefined) await this.bindRole({ namespace, serviceAccount: name, rules: role });
    const { status } = await this.requestOk<{ readonly status: { readonly token: string } }>(
      "POST",
      `${accounts}/${name}/token`,
      { apiVersion: "authentication.k8s.io/v1", kind: "TokenRequest", spec: { expirationSeconds: 86_400 } },
    );
    const { token } = status;
    return {
      token,
      kubeconfigPath: this.kubeconfigFor({ token, namespace, server: server ?? this.apiserverUrl }),
    };
  }

  /** Gives a ServiceAccount a Role (or an existing Role new rules); resolves once the apiserver grants it. */
  async bindRole(spec: RoleBindingSpec): Promise<void> {
    await bindRole(this.#endpoint, spec);
  }

  /** Takes a Role away again; resolves once the apiserver denies what it granted. */
  async unbindRole(reference: RoleBindingReference): Promise<void> {
    await unbindRole(this.#endpoint, reference);
  }

  /** Writes a kubeconfig that trusts the testbed's CA, e.g. for the URL of a fault proxy, and returns its path. */
  kubeconfigFor(contents: KubeconfigContents): string {
    return writeKubeconfig(this.#description.dataDir, this.ca, contents);
  }

  /**
   * Starts a client-go participant.
   * @throws Error when it was not built, see {@link clientGoPath}.
   */
  startClientGo(options: ClientGoOptions): ClientGoParticipant {
    const path = this.clientGoPath;
    if (path === undefined) {
      const howToGet = `Install Go 1.26 or newer and run \`${TESTBED_COMMAND} build\``;
      throw new Error(`The client-go participant was not built. ${howToGet}`);
    }
    return new ClientGoParticipant(path, options);
  }
}
