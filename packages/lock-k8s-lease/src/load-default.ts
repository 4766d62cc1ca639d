import { access } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig } from "@kubernetes/client-node";
import { LeaderElectionError } from "@tenure/core";
import { type KubeConfigLike, serverOf } from "./kube-config.ts";

/** A configuration, and how to get it again without what it remembers of its credentials. */
export interface LoadedDefault {
  readonly kubeConfig: KubeConfigLike;
  readonly reload: () => Promise<KubeConfigLike>;
}

/** Where configurations are looked for. */
export interface Places {
  readonly env: { readonly [name: string]: string | undefined };
  readonly home: string;
  /** Put before the path of the service account's files. `""` but in tests. */
  readonly root: string;
  /** A context of the files, in place of their current one. With it, the pod's service account is not looked at. */
  readonly context?: string | undefined;
}

const TOKEN_FILE = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/**
 * Looks where client-go's `rest.InClusterConfig` and then kubectl look: the pod's service account, the files of
 * `KUBECONFIG`, `~/.kube/config`. Where `KUBECONFIG` is set, the home file is not looked at. There is no default server.
 *
 * @throws `LeaderElectionError` `ERR_LOCK_UNAVAILABLE` naming the places tried.
 */
export async function loadDefault(
  places: Places = { env: process.env, home: homedir(), root: "" },
): Promise<LoadedDefault> {
  const load = (): Promise<KubeConfigLike> => loadKubeConfig(places);
  return { kubeConfig: await load(), reload: load };
}

async function loadKubeConfig({ env, home, root, context }: Places): Promise<KubeConfigLike> {
  const { KubeConfig } = await importClientNode();
  const tokenFile = `${root}${TOKEN_FILE}`;
  const inCluster = Boolean(env["KUBERNETES_SERVICE_HOST"] && env["KUBERNETES_SERVICE_PORT"]);
  if (inCluster && context === undefined && (await exists(tokenFile))) {
    const kubeConfig = new KubeConfig();
    kubeConfig.loadFromCluster(root);
    return kubeConfig;
  }
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  const candidates = listed.length > 0 ? listed : [join(home, ".kube", "config")];
  const files: string[] = [];
  for (const file of candidates) if (await exists(file)) files.push(file);
  if (files.length === 0) {
    throw unavailable(
      "No Kubernetes configuration found. Tried: " +
        (inCluster ? "" : "KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT (not set), ") +
        `${tokenFile}, ${listed.length > 0 ? "" : "KUBECONFIG (not set), "}${candidates.join(", ")}`,
    );
  }
  try {
    const merged = merge(
      new KubeConfig(),
      files.map((file) => parse(new KubeConfig(), file)),
    );
    if (context !== undefined) {
      if (merged.getContextObject(context) === null) {
        throw unavailable(`The kubeconfig ${files.join(", ")} has no context ${JSON.stringify(context)}`);
      }
      merged.setCurrentContext(context);
    }
    serverOf(merged);
    return merged;
  } catch (error) {
    if (LeaderElectionError.is(error)) throw error;
    throw unavailable(
      `The kubeconfig ${files.join(", ")} has no current context with a cluster and its server`,
    );
  }
}

async function importClientNode(): Promise<typeof import("@kubernetes/client-node")> {
  try {
    // Half a second and 80 MB: only for those who ask for the default configuration.
    return await import("@kubernetes/client-node");
  } catch (cause) {
    throw unavailable("The peer dependency @kubernetes/client-node (2.x) cannot be imported", cause);
  }
}

function parse(kubeConfig: KubeConfig, file: string): KubeConfig {
  try {
    kubeConfig.loadFromFile(file);
    return kubeConfig;
  } catch (error) {
    // A YAML error quotes the file, which holds keys: only its line, and a system error's code, are told.
    const { code, mark } = error as { code?: unknown; mark?: { line?: unknown } };
    const line = typeof mark?.line === "number" ? `not YAML in line ${mark.line + 1}` : undefined;
    const reason = typeof code === "string" ? code : (line ?? "it is not as a kubeconfig should be");
    throw unavailable(`The kubeconfig ${file} cannot be read: ${reason}`);
  }
}

/** Several files as kubectl takes them: of each name, and of the current context, the first counts. */
function merge(into: KubeConfig, configs: readonly KubeConfig[]): KubeConfig {
  into.loadFromOptions({
    clusters: firstOfEachName(configs.flatMap((config) => config.clusters)),
    users: firstOfEachName(configs.flatMap((config) => config.users)),
    contexts: firstOfEachName(configs.flatMap((config) => config.contexts)),
    currentContext: configs.map((config) => config.currentContext).find(Boolean),
  });
  return into;
}

function firstOfEachName<Item extends { readonly name: string }>(items: readonly Item[]): Item[] {
  return items.filter(({ name }, index) => items.findIndex((item) => item.name === name) === index);
}

async function exists(file: string): Promise<boolean> {
  return access(file).then(
    () => true,
    () => false,
  );
}

function unavailable(message: string, cause?: unknown): LeaderElectionError {
  return new LeaderElectionError("ERR_LOCK_UNAVAILABLE", message, cause === undefined ? {} : { cause });
}
