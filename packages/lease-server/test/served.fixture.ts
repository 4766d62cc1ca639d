import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type AccessToken, type LeaseServer, startLeaseServer } from "@tenure/lease-server";

/** A lease-server over TLS with tokens, as close to a real apiserver as it gets, and a kubeconfig file for it. */
export interface Served extends AsyncDisposable {
  readonly server: LeaseServer;
  readonly kubeconfigPath: string;
  /** Of this server's own; removed with it. */
  readonly folder: string;
}

const ADMIN: AccessToken = { token: "admin-token", user: "admin", groups: ["system:masters"] };

/** Starts one; the first token is in the kubeconfig, an administrator's unless others are given. */
export async function serve(tokens: readonly AccessToken[] = [ADMIN]): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), "tenure-lease-server-test-"));
  const server = await startLeaseServer({
    tls: true,
    strictNamespaces: true,
    tokens,
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
