import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LeaseServer, startLeaseServer } from "@tenure/lease-server";

/** A lease-server over TLS with tokens, as close to a real apiserver as it gets, and a kubeconfig file for it. */
export interface Served extends AsyncDisposable {
  readonly server: LeaseServer;
  readonly kubeconfigPath: string;
  /** Of this server's own; removed with it. */
  readonly folder: string;
}

/** Starts one; its administrator's token is in the kubeconfig. */
export async function serve(): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-test-"));
  const server = await startLeaseServer({
    tls: true,
    strictNamespaces: true,
    tokens: [{ token: "admin-token", user: "admin", groups: ["system:masters"] }],
  });
  const kubeconfigPath = join(folder, "kubeconfig");
  writeFileSync(kubeconfigPath, server.kubeconfigText(), { mode: 0o600 });
  return {
    server,
    kubeconfigPath,
    folder,
    async [Symbol.asyncDispose]() {
      await server.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
