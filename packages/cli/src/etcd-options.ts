import type { EtcdOptions } from "@tenure/lock-etcd";
import { usageError } from "./failure.ts";
import type { Io } from "./io.ts";
import type { EtcdStore } from "./lock-url.ts";
import { passwordOf, readTlsFiles, type StoreOptions } from "./store-options.ts";

/** The options of the etcd client for a store. */
export async function etcdOptions(
  store: EtcdStore,
  options: StoreOptions,
  env: Io["env"],
): Promise<EtcdOptions> {
  const { ca, cert, key } = await readTlsFiles(options);
  if (!store.tls && (ca ?? cert) !== undefined) {
    throw usageError("Expected etcds:// beside --ca-file or --cert-file, got etcd://");
  }
  if (ca === undefined && cert !== undefined) {
    throw usageError("Expected --ca-file beside --cert-file for etcd");
  }
  const { username } = store;
  const password = username === undefined ? undefined : await passwordOf(store.password, options, env);
  if (username !== undefined && password === undefined) {
    throw usageError(
      "The etcd:// URL has a user without a password: give --password-file or TENURE_PASSWORD",
    );
  }
  return {
    hosts: store.hosts,
    ...(ca !== undefined && {
      credentials: { rootCertificate: ca, ...(cert !== undefined && { certChain: cert, privateKey: key }) },
    }),
    ...(username !== undefined && password !== undefined && { auth: { username, password } }),
  };
}
