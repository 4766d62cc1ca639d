import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";

/** What a kubeconfig says. */
export interface KubeconfigContents {
  /** URL of the apiserver, or of something in front of it, e.g. `https://127.0.0.1:20443`. */
  readonly server: string;
  /** Bearer token of the user. */
  readonly token: string;
  /** Namespace of the context. @defaultValue `default` */
  readonly namespace?: string | undefined;
}

/** Writes a kubeconfig (JSON, which is YAML) that only this user can read, and returns its path. */
export function writeKubeconfig(
  folder: string,
  ca: string,
  { server, token, namespace = "default" }: KubeconfigContents,
  name: string = randomUUID(),
): string {
  const cluster = { server, "certificate-authority-data": Buffer.from(ca).toString("base64") };
  const config = {
    apiVersion: "v1",
    kind: "Config",
    clusters: [{ name: "testbed", cluster }],
    users: [{ name: "testbed", user: { token } }],
    contexts: [{ name: "testbed", context: { cluster: "testbed", user: "testbed", namespace } }],
    "current-context": "testbed",
  };
  const path = join(folder, `${name}.kubeconfig`);
  writeFileSync(path, `${JSON.stringify(config, undefined, 2)}\n`, { mode: 0o600 });
  return path;
}
