import type { CreateLock } from "@tenure/conformance";
import type { LockCapabilities } from "@tenure/core";
import { EtcdLock } from "../src/index.ts";

/** What a candidate's process is told by the fixture, as JSON. */
export interface CandidateOptions {
  readonly hosts: readonly string[];
  readonly prefix: string;
  readonly durability: LockCapabilities["durability"];
  readonly auth?: { readonly username: string; readonly password: string } | undefined;
  /** PEM. */
  readonly tls?:
    | { readonly ca: string; readonly key?: string | undefined; readonly cert?: string | undefined }
    | undefined;
}

/** Makes locks in a process of their own. */
export function createLock(options: CandidateOptions): CreateLock {
  const { hosts, prefix, durability, auth, tls } = options;
  return ({ name }) =>
    new EtcdLock({
      etcd: {
        hosts,
        auth,
        credentials: tls && {
          rootCertificate: Buffer.from(tls.ca),
          privateKey: tls.key === undefined ? undefined : Buffer.from(tls.key),
          certChain: tls.cert === undefined ? undefined : Buffer.from(tls.cert),
        },
      },
      name,
      prefix,
      durability,
    });
}
